//! Objects whose children are to stay (`kubectl delete --cascade=orphan`): Kubernetes says so by a finalizer that
//! its garbage collection takes away again, at once where it finds no child that it can reach. A step may begin
//! too late to see it, or write its note of it too late. So what was shown once is remembered here.

use foldhash::HashMap;

use crate::kind::Key;
use crate::object::Object;
use crate::step::is_orphaning;

/// Which objects were shown so, with their uids.
#[derive(Debug, Default)]
pub(super) struct Orphaning {
    shown: HashMap<Key, String>,
}

impl Orphaning {
    /// An object is there as it is now.
    pub(super) fn see(&mut self, object: &Object) {
        if is_orphaning(object) {
            self.shown.insert(object.key.clone(), object.meta.uid.clone());
        }
    }

    /// Whether an object was ever shown so.
    pub(super) fn has_seen(&self, object: &Object) -> bool {
        self.shown.get(&object.key) == Some(&object.meta.uid)
    }

    /// An object is gone.
    pub(super) fn forget(&mut self, object: &Key) {
        self.shown.remove(object);
    }

    /// Objects are no longer kept.
    pub(super) fn forget_all(&mut self, which: impl Fn(&Key) -> bool) {
        self.shown.retain(|key, _| !which(key));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_shown_once_is_remembered_of_that_very_object_until_it_is_gone() {
        let object = |kind: &str, uid: &str, finalizers: &[&str]| {
            let metadata = json!({"name": "x", "namespace": "a", "uid": uid, "finalizers": finalizers,
                "deletionTimestamp": "2026-01-01T00:00:00Z"});
            let whole = json!({"apiVersion": "example.com/v1", "kind": kind, "metadata": metadata});
            Object::parse(&whole.to_string(), None).expect("an object")
        };
        let mut orphaning = Orphaning::default();
        for kind in ["Inn", "Tower"] {
            orphaning.see(&object(kind, "1", &["orphan"]));
            orphaning.see(&object(kind, "1", &[]));
            assert!(orphaning.has_seen(&object(kind, "1", &[])));
        }
        assert!(!orphaning.has_seen(&object("Inn", "2", &[])), "another of that name");
        orphaning.forget_all(|key| key.kind.kind == "Inn");
        assert!(!orphaning.has_seen(&object("Inn", "1", &[])) && orphaning.has_seen(&object("Tower", "1", &[])));
        orphaning.forget(&object("Tower", "1", &[]).key);
        assert!(!orphaning.has_seen(&object("Tower", "1", &[])));
    }
}
