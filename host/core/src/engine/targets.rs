//! Which objects contribute to what, or would if it were there: a change of that is a reason to look at them.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::kind::{GroupKind, Key};
use crate::object::Object;
use crate::store::Change;

/// A name within a kind, in whatever version.
type Name = (GroupKind, Option<String>, String);

/// What each object contributes to, both ways round. It is learned when an object is looked at, which happens to
/// all of them after a start.
#[derive(Debug, Default)]
pub(super) struct Targets {
    of: HashMap<Key, BTreeSet<Name>>,
    by: HashMap<Name, BTreeSet<Key>>,
}

impl Targets {
    /// What an object contributes to now.
    pub(super) fn set(&mut self, object: &Key, targets: &BTreeSet<Key>) {
        for name in self.of.remove(object).unwrap_or_default() {
            if let Some(by) = self.by.get_mut(&name) {
                by.remove(object);
                if by.is_empty() {
                    self.by.remove(&name);
                }
            }
        }
        let names: BTreeSet<Name> = targets.iter().map(name_of).collect();
        for name in &names {
            self.by.entry(name.clone()).or_default().insert(object.clone());
        }
        if !names.is_empty() {
            self.of.insert(object.clone(), names);
        }
    }

    /// It contributes to these too, as far as is known while it is in work.
    pub(super) fn add(&mut self, object: &Key, targets: &BTreeSet<Key>) {
        for name in targets.iter().map(name_of) {
            self.by.entry(name.clone()).or_default().insert(object.clone());
            self.of.entry(object.clone()).or_default().insert(name);
        }
    }

    /// The objects to which a change matters. What happens to a status does not.
    pub(super) fn told(&self, target: &Key, change: &Change) -> Vec<Key> {
        let Some(by) = self.by.get(&name_of(target)) else { return Vec::new() };
        let same = match (&change.before, &change.after) {
            (Some(before), Some(after)) => looks_alike(before, after),
            _ => false,
        };
        if same { Vec::new() } else { by.iter().cloned().collect() }
    }

    /// Forgets objects: their kind is no longer kept.
    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        let gone: Vec<Key> = self.of.keys().filter(|key| which(key)).cloned().collect();
        gone.iter().for_each(|key| self.set(key, &BTreeSet::new()));
    }
}

fn name_of(key: &Key) -> Name {
    (key.kind.group_kind(), key.namespace.clone(), key.name.clone())
}

fn looks_alike(a: &Object, b: &Object) -> bool {
    let (a, b) = (&a.meta, &b.meta);
    let entries = |m: &crate::object::Metadata| {
        let own = m.managed_fields.iter().filter(|e| e.subresource != "status");
        own.map(|e| (e.manager.clone(), e.operation.clone(), e.fields_v1.clone())).collect::<Vec<_>>()
    };
    let plain = (&a.uid, &a.deletion_timestamp, &a.annotations, a.generation);
    plain == (&b.uid, &b.deletion_timestamp, &b.annotations, b.generation) && entries(a) == entries(b)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::kind::Kind;

    fn key(kind: &str, name: &str) -> Key {
        Key::new(Kind::new("", "v1", kind), Some("a".into()), name.into())
    }

    #[test]
    fn a_target_tells_those_who_contribute_to_it_now() {
        let mut targets = Targets::default();
        let (one, two, there) = (key("Inn", "one"), key("Inn", "two"), key("ConfigMap", "there"));
        let all = BTreeSet::from([there.clone()]);
        targets.set(&one, &all);
        targets.set(&two, &all);
        let gone = Change { before: None, after: None };
        assert_eq!(targets.told(&there, &gone).len(), 2);
        targets.set(&one, &BTreeSet::new());
        assert_eq!(targets.told(&there, &gone), [two]);
        targets.forget(|_| true);
        assert!(targets.told(&there, &gone).is_empty() && targets.of.is_empty() && targets.by.is_empty());
    }

    #[test]
    fn what_it_is_known_to_contribute_to_while_it_is_in_work_counts_until_that_is_worked_out() {
        let (mut targets, inn, there) = (Targets::default(), key("Inn", "x"), key("ConfigMap", "there"));
        targets.add(&inn, &BTreeSet::from([there.clone()]));
        let gone = Change { before: None, after: None };
        assert_eq!(targets.told(&there, &gone), std::slice::from_ref(&inn));
        targets.set(&inn, &BTreeSet::new());
        assert!(targets.told(&there, &gone).is_empty());
    }

    /// The target as one manager of its status and one of the rest wrote it.
    fn there(phase: &str, manager: &str, annotations: Value) -> Option<Arc<Object>> {
        let entry = |manager: &str, subresource: &str, field: &str| json!({"manager": manager, "operation": "Update", "subresource": subresource, "fieldsV1": {field: {}}});
        let entries = [entry("kubelet", "status", phase), entry(manager, "", "f:data")];
        let metadata = json!({"name": "there", "namespace": "a", "annotations": annotations, "managedFields": entries});
        let whole = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        Some(Arc::new(Object::parse(&whole.to_string(), None).expect("an object")))
    }

    #[test]
    fn the_status_of_a_target_is_nobodys_reason_to_look() {
        let (mut targets, inn) = (Targets::default(), key("Inn", "x"));
        targets.set(&inn, &BTreeSet::from([key("ConfigMap", "there")]));
        let before = || there("f:one", "us", json!({}));
        let told = |after| targets.told(&key("ConfigMap", "there"), &Change { before: before(), after }).len();
        assert_eq!(told(there("f:two", "us", json!({}))), 0);
        assert_eq!(told(there("f:one", "them", json!({}))), 1, "others manage its fields");
        assert_eq!(told(there("f:one", "us", json!({"a": "1"}))), 1);
        assert_eq!(told(None), 1, "it is gone");
    }
}
