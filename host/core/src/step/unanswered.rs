//! Names at which a write of ours may have made something, for its answer was lost. They are looked at before
//! anything is decided: what is found there counts as shown, what is not there never was. Nothing is given up for an
//! object, not even a finalizer, before that is known.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::act::words;
use super::{Desk, Next, Phase, Resources, cascade, doubts, leave};
use crate::action::{Action, Done};
use crate::fields;
use crate::kind::Key;
use crate::names::{OBJECT_UID, contributor};
use crate::object::Object;
use crate::resource::Address;
use crate::wanted;

/// Looks that are in flight, by the action's id.
pub(super) type Looks = HashMap<u32, Key>;

/// Looks at every such name, once in a step; none if there is none.
pub(super) fn begin(desk: &mut Desk, resources: Resources<'_>) -> Option<Next> {
    if desk.looked.replace(String::new()).is_some() {
        return None;
    }
    let mut looks = Looks::new();
    let memory = &desk.seen.memory;
    let names: BTreeSet<Key> = memory.claimed.union(&memory.given).cloned().collect();
    for name in names {
        // A version that is not served any more cannot be asked; the stores show what there is in another one.
        let Some(resource) = resources(&name.kind) else {
            settle(desk, &name, None);
            continue;
        };
        let at = Address { resource, namespace: name.namespace.clone(), name: name.name.clone() };
        let id = desk.act(Action::Look(at));
        looks.insert(id, name);
    }
    (!looks.is_empty()).then(|| Next::Wait(Phase::Looking(looks)))
}

/// A look was answered.
pub(super) fn done(desk: &mut Desk, mut looks: Looks, id: u32, done: Done) -> Next {
    if let Some(name) = looks.remove(&id) {
        match done {
            Done::NotFound(_) => settle(desk, &name, None),
            Done::Object { object, .. } => {
                settle(desk, &name, Some(&object));
                take_in(desk, &object);
            }
            other => desk.looked = Some(words(&other)),
        }
    }
    if looks.is_empty() { Next::Go(Phase::Observe) } else { Next::Wait(Phase::Looking(looks)) }
}

fn settle(desk: &mut Desk, name: &Key, there: Option<&Object>) {
    doubts::look(&mut desk.seen, name, there);
    desk.seen.memory.given.remove(name);
}

/// What was found counts as shown by the stores, which the next reconcile waits for.
fn take_in(desk: &mut Desk, there: &Arc<Object>) {
    let seen = &mut desk.seen;
    let uid = &seen.object.meta.uid;
    let is_applied_by = |manager: &str| fields::apply_entry(&there.meta, manager).is_some();
    let names_us = there.meta.labels.get(OBJECT_UID) == Some(uid)
        || there.meta.owner_references.iter().any(|owner| owner.uid == *uid);
    let is_in = |all: &[Arc<Object>]| all.iter().any(|one| one.meta.uid == there.meta.uid);
    let is_child = names_us && is_applied_by(&seen.binding.manager) && !is_in(&seen.children);
    let is_given = is_applied_by(&contributor(uid)) && !is_in(&seen.contributed);
    if is_given {
        seen.memory.targets.insert(there.key.clone());
    }
    seen.children.extend(is_child.then(|| there.clone()));
    seen.contributed.extend(is_given.then(|| there.clone()));
    if is_child || is_given {
        desk.saw(there);
    }
}

/// Whether there may be a child that Kubernetes' garbage collection cannot reach, or a contribution.
pub(super) fn may_need_finalizer(desk: &Desk) -> bool {
    let (object, memory) = (&desk.seen.object.key, &desk.seen.memory);
    !memory.given.is_empty() || memory.claimed.iter().any(|name| !wanted::is_reachable(object, name))
}

/// What keeps finalizers on an object that goes, or whose Reconciler does, for people.
pub(super) fn in_the_way(desk: &Desk) -> Option<String> {
    let (seen, all) = (&desk.seen, leave::all(desk));
    let goes = |name: &&Key| all || (seen.is_going() && !wanted::is_reachable(&seen.object.key, name));
    let claimed = seen.memory.claimed.iter().filter(goes).filter(|_| !cascade::is_orphaned(seen));
    let given = seen.memory.given.iter().filter(|_| all || seen.is_going());
    told(desk, claimed.chain(given))
}

/// What is not known yet although it was looked for, for people.
pub(super) fn trouble(desk: &Desk) -> Option<String> {
    let memory = &desk.seen.memory;
    desk.looked.as_ref().and_then(|_| told(desk, memory.claimed.iter().chain(&memory.given)))
}

fn told<'a>(desk: &Desk, names: impl Iterator<Item = &'a Key>) -> Option<String> {
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let why = desk.looked.as_deref().unwrap_or_default();
    (!names.is_empty()).then(|| format!("it is not known whether something was written to {}: {why}", names.join(", ")))
}
