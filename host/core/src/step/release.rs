//! Fields that a child hands over: before we stop owning one, its live value is applied under another manager,
//! so that it does not fall back to its default (promise A12).

use std::sync::Arc;

use serde_json::Value;

use super::Seen;
use super::child::{Move, Stand};
use super::ours::{made_so, named};
use crate::action::Action;
use crate::conditions::merge;
use crate::fields;
use crate::names::RELEASED_MANAGER;
use crate::object::Object;
use crate::wanted::Wanted;

/// Whether we own a field that is to be handed over and is not named any more.
pub(super) fn is_due(seen: &Seen, wanted: &Wanted, there: &Object) -> bool {
    !wanted.release.is_empty() && leaving(seen, wanted, there, &there.value()).is_some()
}

fn leaving(seen: &Seen, wanted: &Wanted, there: &Object, live: &Value) -> Option<Value> {
    let ours = fields::apply_entry(&there.meta, &seen.binding.manager)?.fields_v1.tree();
    let paths = wanted.release.iter().filter_map(|path| fields::leaving(&ours, path, &wanted.manifest, live));
    paths.reduce(|one, other| fields::both(one, &other))
}

/// Applies the live values, beside those that were handed over before. Without force: what somebody changes in
/// this moment is looked at again.
pub(super) fn hand_over(seen: &Seen, wanted: &Wanted, there: &Arc<Object>) -> Move {
    let live = there.value();
    let before = fields::apply_entry(&there.meta, RELEASED_MANAGER).map(|entry| entry.fields_v1.tree());
    let tree = leaving(seen, wanted, there, &live).map(|now| fields::both(now, &before.unwrap_or(Value::Null)));
    let Some(values) = tree.and_then(|tree| fields::part(&live, &tree)) else {
        return made_so(seen, wanted, there);
    };
    let mut manifest = named(&wanted.at, &there.meta.uid);
    merge(&mut manifest, &values);
    let (at, manager) = (wanted.at.clone(), RELEASED_MANAGER.to_owned());
    Move::Act(Action::Apply { at, manager, manifest, force: false }, Stand::Releasing)
}
