//! A set of paths: which fields a manager owns, or which differ.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::elem::Elem;

/// A set of paths, as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Set {
    /// The place itself is in the set.
    pub(super) member: bool,
    pub(super) below: BTreeMap<Elem, Set>,
}

impl Set {
    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(Self::is_empty)
    }

    /// Puts what is below a place there.
    pub(super) fn put(&mut self, at: Elem, set: Self) {
        if !set.is_empty() {
            self.below.insert(at, set);
        }
    }

    /// What is below a field, taken out.
    pub(crate) fn take(&mut self, field: &str) -> Option<Self> {
        self.below.remove(&Elem::Field(field.to_owned()))
    }

    /// What is below a field.
    pub(crate) fn field_mut(&mut self, field: &str) -> Option<&mut Self> {
        self.below.get_mut(&Elem::Field(field.to_owned()))
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.member |= other.member;
        for (at, set) in &other.below {
            self.below.entry(at.clone()).or_default().join(set);
        }
    }

    /// What is in both.
    pub(crate) fn both(&self, other: &Self) -> Self {
        let mut both = Self { member: self.member && other.member, below: BTreeMap::new() };
        for (at, set) in &self.below {
            if let Some(theirs) = other.below.get(at) {
                both.put(at.clone(), set.both(theirs));
            }
        }
        both
    }

    /// What is in this one only.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut rest = Self { member: self.member && !other.member, below: BTreeMap::new() };
        for (at, set) in &self.below {
            rest.put(at.clone(), other.below.get(at).map_or_else(|| set.clone(), |theirs| set.without(theirs)));
        }
        rest
    }

    /// Every path, as the API server says it.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut all = Vec::new();
        self.tell(String::new(), &mut all);
        all
    }

    fn tell(&self, path: String, all: &mut Vec<String>) {
        for (at, set) in &self.below {
            set.tell(format!("{path}{at}"), all);
        }
        if self.member {
            all.push(path);
        }
    }

    /// From fieldsV1.
    pub(crate) fn read(fields: &Value) -> Self {
        let Some(map) = fields.as_object() else { return Self::default() };
        let mut set = Self { member: map.contains_key("."), below: BTreeMap::new() };
        for (raw, below) in map {
            let Some(at) = Elem::parse(raw) else { continue };
            let mut under = Self::read(below);
            under.member |= under.below.is_empty();
            set.below.insert(at, under);
        }
        set
    }

    /// As fieldsV1.
    pub(crate) fn write(&self) -> Value {
        let mut map = Map::new();
        if self.member && !self.below.is_empty() {
            map.insert(".".to_owned(), Value::Object(Map::new()));
        }
        map.extend(self.below.iter().map(|(at, set)| (at.raw(), set.write())));
        Value::Object(map)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let fields = json!({"f:spec": {"f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}, "f:type": {}}});
        let set = Set::read(&fields);
        assert_eq!(set.write(), fields);
        assert_eq!(set.paths(), [".spec.ports[port=80].port", ".spec.ports[port=80]", ".spec.type"]);
    }

    #[test]
    fn sets_are_joined_cut_and_compared() {
        let (a, b) = (Set::read(&json!({"f:a": {}, "f:b": {"f:c": {}}})), Set::read(&json!({"f:b": {"f:c": {}}})));
        assert_eq!(a.both(&b), b);
        assert_eq!(a.without(&b).paths(), [".a"]);
        let mut joined = b.clone();
        joined.join(&a);
        assert_eq!(joined, a);
        assert!(b.without(&a).is_empty());
    }
}
