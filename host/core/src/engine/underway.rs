//! One module that takes over in steps, and how the objects do for which it decides (promise M06).

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::binding::Module;
use crate::conditions::{self, Health};
use crate::kind::Key;
use crate::object::Object;
use crate::reconciler::Course;
use crate::rollout::Share;
use crate::store::Store;

/// One rollout, as far as this process has followed it.
#[derive(Debug)]
pub(super) struct Underway {
    pub(super) module: Module,
    pub(super) course: Course,
    /// No further step is taken.
    pub(super) stands: bool,
    pub(super) most_failures: u32,
    /// The steps that are to be taken; those that are, the status says.
    pub(super) wanted: u32,
    /// The steps that are taken, and since when, as far as this process has seen it.
    pub(super) taken: Option<(u32, u64)>,
    pub(super) looked: HashMap<Key, Looked>,
    /// Objects that were not ready when the module before decided for them, which is not the new one's doing; true for
    /// those on which it failed.
    pub(super) ailing: BTreeMap<Key, bool>,
    /// When it is looked at next.
    pub(super) due_ms: u64,
    pub(super) tally: Tally,
}

/// What came of the new module's decisions for an object.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) uid: String,
    pub(super) health: Health,
    pub(super) since_ms: u64,
}

/// How the objects do for which the new module decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) objects: u32,
    pub(super) ready: u32,
    pub(super) failing: u32,
    /// Objects that are neither ready nor known not to be the new module's fault.
    pub(super) open: u32,
    /// One on which it fails, and why.
    pub(super) example: Option<(Key, String)>,
    /// When the first of those that are not ready counts as failing.
    pub(super) overdue_ms: Option<u64>,
}

impl Underway {
    /// Counts the objects for which the new module decides.
    pub(super) fn count(&self, share: &Share, objects: &Store, now_ms: u64) -> Tally {
        let mut tally = Tally::default();
        for object in objects.all().filter(|object| !is_left_alone(object) && share.takes(object)) {
            tally.objects += 1;
            let looked = self.looked.get(&object.key).filter(|looked| looked.uid == object.meta.uid);
            let ailed = self.ailing.get(&object.key);
            let why = match looked.map(|looked| (&looked.health, looked.since_ms + self.course.ready_within_ms)) {
                Some((Health::Ready, _)) => {
                    tally.ready += 1;
                    continue;
                }
                Some((Health::Waiting(_), _)) if ailed.is_some() => continue,
                Some((Health::Failed(_), _)) if ailed == Some(&true) => continue,
                None => {
                    tally.open += 1;
                    continue;
                }
                Some((Health::Waiting(_), until)) if until > now_ms => {
                    tally.open += 1;
                    tally.overdue_ms = Some(tally.overdue_ms.map_or(until, |first| first.min(until)));
                    continue;
                }
                Some((Health::Waiting(why), _)) => format!("it is not ready in time: {why}"),
                Some((Health::Failed(why), _)) => why.clone(),
            };
            tally.failing += 1;
            tally.example.get_or_insert((object.key.clone(), why));
        }
        tally
    }
}

/// Whether no module is asked about it, or not for what should be.
fn is_left_alone(object: &Object) -> bool {
    conditions::is_paused(object) || object.meta.deletion_timestamp.is_some()
}

/// An object, for people.
pub(super) fn named(key: &Key) -> String {
    let namespace = key.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    format!("{namespace}{}", key.name)
}
