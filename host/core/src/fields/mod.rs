//! Who owns which fields, read from `metadata.managedFields`.
//!
//! managedFields hold paths, not values: "we still own exactly what we want" says that nobody changed
//! one of our fields or removed it (whoever changes a field takes it), and that nothing we stopped
//! wanting is left. It does not say that the values are ours: what admission did to our request stays
//! under our name, and is not drift.

mod compare;
pub(crate) mod element;
mod part;
mod set;

use std::fmt;

use serde_json::Value;

use crate::object::{ManagedFields, Metadata};
use crate::paths::{Path, Segment, is_text};
use compare::Compare;
use element::{Element, below, is_leaf};

pub use part::{both, leaving, part};
pub use set::FieldSet;

/// How many paths of each kind a [`Difference`] names.
const NAMED: usize = 10;

/// What drifted, for logs: paths such as `spec.ports[port=80,protocol=TCP].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Wanted, and no longer owned: somebody changed or removed it.
    pub missing: Vec<String>,
    /// Owned, and no longer wanted.
    pub extra: Vec<String>,
    /// How many more there are, beyond those named.
    pub more: usize,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.more == 0
    }
}

impl fmt::Display for Difference {
    /// `lost spec.replicas; no longer wanted: data.a; and 3 more`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("lost {}", self.missing.join(", ")));
        }
        if !self.extra.is_empty() {
            parts.push(format!("no longer wanted: {}", self.extra.join(", ")));
        }
        if self.more > 0 {
            parts.push(format!("and {} more", self.more));
        }
        f.write_str(&if parts.is_empty() { "no difference".to_owned() } else { parts.join("; ") })
    }
}

/// Whether an Apply entry (its fieldsV1) owns every path that an apply of this manifest would own, and
/// no other path.
///
/// What an apply owns follows from the manifest and from structured-merge-diff's
/// `typed/tofieldset.go`, but for the schema: which lists are keyed or atomic is read off the entry.
/// - Not tracked: apiVersion, kind, names and other server's fields of metadata. Status is left out.
/// - A leaf covers what is below it (a scalar, an atomic list or map).
/// - An entry of a keyed list is found by its key; key fields that the manifest leaves out have their
///   default there. A value of a set is found by itself.
/// - An empty map is owned. An empty list is owned where it is atomic, so both are right. A null is
///   owned by the API server's rules, and is nothing by ours: both are right.
///
/// A leaf that was once an empty map, or a map that may hold anything (additionalProperties, or without
/// a schema) from which everything was taken, looks like an atomic one. The first is no matter where the
/// digest of the applied manifest is compared too; [`still_owns`] sees the second where another manager
/// owns what was taken, and nobody sees it where it was removed.
pub fn covers(owned: &Value, wanted: &Value) -> bool {
    Compare::new(1, true).run(owned, &[], wanted).is_empty()
}

/// The same as [`covers`], with the paths that differ, at most ten of each kind.
pub fn missing_and_extra(owned: &Value, wanted: &Value) -> Difference {
    Compare::new(NAMED, false).run(owned, &[], wanted)
}

/// Whether this manager's Apply entry covers the manifest, in the light of all the other entries.
pub fn still_owns(meta: &Metadata, manager: &str, wanted: &Value) -> bool {
    apply_entry(meta, manager).is_some_and(|ours| compared((1, true), meta, ours, wanted).is_empty())
}

/// What [`still_owns`] found, for logs. Without an Apply entry everything is missing.
pub fn drift(meta: &Metadata, manager: &str, wanted: &Value) -> Difference {
    match apply_entry(meta, manager) {
        Some(ours) => compared((NAMED, false), meta, ours, wanted),
        None => Compare::new(NAMED, false).run(&Value::Null, &[], wanted),
    }
}

/// Our entry beside those that were written in the same version of the API.
fn compared((limit, first_only): (usize, bool), meta: &Metadata, ours: &ManagedFields, wanted: &Value) -> Difference {
    let comparable = |e: &&ManagedFields| e.api_version == ours.api_version && e.subresource != "status" && *e != ours;
    let others: Vec<Value> =
        meta.managed_fields.iter().filter(comparable).map(|entry| entry.fields_v1.tree()).collect();
    let others: Vec<&Value> = others.iter().collect();
    Compare::new(limit, first_only).run(&ours.fields_v1.tree(), &others, wanted)
}

/// What this manager owns by server-side apply of the object itself (not of a subresource).
pub fn apply_entry<'a>(meta: &'a Metadata, manager: &str) -> Option<&'a ManagedFields> {
    let ours = |e: &&ManagedFields| e.manager == manager && e.operation == "Apply" && e.subresource.is_empty();
    meta.managed_fields.iter().find(ours)
}

/// The entries that own something at this path or below it, or own as one what holds it. The caller's
/// own entries are among them.
pub fn managers_of<'a>(meta: &'a Metadata, path: &Path) -> Vec<&'a ManagedFields> {
    meta.managed_fields.iter().filter(|entry| holds(&entry.fields_v1.tree(), path.segments(), true)).collect()
}

fn holds(owned: &Value, path: &[Segment], root: bool) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    if is_leaf(owned) {
        return !root;
    }
    below(owned).any(|(raw, deeper)| {
        let here = match (first, Element::parse(raw)) {
            (Segment::Field(wanted), Element::Field(name)) => wanted == name,
            (Segment::All, Element::Key(_) | Element::Item(_)) => true,
            // An entry keyed by another field may be the one that is meant.
            (Segment::Entry { key, value }, Element::Key(fields)) => {
                fields.get(key).is_none_or(|found| is_text(found, value))
            }
            _ => false,
        };
        here && holds(deeper, rest, false)
    })
}
