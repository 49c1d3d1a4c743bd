//! Lists and maps that a child owns whole: what others added there is removed.
//!
//! Server-side apply leaves entries of others where they are, and some then make every later apply
//! invalid: a Service port whose number was edited by hand is another entry with our port's name.
//!
//! **What is foreign** is an *entry* that another manager holds (by managedFields) and the manifest does
//! not have: an item of a list, a key of a map, directly under the exclusive path, or an item of a list
//! inside an entry of ours. A single field inside an entry of ours is not: it is left to who set it, as
//! elsewhere. (Who creates an object by an update owns its defaults, and nothing tells a default from a
//! decision; removing one would change nothing and be tried for ever.) An entry that no manager holds
//! was put there by admission and stays. An exclusive path that goes through a list entry that the
//! manifest does not have ends there: the ports of an injected container are not ours.
//!
//! **The order of things** for a child with exclusive paths:
//! 1. [`has_foreign`] on metadata alone. False: nothing to do.
//! 2. Read the object live; [`foreign`] gives a JSON Patch. Empty: nothing to do.
//! 3. Send it under our manager. 409: look again.
//! 4. The forced apply, as always: it makes what the patch wrote ours by Apply.
//! 5. The patch leaves an entry of ours with operation Update, which would keep alive every field that
//!    we later stop wanting. [`residue`] gives the patch that drops it, whenever it is seen.
//!
//! If a patch of step 3 changed nothing (the resourceVersion stayed) and [`has_foreign`] still holds,
//! the API server will not let go of it: report it, and do not send it again for that resourceVersion.

mod patch;
mod place;
mod settle;

use serde_json::Value;

pub use patch::JsonPatchOp;

use crate::object::Metadata;
use crate::paths::{Path, Segment};
use patch::step;
use place::{Held, Place, live_key, means};
use settle::settle;

/// Whether managedFields show that somebody else holds an entry, under an exclusive path, that the
/// manifest does not have. Cheap, and needs no live object. Entries about status are not looked at.
pub fn has_foreign(meta: &Metadata, manager: &str, wanted: &Value, exclusive: &[Path]) -> bool {
    !exclusive.is_empty() && {
        let held = Held::read(meta, manager);
        let root = Place::root(&held, wanted);
        exclusive.iter().any(|path| any_under(path.segments(), &root))
    }
}

fn any_under(path: &[Segment], place: &Place<'_>) -> bool {
    if place.others.is_empty() {
        return false;
    }
    let Some((first, rest)) = path.split_first() else { return place.has_foreign(true) };
    if let Segment::Field(name) = first {
        return any_under(rest, &place.field(name));
    }
    place.foreign_keys().iter().any(|(raw, key)| {
        let entry = place.entry(raw, key);
        entry.wanted.is_some_and(|wanted| means(first, key, wanted)) && any_under(rest, &entry)
    })
}

/// The JSON Patch that removes foreign entries from the live object; empty if there are none.
///
/// Each exclusive list or map that holds one is replaced as a whole: foreign entries are gone, live
/// entries that are wanted keep their defaults and get the wanted values, wanted ones that are missing
/// are there. So the patched object is as valid as the manifest, also where a list must not be empty
/// (containers, Service ports) or names must be unique in it; removing first and applying then would be
/// refused there. If the manifest has nothing at the path, what is left empty is removed.
///
/// The first operation pins the resourceVersion of `meta`, which therefore must be that of `live`; a
/// patch for an object that has changed since, or is another one by that name, is answered 409.
pub fn foreign(live: &Value, meta: &Metadata, manager: &str, wanted: &Value, exclusive: &[Path]) -> Vec<JsonPatchOp> {
    let held = Held::read(meta, manager);
    let root = Place::root(&held, wanted);
    // Paths may overlap: each is worked out on what the ones before it leave.
    let mut object = live.clone();
    let mut ops = Vec::new();
    for path in exclusive {
        let mut found = Vec::new();
        locate(path.segments(), &root, &object, String::new(), &mut found);
        for (pointer, place) in found {
            let Some(target) = object.pointer_mut(&pointer) else { continue };
            let settled = settle(target, &place, true);
            if settled == *target {
                continue;
            }
            ops.push(match settled {
                Value::Null => JsonPatchOp::Remove { path: pointer },
                ref value => JsonPatchOp::Replace { path: pointer, value: value.clone() },
            });
            *target = settled;
        }
    }
    if !ops.is_empty() {
        ops.insert(0, JsonPatchOp::only_for(&meta.resource_version));
    }
    ops
}

/// Finds the live lists and maps that an exclusive path means and that hold something foreign.
fn locate<'a>(
    path: &[Segment],
    place: &Place<'a>,
    live: &Value,
    pointer: String,
    found: &mut Vec<(String, Place<'a>)>,
) {
    let Some((first, rest)) = path.split_first() else {
        if place.has_foreign(true) {
            found.push((pointer, place.clone()));
        }
        return;
    };
    if let Segment::Field(name) = first {
        if let Some(value) = live.get(name) {
            locate(rest, &place.field(name), value, step(&pointer, name), found);
        }
        return;
    }
    let keys = place.all_keys();
    for (index, item) in live.as_array().into_iter().flatten().enumerate() {
        let Some((raw, key)) = live_key(&keys, item) else { continue };
        let entry = place.entry(raw, key);
        if entry.wanted.is_some() && first.selects(item) {
            locate(rest, &entry, item, step(&pointer, &index.to_string()), found);
        }
    }
}

/// The JSON Patch that drops our own Update entries from managedFields; empty if there are none.
///
/// [`foreign`]'s patch leaves one. Fields that it holds would stay when we stop applying them
/// (structured-merge-diff, `merge/update.go`: prune keeps what any manager still owns).
pub fn residue(meta: &Metadata, manager: &str) -> Vec<JsonPatchOp> {
    let ours = meta.managed_fields.iter().enumerate();
    let ours = ours.filter(|(_, e)| e.manager == manager && e.operation == "Update" && e.subresource.is_empty());
    let removed = ours.map(|(index, _)| JsonPatchOp::Remove { path: format!("/metadata/managedFields/{index}") });
    let mut ops: Vec<_> = removed.rev().collect();
    if !ops.is_empty() {
        ops.insert(0, JsonPatchOp::only_for(&meta.resource_version));
    }
    ops
}
