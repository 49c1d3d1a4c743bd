//! Label selectors in kubectl's notation.

use serde_json::Value;

/// Whether these labels match the selector: `app=web,tier in (a,b),!legacy`.
pub(super) fn matches(selector: &str, labels: &Value) -> bool {
    requirements(selector).all(|requirement| holds(requirement.trim(), labels))
}

/// The requirements: split at commas outside parentheses.
fn requirements(selector: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let parts = selector.split(move |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty())
}

fn holds(requirement: &str, labels: &Value) -> bool {
    let value = |key: &str| labels.get(key.trim()).and_then(Value::as_str);
    if let Some((key, set)) = requirement.split_once(" notin ") {
        return value(key).is_none_or(|v| !within(v, set));
    }
    if let Some((key, set)) = requirement.split_once(" in ") {
        return value(key).is_some_and(|v| within(v, set));
    }
    if let Some((key, other)) = requirement.split_once("!=") {
        return value(key) != Some(other.trim());
    }
    if let Some((key, same)) = requirement.split_once('=') {
        return value(key) == Some(same.trim_start_matches('=').trim());
    }
    match requirement.strip_prefix('!') {
        Some(key) => value(key).is_none(),
        None => value(requirement).is_some(),
    }
}

fn within(value: &str, set: &str) -> bool {
    set.trim().trim_start_matches('(').trim_end_matches(')').split(',').any(|member| member.trim() == value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::matches;

    #[test]
    fn all_requirements_must_hold() {
        let labels = json!({"app": "web", "tier": "a"});
        for selector in ["", "app=web", "app==web,tier in (a, b),!legacy", "tier notin (c),app", "app!=db"] {
            assert!(matches(selector, &labels), "{selector}");
        }
        for selector in ["app=db", "app=web,legacy", "tier in (b,c)", "tier notin (a)", "!app"] {
            assert!(!matches(selector, &labels), "{selector}");
        }
    }
}
