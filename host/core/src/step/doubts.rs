//! Claims whose answer was lost: what has the name now may be ours, or a stranger's that took our fields in.
//!
//! The answer would have told which (201, or 200 for what was there). Without it, whoever else wrote the
//! object counts as its creator. A host that is killed in that moment forgets the doubt with its memory.

use super::Seen;
use crate::fields;
use crate::kind::Key;
use crate::object::Object;

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
    let stranger = there.filter(|o| has_another_writer(seen, o) && carries_our_fields(seen, o));
    seen.memory.strangers.extend(stranger.map(|o| o.meta.uid.clone()));
}

/// Whether anybody but us wrote the object itself.
pub(super) fn has_another_writer(seen: &Seen, there: &Object) -> bool {
    there.meta.managed_fields.iter().any(|m| m.subresource.is_empty() && m.manager != seen.binding.manager)
}

fn carries_our_fields(seen: &Seen, there: &Object) -> bool {
    fields::apply_entry(&there.meta, &seen.binding.manager).is_some()
}
