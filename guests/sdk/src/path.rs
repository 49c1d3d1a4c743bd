//! Paths: places inside an object, in the contract's notation.

use serde_json::{Value, json};

use crate::json::entry;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field of an object.
    Field(String),
    /// The list entry whose field has this value.
    Where { field: String, value: String },
    /// Every list entry.
    All,
}

/// Reads a path: `spec.containers[name=app].env`, `metadata.annotations."example.com/owner"`.
pub(crate) fn parse(path: &str) -> Result<Vec<Step>, String> {
    let wrong = |why: &str| format!("the path {path:?} {why}");
    let mut rest = path;
    let mut steps = Vec::new();
    loop {
        if let Some(inside) = rest.strip_prefix('[') {
            let (chosen, after) = inside.split_once(']').ok_or_else(|| wrong("has a [ without ]"))?;
            steps.push(match chosen.split_once('=') {
                Some((field, value)) => Step::Where { field: field.to_owned(), value: value.to_owned() },
                None if chosen == "*" => Step::All,
                None => return Err(wrong("chooses list entries by neither [*] nor [field=value]")),
            });
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) = unquote(quoted).ok_or_else(|| wrong("has a quote that does not end"))?;
            steps.push(Step::Field(name));
            rest = after;
        } else {
            let end = rest.find(['.', '[', '"']).unwrap_or(rest.len());
            if end == 0 {
                return Err(wrong("has an empty field name"));
            }
            steps.push(Step::Field(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(steps),
            None if rest.starts_with('[') => {}
            None => return Err(wrong("lacks a dot between two fields")),
        }
    }
}

/// The text up to the closing quote, with `\"` and `\\` resolved, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((name, &text[at + 1..])),
            '\\' => name.push(chars.next()?.1),
            _ => name.push(c),
        }
    }
    None
}

/// A field name as a path writes it: quoted where it must be.
pub(crate) fn quoted(name: &str) -> String {
    if name.contains(['.', '[', ']', '"', '\\']) || name.is_empty() {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

/// Whether `outer` is the same place as `inner`, or holds it.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    let (Ok(outer), Ok(inner)) = (parse(outer), parse(inner)) else { return false };
    inner.len() >= outer.len() && outer.iter().zip(&inner).all(|(o, i)| o == i || (*o == Step::All && !is_field(i)))
}

fn is_field(step: &Step) -> bool {
    matches!(step, Step::Field(_))
}

/// Sets the value there; what is missing on the way is made.
pub(crate) fn set(root: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut place = root;
    for step in parse(path)? {
        place = match step {
            Step::Field(name) => entry(place, &name),
            Step::Where { field, value } => chosen(place, &field, &value),
            Step::All => {
                return Err(format!("the path {path:?} names all entries of a list: nothing can be set there"));
            }
        };
    }
    *place = value;
    Ok(())
}

fn chosen<'a>(list: &'a mut Value, field: &str, value: &str) -> &'a mut Value {
    if !list.is_array() {
        *list = json!([]);
    }
    let Value::Array(entries) = list else { unreachable!("it was just made a list") };
    let index = entries.iter().position(|e| e[field] == value).unwrap_or_else(|| {
        entries.push(json!({ field: value }));
        entries.len() - 1
    });
    &mut entries[index]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use serde_json::json;

    use super::{covers, parse, set};

    #[test]
    fn a_path_that_chooses_holds_what_is_below_it() {
        assert!(covers("spec.containers", "spec.containers[*].ports"));
        assert!(covers("spec.containers[*]", "spec.containers[name=app].ports"));
        assert!(!covers("spec.containers[name=app]", "spec.containers[*].ports"));
        assert!(!covers("spec.container", "spec.containers"));
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        let mut object = json!({"spec": {"containers": [{"name": "app"}]}});
        set(&mut object, "spec.containers[name=app].image", json!("a")).unwrap();
        set(&mut object, "spec.containers[name=other].image", json!("b")).unwrap();
        set(&mut object, r#"metadata.annotations."example.com/owner""#, json!("me")).unwrap();
        let expected = json!({
            "spec": {"containers": [{"name": "app", "image": "a"}, {"name": "other", "image": "b"}]},
            "metadata": {"annotations": {"example.com/owner": "me"}},
        });
        assert_eq!(object, expected);
    }

    #[test]
    fn a_wrong_path_says_why() {
        for wrong in ["", "spec.", ".spec", "spec..x", "a[0]", "a[x", "a\"b\"", "\"a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(set(&mut json!({}), "spec.containers[*].image", json!("a")).is_err());
    }
}
