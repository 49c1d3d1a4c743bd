//! Two trees as YAML, line by line: what goes and what comes.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Lines around a difference.
const CONTEXT: usize = 2;

/// The lines that differ with some around them, each behind so many spaces. A tree that is null has no lines.
pub(super) fn of(before: &Value, after: &Value, indent: usize, colour: bool) -> String {
    let yaml = |value: &Value| match value {
        Value::Null => String::new(),
        value => serde_yaml_ng::to_string(value).unwrap_or_default(),
    };
    let (before, after) = (yaml(before), yaml(after));
    let diff = TextDiff::from_lines(&before, &after);
    let indent = " ".repeat(indent);
    let mut text = String::new();
    for (n, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if n > 0 {
            text += &format!("{indent}  ...\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, paint) = match change.tag() {
                ChangeTag::Delete => ("-", "\u{1b}[31m"),
                ChangeTag::Insert => ("+", "\u{1b}[32m"),
                ChangeTag::Equal => (" ", ""),
            };
            let line = format!("{indent}{sign} {}", change.value().trim_end_matches('\n'));
            text += &match colour && !paint.is_empty() {
                true => format!("{paint}{line}\u{1b}[0m\n"),
                false => format!("{line}\n"),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_shown_with_what_stands_around_it() {
        let (before, after) = (json!({"a": 1, "b": 2, "c": 3, "d": 4}), json!({"a": 1, "b": 2, "c": 3, "d": 5}));
        assert_eq!(of(&before, &after, 2, false), "    b: 2\n    c: 3\n  - d: 4\n  + d: 5\n");
        assert_eq!(of(&Value::Null, &json!({"a": 1}), 0, false), "+ a: 1\n");
        assert_eq!(of(&json!({"a": 1}), &Value::Null, 0, true), "\u{1b}[31m- a: 1\u{1b}[0m\n");
        assert_eq!(of(&before, &before, 0, true), "");
    }
}
