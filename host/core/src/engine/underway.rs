//! One module that takes over in steps, and how the objects do for which it decides (promise M06).

use foldhash::{HashMap, HashSet};

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
    pub(super) wanted: Vec<String>,
    /// The steps that are taken, and since when, as far as this process has seen it.
    pub(super) taken: Option<(Vec<String>, u64)>,
    pub(super) looked: HashMap<Key, Looked>,
    /// Objects, by uid, that were not ready when the module before decided for them, which is not the new one's doing; true
    /// for those on which it failed.
    pub(super) ailing: HashMap<String, bool>,
    /// Since when nothing is looked at, because the Reconciler says so.
    pub(super) suspended_ms: Option<u64>,
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
    /// One that is to have taken these steps.
    pub(super) fn of(module: Module, course: Course, wanted: Vec<String>) -> Self {
        Self {
            module,
            course,
            stands: false,
            most_failures: 0,
            wanted,
            taken: None,
            looked: HashMap::default(),
            ailing: HashMap::default(),
            suspended_ms: None,
            due_ms: 0,
            tally: Tally::default(),
        }
    }

    /// How many steps are to have been taken, of how many.
    pub(super) fn reached(&self) -> (u32, u32) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(self.wanted.len()), count(self.wanted.len() + self.course.left(&self.wanted).count()))
    }

    /// While nothing is looked at, no time passes.
    pub(super) fn suspend(&mut self, is_suspended: bool, now_ms: u64) {
        match (is_suspended, self.suspended_ms) {
            (true, None) => self.suspended_ms = Some(now_ms),
            (false, Some(since_ms)) => {
                self.suspended_ms = None;
                let lost = now_ms - since_ms;
                self.looked.values_mut().for_each(|looked| looked.since_ms += lost);
                self.taken.iter_mut().for_each(|(_, taken_ms)| *taken_ms += lost);
            }
            _ => {}
        }
    }

    /// Nothing is remembered of objects that are gone.
    pub(super) fn forget_the_gone(&mut self, objects: &Store) {
        self.looked.retain(|key, _| objects.get(key.namespace.as_deref(), &key.name).is_some());
        if self.ailing.len() > objects.len() {
            let there: HashSet<&String> = objects.all().map(|object| &object.meta.uid).collect();
            self.ailing.retain(|uid, _| there.contains(uid));
        }
    }

    /// Counts the objects for which the new module decides.
    pub(super) fn count(&self, share: &Share, objects: &Store, now_ms: u64) -> Tally {
        let mut tally = Tally::default();
        for object in objects.all().filter(|object| !is_left_alone(object) && share.takes(object)) {
            tally.objects += 1;
            let looked = self.looked.get(&object.key).filter(|looked| looked.uid == object.meta.uid);
            let ailed = self.ailing.get(&object.meta.uid);
            let why = match looked
                .map(|looked| (&looked.health, looked.since_ms.saturating_add(self.course.ready_within_ms)))
            {
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
