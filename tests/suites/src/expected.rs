//! Comparing what is there with what a fixed YAML file says.

use serde_json::Value;

/// The documents of a YAML file.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    parsed(yaml).expect("the file is YAML")
}

/// The documents of a text that may be none.
pub(crate) fn parsed(yaml: &str) -> Result<Vec<Value>, serde_yaml_ng::Error> {
    let all = serde_yaml_ng::Deserializer::from_str(yaml).map(serde::Deserialize::deserialize);
    let is_something = |value: &Result<Value, _>| !matches!(value, Ok(Value::Null));
    all.filter(is_something).collect()
}

/// Where `live` is not as `expected` says; empty if it is.
///
/// Every field that is stated must be so; fields that are not stated may be anything. A list must have as
/// many entries as are stated, in that order. A field stated as null must not be there. A text that ends in an
/// ellipsis is stated as far as it goes.
pub(crate) fn differences(expected: &Value, live: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, live, "", &mut found);
    found
}

fn compare(expected: &Value, live: &Value, path: &str, found: &mut Vec<String>) {
    match (expected, live) {
        (Value::Object(wanted), Value::Object(there)) => {
            for (field, value) in wanted {
                compare(value, there.get(field).unwrap_or(&Value::Null), &format!("{path}.{field}"), found);
            }
        }
        (Value::Array(wanted), Value::Array(there)) if wanted.len() == there.len() => {
            for (n, (value, live)) in wanted.iter().zip(there).enumerate() {
                compare(value, live, &format!("{path}[{n}]"), found);
            }
        }
        (Value::String(wanted), Value::String(there)) if begins(wanted, there) => {}
        (wanted, there) if wanted == there => {}
        (wanted, there) => found.push(format!("{path} is {there}, not {wanted}")),
    }
}

/// Whether a text is stated only as far as it goes, and there it goes so.
fn begins(stated: &str, there: &str) -> bool {
    stated.strip_suffix('…').is_some_and(|beginning| there.starts_with(beginning))
}

/// Which of these objects a stated one is, by its address; of several that it may be, because its name is stated only as
/// far as it goes, the one that is most as stated.
pub(crate) fn which(stated: &Value, among: &[Value], namespace: &str) -> Option<usize> {
    let wanted = address(stated, namespace);
    let is_it = |live: &Value| begins(&wanted, &address(live, "")) || wanted == address(live, "");
    let possible = (0..among.len()).filter(|at| is_it(&among[*at]));
    possible.min_by_key(|at| differences(stated, &among[*at]).len())
}

/// What an object is called in a list of names.
pub(crate) fn address(object: &Value, namespace: &str) -> String {
    let text = |field: &str| object["metadata"][field].as_str();
    format!(
        "{} {}/{}",
        object["kind"].as_str().unwrap_or(""),
        text("namespace").unwrap_or(namespace),
        text("name").unwrap_or("")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_is_stated_must_be_so_and_another_entry_in_a_list_is_a_difference() {
        let live = json!({"spec": {"replicas": 2, "ports": [{"port": 80, "protocol": "TCP"}]}, "status": {}});
        assert!(differences(&json!({"spec": {"ports": [{"port": 80}]}}), &live).is_empty());
        assert_eq!(differences(&json!({"spec": {"replicas": 3}}), &live), [".spec.replicas is 2, not 3"]);
        assert_eq!(differences(&json!({"spec": {"ports": []}}), &live).len(), 1);
        assert!(differences(&json!({"spec": {"paused": null}}), &live).is_empty());
        assert_eq!(differences(&json!({"spec": {"replicas": null}}), &live).len(), 1);
    }

    #[test]
    fn a_text_may_be_stated_as_far_as_it_goes() {
        let live =
            |name: &str, word: &str| json!({"kind": "Job", "metadata": {"name": name, "namespace": "n"}, "word": word});
        let all = [live("web-1", "one"), live("shop-2", "two"), live("shop-3", "three")];
        let stated = json!({"kind": "Job", "metadata": {"name": "shop-…"}, "word": "th…"});
        assert_eq!(which(&stated, &all, "n"), Some(2));
        assert!(differences(&stated, &all[2]).is_empty());
        assert_eq!(differences(&stated, &all[1]).len(), 1);
        assert_eq!(which(&stated, &all, "elsewhere"), None);
    }

    #[test]
    fn a_file_may_hold_several_documents_and_comments() {
        assert_eq!(documents("# words\n---\na: 1\n---\n# nothing\n---\nb: 2\n").len(), 2);
    }
}
