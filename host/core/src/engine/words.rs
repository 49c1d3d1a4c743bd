//! What happens to the engine, what it wants, and how it is told to work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::plans::Found;
use super::{News, NotUpgraded, Unfit};
use crate::action::{Action, Done};
use crate::binding::Module;
use crate::cause::{Causes, Due};
use crate::contract::{Failure, Limits, Outcome, Request};
use crate::kind::{GroupKind, Key, Kind};
use crate::reconciler::Place;
use crate::resource::Resource;
use crate::step::Ended;
use crate::store::Event;
use crate::watch::Watch;
use crate::world::{Read, World};

/// How often everything is looked at, if nobody says otherwise, in milliseconds: as controller-runtime does.
pub const RESYNC_MS: u64 = 10 * 60 * 60 * 1_000;

/// How an engine works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Every object is looked at once in so many milliseconds, whatever happens.
    pub resync_ms: u64,
    /// Nothing is written: what would be is told.
    pub dry_run: bool,
    /// No object is looked at: the stores are filled, for whoever asks.
    pub only_watch: bool,
    /// How many guests are called at once; of one kind, half as many (see [`Share::of_calls`]).
    ///
    /// [`Share::of_calls`]: crate::share::Share::of_calls
    pub calls: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { resync_ms: RESYNC_MS, dry_run: false, only_watch: false, calls: 2 }
    }
}

/// A moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Milliseconds of a clock that never goes back.
    pub mono_ms: u64,
    /// Milliseconds since the epoch.
    pub wall_ms: i64,
}

impl Now {
    /// So long after whatever the clock that never goes back counts from, at that time of day.
    pub fn new(since: Duration, wall: SystemTime) -> Self {
        let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { mono_ms: millis(since), wall_ms: millis(wall).cast_signed() }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What happens to the engine.
#[derive(Debug)]
pub enum Input {
    /// The watch of that number tells something. A word of one that has ended means nothing.
    Watched(u64, Event),
    /// Discovery answered where a kind is served. The error is for people.
    Resolved(Kind, Result<Option<Arc<Resource>>, String>),
    /// Discovery answered in which version a kind is served: the preferred one, none if it is not served
    /// or cannot be watched. The error is for people.
    Found(GroupKind, Result<Option<Arc<Resource>>, String>),
    /// The watches that fail at present, and why; all others work. To be told about once a second.
    Troubles(BTreeMap<Watch, String>),
    /// A file of the folder of modules has news.
    Module {
        /// Its name.
        source: String,
        /// What became of it.
        news: News,
    },
    /// Every module that was there at the start has been dealt with.
    ModulesRead,
    /// What became of the module of a place that is followed: at first, and when that changes.
    Followed(Place, Result<Module, Unfit>),
    /// What a plan found, or why it could not be made.
    Planned {
        /// The Reconciler.
        reconciler: String,
        /// The digest of the module that would take over.
        digest: String,
        /// What it found.
        result: Result<Found, String>,
    },
    /// What came of applying the CustomResourceDefinition of a module.
    Upgraded {
        /// The Reconciler.
        reconciler: String,
        /// The module's digest.
        digest: String,
        /// Why it was not applied.
        result: Result<(), NotUpgraded>,
    },
    /// What came of reading the module of that digest from the cluster.
    Fetched(String, Result<Module, Unfit>),
    /// What came of putting the module of that digest into the cluster. The error is for people.
    Kept(String, Result<(), String>),
    /// A guest answered.
    Answered {
        /// The call's id.
        call: u64,
        /// What it said, or why not.
        result: Box<Result<Outcome, Failure>>,
        /// What it looked at.
        reads: Vec<Read>,
    },
    /// An action is done.
    Done {
        /// Its id.
        id: u64,
        /// What came of it.
        done: Done,
    },
    /// Time has passed.
    Tick,
    /// Start nothing new.
    Stop,
}

/// What the engine wants.
#[derive(Debug)]
pub enum Output {
    /// Watch, under a number that no other watch has or had: what an ended one told may still be on its way.
    Watch(u64, Watch),
    /// Stop the watch of that number.
    Unwatch(u64),
    /// Load the module that is there, now and whenever that changes.
    Follow(Place),
    /// Follow it no more.
    Leave(Place),
    /// Read the module of that digest from the cluster, and load it.
    Fetch(String),
    /// Put the bytes of the module of that digest into the cluster.
    Keep(String),
    /// The cluster keeps the module of that digest: nobody needs its bytes here.
    LetGo(String),
    /// Nobody names the module of that digest any more: the cluster need not keep it.
    Discard(String),
    /// Work out what a module would change (see [`Engine::survey`](super::Engine::survey)).
    Plan {
        /// The Reconciler.
        reconciler: String,
        /// The digest of the module that would take over.
        digest: String,
    },
    /// Apply the CustomResourceDefinition of a module, where nothing that is there would be lost or broken by that (see
    /// [`losses`](crate::upgrade::losses)).
    Upgrade {
        /// The Reconciler.
        reconciler: String,
        /// The module's digest.
        digest: String,
        /// The CustomResourceDefinition, as JSON.
        crd: String,
    },
    /// Ask discovery where a kind is served.
    Resolve(Kind),
    /// Ask discovery in which version a kind is served.
    Find(GroupKind),
    /// Call a guest.
    Ask {
        /// The call's id.
        call: u64,
        /// The module that decides, by digest.
        digest: String,
        /// The object, for people.
        object: Key,
        /// The question.
        request: Box<Request>,
        /// What it may look at.
        world: World,
        /// Bounds of the call.
        limits: Limits,
    },
    /// Send a request.
    Act {
        /// The action's id.
        id: u64,
        /// For which object, for people.
        object: Key,
        /// The request.
        action: Action,
    },
    /// A request that is not sent, since nothing is to be written.
    Pretend {
        /// The action's id.
        id: u64,
        /// For which object, for people.
        object: Key,
        /// The request.
        action: Action,
        /// What it is taken to have come to: to be handed back as if it had been answered.
        done: Done,
    },
    /// A reconcile began.
    Began {
        /// Of which object.
        object: Key,
        /// For how many milliseconds it waited in the queue.
        waited_ms: u64,
    },
    /// A reconcile ended.
    Ended {
        /// Of which object.
        object: Key,
        /// By which digest; none if no module was loaded.
        digest: Option<String>,
        /// Why it was looked at.
        causes: Causes,
        /// In how many milliseconds it is looked at again, and why, whatever happens until then.
        due: Option<(u64, Due)>,
        /// For how many milliseconds it is held back, if it does not settle.
        held_ms: Option<u64>,
        /// How.
        ended: Box<Ended>,
    },
    /// Something worth a line in the log.
    Note {
        /// Whether it is trouble.
        trouble: bool,
        /// What.
        text: String,
    },
}
