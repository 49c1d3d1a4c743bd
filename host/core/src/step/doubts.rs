//! Claims whose answer was lost: what has the name now may be ours, or a stranger's that took our fields in.
//!
//! The answer would have told which (201, or 200 for what was there). Without it the API server's own clock does,
//! by the second: what we applied when it was created, and others wrote only later, is ours. Otherwise whoever else
//! wrote it counts as its creator, and our fields are withdrawn; where it cannot be without them, it is ours after
//! all, since nobody else can have made it. A host that is killed in that moment forgets the doubt with its memory.

use serde_json::Value;

use super::Seen;
use crate::fields;
use crate::kind::Key;
use crate::object::{ManagedFields, Object};

/// Resolves the doubt about every claim that the stores show by now.
pub(super) fn look_at_stores(seen: &mut Seen) {
    for child in seen.children.clone() {
        look(seen, &child.key, Some(&child));
    }
}

/// What has the name of a claim was seen: none if nothing has it.
pub(super) fn look(seen: &mut Seen, name: &Key, there: Option<&Object>) {
    if !seen.memory.claimed.remove(name) {
        return;
    }
    let stranger = there.filter(|o| has_another_writer(seen, o) && carries_our_fields(seen, o) && !is_older(seen, o));
    if let Some(stranger) = stranger {
        seen.memory.strangers.insert(stranger.meta.uid.clone());
        seen.memory.doubted.insert(stranger.meta.uid.clone());
    }
}

/// The API server says that an object is not valid without our fields.
pub(super) fn cannot_be_without_us(seen: &mut Seen, uid: &str) {
    if seen.memory.doubted.remove(uid) {
        seen.memory.strangers.remove(uid);
    }
}

/// Whether our fields are as old as the object, and everybody else's younger.
fn is_older(seen: &Seen, there: &Object) -> bool {
    let whole = there.value();
    let created = whole.pointer("/metadata/creationTimestamp").and_then(Value::as_str).unwrap_or_default();
    let Some(ours) = fields::apply_entry(&there.meta, &seen.binding.manager).map(|entry| entry.time.as_str()) else {
        return false;
    };
    let mut theirs = there.meta.managed_fields.iter().filter(|m| is_anothers(seen, m));
    // RFC 3339 in UTC with whole seconds: the order of time is that of the text.
    !created.is_empty() && !ours.is_empty() && ours <= created && theirs.all(|m| m.time.as_str() > created)
}

/// Whether anybody but us wrote the object itself.
pub(super) fn has_another_writer(seen: &Seen, there: &Object) -> bool {
    there.meta.managed_fields.iter().any(|m| is_anothers(seen, m))
}

pub(super) fn is_anothers(seen: &Seen, entry: &ManagedFields) -> bool {
    entry.subresource.is_empty() && entry.manager != seen.binding.manager
}

fn carries_our_fields(seen: &Seen, there: &Object) -> bool {
    fields::apply_entry(&there.meta, &seen.binding.manager).is_some()
}
