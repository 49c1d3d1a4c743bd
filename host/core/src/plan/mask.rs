//! Values of Secrets are shown to nobody: only which of them differ.

use serde_json::Value;

use crate::kind::GroupKind;

/// Whether values of that kind are secret.
pub(super) fn is_secret(kind: &GroupKind) -> bool {
    kind.group.is_empty() && kind.kind == "Secret"
}

/// Puts stars in place of the values on both sides, as `kubectl diff` does.
pub(super) fn values(before: &mut Value, after: &mut Value) {
    for field in ["data", "stringData"] {
        let old = before.get(field).cloned().unwrap_or_default();
        let new = after.get(field).cloned().unwrap_or_default();
        let stars =
            |key: &str, side: &str| match old.get(key).is_some() && new.get(key).is_some() && old[key] != new[key] {
                true => format!("*** ({side})"),
                false => "***".to_owned(),
            };
        for (side, word) in [(&mut *before, "before"), (&mut *after, "after")] {
            if let Some(Value::Object(map)) = side.get_mut(field) {
                map.iter_mut().for_each(|(key, value)| *value = stars(key, word).into());
            }
        }
    }
}
