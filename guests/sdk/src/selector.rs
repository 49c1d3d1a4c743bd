//! Label selectors that a user wrote in a spec, in the notation that lists are asked with.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// The selector as text for [`List::labels`](crate::List::labels): `app=web,tier in (a,b),!legacy`. An empty
/// selector is an empty text, which selects everything, as Kubernetes has it.
///
/// # Errors
/// What is wrong with it, and where, for people: a list asked with text that is no selector ends the call as if
/// it were a bug of the guest.
pub fn text(selector: &LabelSelector) -> Result<String, String> {
    let mut requirements = Vec::new();
    for (key, value) in selector.match_labels.iter().flatten() {
        requirements.push(format!("{}={}", known_key(key)?, known_value(value)?));
    }
    for (at, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let key = known_key(&expression.key)?;
        let values = expression.values.as_deref().unwrap_or_default();
        let wrong = |what: &str| Err(format!("matchExpressions[{at}]: {} {what}", expression.operator));
        for value in values {
            known_value(value)?;
        }
        let set = values.join(",");
        requirements.push(match (expression.operator.as_str(), values.is_empty()) {
            ("In", false) => format!("{key} in ({set})"),
            ("NotIn", false) => format!("{key} notin ({set})"),
            ("Exists", true) => key.to_owned(),
            ("DoesNotExist", true) => format!("!{key}"),
            ("In" | "NotIn", true) => return wrong("needs values"),
            ("Exists" | "DoesNotExist", false) => return wrong("takes no values"),
            _ => return wrong("is none of In, NotIn, Exists, DoesNotExist"),
        });
    }
    Ok(requirements.join(","))
}

fn known_key(key: &str) -> Result<&str, String> {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let subdomain = |prefix: &str| {
        let label = |part: &str| is_word(part, "-") && part.bytes().all(|b| !b.is_ascii_uppercase());
        prefix.len() <= 253 && prefix.split('.').all(label)
    };
    if name.len() <= 63 && is_word(name, "-_.") && prefix.is_none_or(subdomain) {
        return Ok(key);
    }
    Err(format!("{key:?} is no name of a label"))
}

fn known_value(value: &str) -> Result<&str, String> {
    if value.is_empty() || (value.len() <= 63 && is_word(value, "-_.")) {
        return Ok(value);
    }
    Err(format!(
        "{value:?} is no value of a label: at most 63 of a-z, A-Z, 0-9, -, _ and ., a letter or digit first and last"
    ))
}

/// Letters and digits, and these between them.
fn is_word(text: &str, between: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(plain) && text.ends_with(plain) && text.chars().all(|c| plain(c) || between.contains(c))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
    use serde_json::{Value, json};

    use super::text;

    fn selector(selector: Value) -> Result<String, String> {
        text(&serde_json::from_value::<LabelSelector>(selector).unwrap())
    }

    #[test]
    fn every_way_to_select_has_its_text() {
        let all = json!({"matchLabels": {"accounts": "a1", "example.com/tier": ""}, "matchExpressions": [
            {"key": "a", "operator": "In", "values": ["x", "y"]},
            {"key": "b", "operator": "NotIn", "values": ["z"]},
            {"key": "c", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist"},
        ]});
        assert_eq!(selector(all).unwrap(), "accounts=a1,example.com/tier=,a in (x,y),b notin (z),c,!d");
        assert_eq!(selector(json!({})).unwrap(), "");
    }

    #[test]
    fn what_is_no_selector_is_refused_and_named() {
        for (wrong, word) in [
            (json!({"matchLabels": {"a b": "c"}}), "a b"),
            (json!({"matchLabels": {"a": "b,c=d"}}), "b,c=d"),
            (json!({"matchLabels": {"Example.com/a": "b"}}), "Example.com"),
            (json!({"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]}), "none of In"),
            (json!({"matchExpressions": [{"key": "a", "operator": "In"}]}), "needs values"),
            (json!({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}), "takes no values"),
        ] {
            let why = selector(wrong).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
