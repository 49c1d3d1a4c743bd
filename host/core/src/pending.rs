//! What we wrote and have not seen in the stores yet.
//!
//! The next reconcile of an object starts when each store that it looks into has seen the last write made
//! for it: else it would decide from a picture older than its own deeds. resourceVersions are compared as
//! numbers, and only within one watch (Kubernetes documents them as comparable within a resource type).

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::kind::Key;
use crate::store::{Change, Name, Store, number};
use crate::watch::{Selection, Watch};

/// Something that a store will show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The object at this version, or what became of it later.
    Version {
        /// Which object.
        key: Key,
        /// The version that the write made.
        version: String,
        /// Whether watches of children tell of it: it carries the label of a child, or did before.
        labelled: bool,
    },
    /// The object of that uid gone or being deleted.
    Deletion {
        /// Which object.
        key: Key,
        /// Its uid.
        uid: String,
    },
}

impl Write {
    /// The object that was written.
    pub fn key(&self) -> &Key {
        match self {
            Self::Version { key, .. } | Self::Deletion { key, .. } => key,
        }
    }
}

/// What one watch has still to show, and for which objects that was written.
#[derive(Debug, Default)]
struct Awaited {
    versions: BTreeMap<u64, Vec<Key>>,
    deletions: HashMap<Name, Vec<(String, Key)>>,
    /// A list that began after these writes will show them.
    by_list: Vec<Key>,
}

/// Writes that are waited for, by the watch that will show them.
#[derive(Debug, Default)]
pub struct Pending {
    by_watch: BTreeMap<Watch, Awaited>,
    waiting: HashMap<Key, usize>,
    /// Objects that are not blocked any more, until somebody asks.
    freed: Vec<Key>,
}

impl Pending {
    /// A write was made for an object. `store` is what the watch has shown so far.
    pub fn add(&mut self, write: &Write, object: &Key, watch: &Watch, store: &Store) {
        let at = write.key();
        if at.kind.group_kind() != watch.resource.kind.group_kind() {
            return;
        }
        match write {
            Write::Version { labelled: false, .. } if watch.selection == Selection::Children => return,
            Write::Version { version, .. } => {
                let version = number(version);
                if version <= store.seen_up_to() {
                    return;
                }
                self.by_watch
                    .entry(watch.clone())
                    .or_default()
                    .versions
                    .entry(version)
                    .or_default()
                    .push(object.clone());
            }
            Write::Deletion { uid, .. } => {
                let shown = store.get(at.namespace.as_deref(), &at.name);
                if shown.is_none_or(|o| o.meta.uid != *uid || o.meta.deletion_timestamp.is_some()) {
                    return;
                }
                let name = (at.namespace.clone(), at.name.clone());
                let awaited = self.by_watch.entry(watch.clone()).or_default();
                awaited.deletions.entry(name).or_default().push((uid.clone(), object.clone()));
            }
        }
        *self.waiting.entry(object.clone()).or_default() += 1;
    }

    /// A watch told something, which changed its store like this.
    pub fn see(&mut self, watch: &Watch, store: &Store, changes: &[Change]) {
        let Some(awaited) = self.by_watch.get_mut(watch) else { return };
        let later = store.seen_up_to().checked_add(1).map(|next| awaited.versions.split_off(&next)).unwrap_or_default();
        let mut seen: Vec<Key> = std::mem::replace(&mut awaited.versions, later).into_values().flatten().collect();
        for change in changes {
            let Some(key) = change.after.as_ref().or(change.before.as_ref()).map(|o| &o.key) else { continue };
            let name = (key.namespace.clone(), key.name.clone());
            let Some(mut deletions) = awaited.deletions.remove(&name) else { continue };
            let now = change.after.as_ref().filter(|o| o.meta.deletion_timestamp.is_none());
            seen.extend(
                deletions.extract_if(.., |(uid, _)| now.is_none_or(|o| o.meta.uid != *uid)).map(|(_, object)| object),
            );
            if !deletions.is_empty() {
                awaited.deletions.insert(name, deletions);
            }
        }
        self.release(seen);
    }

    /// A list begins: it will show every write made before.
    pub fn begin(&mut self, watch: &Watch) {
        let Some(awaited) = self.by_watch.get_mut(watch) else { return };
        let versions = std::mem::take(&mut awaited.versions).into_values().flatten();
        let deletions = std::mem::take(&mut awaited.deletions).into_values().flatten();
        awaited.by_list.extend(versions.chain(deletions.map(|(_, object)| object)));
    }

    /// That list is complete.
    pub fn listed(&mut self, watch: &Watch) {
        let seen = self.by_watch.get_mut(watch).map(|awaited| std::mem::take(&mut awaited.by_list));
        self.release(seen.unwrap_or_default());
    }

    /// A watch has ended, so it will show nothing.
    pub fn unwatched(&mut self, watch: &Watch) {
        self.begin(watch);
        self.listed(watch);
        self.by_watch.remove(watch);
    }

    /// Whether something is waited for before the object may be looked at.
    pub fn blocks(&self, object: &Key) -> bool {
        self.waiting.contains_key(object)
    }

    /// The objects that were blocked when this was asked last, and may be looked at now.
    pub fn take_freed(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.freed)
    }

    fn release(&mut self, seen: Vec<Key>) {
        for object in seen {
            let Some(count) = self.waiting.get_mut(&object) else { continue };
            *count -= 1;
            if *count == 0 {
                self.waiting.remove(&object);
                self.freed.push(object);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kind::Kind;
    use crate::object::Object;
    use crate::resource::Resource;
    use crate::store::Event;

    fn watch(selection: Selection) -> Watch {
        let resource =
            Resource { kind: Kind::new("", "v1", "ConfigMap"), plural: "configmaps".into(), namespaced: true };
        Watch { selection, ..Watch::all(Arc::new(resource)) }
    }

    fn seen(name: &str, version: u32) -> Event {
        let metadata = format!(r#"{{"name":"{name}","namespace":"a","uid":"u","resourceVersion":"{version}"}}"#);
        let text = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}"#);
        Event::Seen(Arc::new(Object::parse(&text, None).expect("a ConfigMap")))
    }

    fn key(name: &str) -> Key {
        Key::new(Kind::new("", "v1", "ConfigMap"), Some("a".into()), name.into())
    }

    fn version(version: u32, labelled: bool) -> Write {
        Write::Version { key: key("child"), version: version.to_string(), labelled }
    }

    /// What the engine does with an event.
    fn take(pending: &mut Pending, watch: &Watch, store: &mut Store, event: Event) {
        if matches!(event, Event::Begin) {
            pending.begin(watch);
        }
        let listed = matches!(event, Event::Listed);
        let changes = store.take(event);
        pending.see(watch, store, &changes);
        if listed {
            pending.listed(watch);
        }
    }

    #[test]
    fn each_watch_of_a_kind_answers_for_itself() {
        let (mut pending, object) = (Pending::default(), key("object"));
        let (all, children) = (watch(Selection::All), watch(Selection::Children));
        let (mut all_store, mut children_store) = (Store::default(), Store::default());
        pending.add(&version(5, true), &object, &all, &all_store);
        pending.add(&version(5, true), &object, &children, &children_store);
        take(&mut pending, &all, &mut all_store, seen("child", 5));
        assert!(pending.blocks(&object), "the watch of children has not shown it");
        for event in [Event::Begin, Event::Listed] {
            take(&mut pending, &all, &mut all_store, event);
        }
        pending.unwatched(&all);
        assert!(pending.blocks(&object), "nor by the list or the end of another one");
        take(&mut pending, &children, &mut children_store, seen("child", 5));
        assert!(!pending.blocks(&object));
    }

    #[test]
    fn a_later_event_of_any_object_shows_that_a_write_was_seen() {
        let (mut pending, object, watch) = (Pending::default(), key("object"), watch(Selection::Children));
        let mut store = Store::default();
        take(&mut pending, &watch, &mut store, seen("other", 6));
        pending.add(&version(5, true), &object, &watch, &store);
        assert!(!pending.blocks(&object), "it came and went before");
        pending.add(&version(8, true), &object, &watch, &store);
        take(&mut pending, &watch, &mut store, seen("other", 7));
        assert!(pending.blocks(&object));
        take(&mut pending, &watch, &mut store, seen("other", 9));
        assert!(!pending.blocks(&object));
    }

    #[test]
    fn a_list_shows_the_writes_before_it_when_it_is_complete() {
        let (mut pending, object, watch) = (Pending::default(), key("object"), watch(Selection::Children));
        let mut store = Store::default();
        pending.add(&version(5, true), &object, &watch, &store);
        take(&mut pending, &watch, &mut store, Event::Begin);
        take(&mut pending, &watch, &mut store, seen("other", 3));
        let later = key("later");
        pending.add(&version(6, true), &later, &watch, &store);
        assert!(pending.blocks(&object));
        take(&mut pending, &watch, &mut store, Event::Listed);
        assert!(!pending.blocks(&object), "what the list does not hold was deleted");
        assert!(pending.blocks(&later), "a write made since the list began may not be in it");
    }

    #[test]
    fn half_a_list_shows_nothing_of_other_objects() {
        let (mut pending, object, watch) = (Pending::default(), key("object"), watch(Selection::Children));
        let mut store = Store::default();
        take(&mut pending, &watch, &mut store, Event::Begin);
        take(&mut pending, &watch, &mut store, seen("a", 9));
        pending.add(&version(5, true), &object, &watch, &store);
        assert!(pending.blocks(&object), "the object may be on a later page");
        take(&mut pending, &watch, &mut store, Event::Listed);
        assert!(!pending.blocks(&object));
    }

    /// The object of a name as a watch tells it: of that uid, and being deleted or not.
    fn told(name: &str, uid: &str, version: u32, going: bool) -> Event {
        let going = if going { r#","deletionTimestamp":"2026-01-01T00:00:00Z""# } else { "" };
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"a","uid":"{uid}",
            "resourceVersion":"{version}"{going}}}}}"#
        );
        Event::Seen(Arc::new(Object::parse(&text, None).expect("a ConfigMap")))
    }

    fn deletion(uid: &str) -> Write {
        Write::Deletion { key: key("child"), uid: uid.into() }
    }

    #[test]
    fn a_deletion_is_waited_for_until_the_object_of_that_uid_goes_and_no_longer() {
        let (object, watch) = (key("object"), watch(Selection::Children));
        for ends in ["going", "made anew", "gone", "unwatched"] {
            let (mut pending, mut store) = (Pending::default(), Store::default());
            take(&mut pending, &watch, &mut store, told("child", "u", 1, false));
            pending.add(&deletion("u"), &object, &watch, &store);
            take(&mut pending, &watch, &mut store, told("child", "u", 2, false));
            assert!(pending.blocks(&object), "it changed, and is there");
            match ends {
                "going" => take(&mut pending, &watch, &mut store, told("child", "u", 3, true)),
                "made anew" => take(&mut pending, &watch, &mut store, told("child", "v", 3, false)),
                "gone" => {
                    let Event::Seen(last) = told("child", "u", 3, true) else { return };
                    take(&mut pending, &watch, &mut store, Event::Gone(last));
                }
                _ => pending.unwatched(&watch),
            }
            assert!(!pending.blocks(&object), "{ends}");
        }
    }

    #[test]
    fn what_the_store_shows_of_a_deletion_already_is_not_waited_for() {
        let (object, watch) = (key("object"), watch(Selection::Children));
        for (uid, going, waits) in [("u", false, true), ("u", true, false), ("v", false, false)] {
            let (mut pending, mut store) = (Pending::default(), Store::default());
            take(&mut pending, &watch, &mut store, told("child", uid, 1, going));
            pending.add(&deletion("u"), &object, &watch, &store);
            assert_eq!(pending.blocks(&object), waits, "{uid}, {going}");
        }
    }

    #[test]
    fn a_watch_of_children_is_not_waited_for_where_there_is_no_label() {
        let (mut pending, object) = (Pending::default(), key("object"));
        pending.add(&version(5, false), &object, &watch(Selection::Children), &Store::default());
        assert!(!pending.blocks(&object));
        pending.add(&version(5, false), &object, &watch(Selection::All), &Store::default());
        assert!(pending.blocks(&object));
    }
}
