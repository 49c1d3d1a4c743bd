//! The host's whole decision making as one machine without I/O: watch events, answers and time go in,
//! watches, questions and requests come out.
//!
//! One controller per kind that a Reconciler binds to a module; one step per object in work; one queue.

mod breaker;
mod called;
mod catalog;
mod children;
mod claims;
mod controllers;
mod demand;
mod dry_run;
mod echoes;
mod guards;
mod keeping;
mod kept;
mod kinds;
mod load;
mod modules;
mod orphaning;
mod plans;
mod readers;
mod reads;
mod reconciler_conditions;
mod reconcilers;
mod remembered;
mod reports;
mod resync;
mod rolling;
mod rollout_words;
mod service;
mod skips;
mod steps;
mod stores;
mod stubs;
mod survey;
mod tallies;
mod targets;
mod troubles;
mod underway;
mod upgrades;
mod waiting;
mod watches;
mod words;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use catalog::{Catalog, Crd};
pub use kept::Unfit;
pub use load::Load;
pub use modules::News;
pub use plans::Found;
pub use survey::{Asked, Survey};
pub use upgrades::NotUpgraded;
pub use words::{Input, Now, Output, RESYNC_MS, Settings};
pub use workers::MOST_OF_ONE_KIND;

use foldhash::HashMap;

use crate::action::{Action, Done};
use crate::cause::Causes;
use crate::kind::{GroupKind, Key, Kind};
use crate::pending::Pending;
use crate::picture::Picture;
use crate::queue::Queue;
use crate::reconciler::ChildKind;
use crate::resource::Resource;
use crate::step::{Memory, Step};

/// After how long something outside is tried again that did not work, in milliseconds.
const ASK_AGAIN_MS: u64 = 2_000;

/// Who waits for an action.
#[derive(Clone, Debug)]
enum Owner {
    Step(Key, u32),
    Recording(GroupKind, BTreeSet<ChildKind>),
    Reconciler(String),
    Creating(String),
    Guard(String),
    /// An Event about that Reconciler.
    Telling(String),
}

/// The host's decision making.
#[derive(Debug, Default)]
pub struct Engine {
    now: Now,
    /// When this process began.
    started_ms: u64,
    out: Vec<Output>,
    stopping: bool,
    /// Nothing is written.
    dry_run: bool,
    /// No object is looked at.
    only_watch: bool,
    modules_read: bool,
    stores: stores::Stores,
    catalog: Arc<Catalog>,
    modules: modules::Modules,
    service: service::Service,
    kept: kept::Kept,
    keeping: keeping::Keeping,
    plans: plans::Plans,
    upgrades: upgrades::Upgrades,
    rollouts: rolling::Rollouts,
    reconcilers: BTreeMap<String, reconcilers::Declared>,
    controllers: BTreeMap<GroupKind, controllers::Controller>,
    queue: Queue,
    readers: readers::Readers,
    /// Where the kinds are served that are read.
    read_kinds: BTreeMap<Kind, Option<Arc<Resource>>>,
    workers: workers::Workers,
    breaker: breaker::Breaker,
    /// Kinds that are read and cannot be seen yet, and who was put aside for that.
    lacking: (BTreeSet<Kind>, Vec<Key>),
    resync: resync::Resync,
    pending: Pending,
    echoes: echoes::Echoes,
    orphaning: orphaning::Orphaning,
    /// By object, with the uid that they are about.
    memories: HashMap<Key, (String, Memory)>,
    steps: HashMap<Key, Step>,
    /// Why each object in work is looked at.
    causes: HashMap<Key, Causes>,
    /// With what each call was shown.
    calls: HashMap<u64, (Key, Arc<Picture>)>,
    actions: HashMap<u64, Owner>,
    claims: claims::Claims,
    stubs: stubs::Stubs,
    /// Actions that are answered by what is known, with their answers.
    known: Vec<(u64, Done)>,
    targets: targets::Targets,
    resolving: BTreeMap<Kind, BTreeSet<Key>>,
    finding: BTreeSet<GroupKind>,
    troubles: troubles::Troubles,
    /// By kind served: kinds of children that a Reconciler listed which is gone.
    child_kinds: BTreeMap<GroupKind, BTreeSet<GroupKind>>,
    next_id: u64,
    /// Something that a Reconciler's status shows may have changed.
    report_due: bool,
    /// No Reconciler is made before this moment: the last time it did not work.
    create_after_ms: u64,
    /// When it is tried again to find out where kinds are served, and to write what could not be written.
    ask_again_ms: Option<u64>,
}

impl Engine {
    /// An engine, and what it wants first.
    pub fn start(now: Now) -> (Self, Vec<Output>) {
        Self::start_with(now, Settings::default())
    }

    /// The same with settings.
    pub fn start_with(now: Now, settings: Settings) -> (Self, Vec<Output>) {
        let workers = workers::Workers::new((settings.calls / 2).max(1));
        let resync = resync::Resync::new(settings.resync_ms, now.mono_ms);
        let Settings { dry_run, only_watch, .. } = settings;
        let mut engine = Self { now, started_ms: now.mono_ms, resync, dry_run, only_watch, workers, ..Self::default() };
        engine.demand_watches();
        let out = std::mem::take(&mut engine.out);
        (engine, out)
    }

    /// Takes in what happened and says what to do.
    pub fn handle(&mut self, now: Now, input: Input) -> Vec<Output> {
        self.now = now;
        self.queue.at(now.mono_ms);
        match input {
            Input::Watched(number, event) => self.watched(number, event),
            Input::Resolved(kind, result) => self.resolved(&kind, result),
            Input::Found(kind, result) => self.found(&kind, result),
            Input::Troubles(failing) => {
                self.troubles.set_watches(now.mono_ms, failing);
                self.go_on_ensuring_all();
                self.report_due |= self.troubles.any();
            }
            Input::Module { source, news } => {
                let said = self.modules.take(&source, news);
                let unused = self.unused(&source).unwrap_or_default();
                self.note(said.is_err(), said.unwrap_or_else(|trouble| trouble) + &unused);
                self.arrange();
            }
            Input::ModulesRead => {
                self.modules_read = true;
                self.arrange();
            }
            Input::Followed(at, result) => self.followed(&at, result),
            Input::Planned { reconciler, digest, result } => self.planned(&reconciler, &digest, result),
            Input::Upgraded { reconciler, digest, result } => self.upgraded(&reconciler, &digest, result),
            Input::Fetched(digest, result) => self.fetched(&digest, result),
            Input::Kept(digest, result) => self.keeping_ended(&digest, result),
            Input::Answered { call, result, reads } => self.answered(call, *result, reads),
            Input::Done { id, done } => self.done(id, done),
            Input::Tick if self.ask_again_ms.is_some_and(|at| at <= now.mono_ms) => {
                self.ask_again_ms = None;
                self.arrange();
            }
            Input::Tick => {}
            Input::Stop => {
                self.stopping = true;
                let kinds: Vec<GroupKind> = self.controllers.keys().cloned().collect();
                kinds.iter().for_each(|kind| self.stop_ensuring(kind, "the host is stopping"));
            }
        }
        self.tend_names();
        while !self.known.is_empty() {
            for (id, done) in std::mem::take(&mut self.known) {
                self.done(id, done);
            }
        }
        self.queue.ripen(now.mono_ms);
        self.resync();
        self.keep_again();
        self.plan_again();
        self.roll();
        self.start_controllers();
        self.guard_reconcilers();
        self.report_reconcilers();
        self.start_steps();
        std::mem::take(&mut self.out)
    }

    /// When time alone makes a difference, in milliseconds of the clock that never goes back. After a tick
    /// it lies ahead: what is due and cannot be done yet is not waited for by time.
    pub fn next_wake(&self) -> Option<u64> {
        let reports = self.reconcilers.values().filter(|_| self.may_report()).filter_map(|d| d.reporting.due_ms());
        let troubles = self.troubles.next_lasting_ms(self.now.mono_ms);
        let timers = self.queue.next_timer().into_iter().chain(reports).chain(self.ask_again_ms);
        timers
            .chain(troubles)
            .chain(self.stubs.next_wake())
            .chain(self.keeping.next_wake())
            .chain(self.next_roll())
            .chain(self.next_plan())
            .chain([self.resync.next_ms()])
            .min()
    }

    /// Whether every module of the start is dealt with and has its Reconciler, and every controller has
    /// started, which it does when its stores are filled.
    pub fn is_ready(&self) -> bool {
        self.modules_read
            && [&*watches::CRDS, &*watches::RECONCILERS].iter().all(|w| self.stores.filled(w).is_some())
            && self.modules.offered().all(|module| self.reconcilers.contains_key(&module.manifest.name))
            && !self.reconcilers.keys().any(|name| self.awaits_module(name))
            && self.controllers.values().all(|c| c.started)
    }

    /// Whether no step is in work.
    pub fn is_idle(&self) -> bool {
        self.steps.is_empty() && self.actions.is_empty()
    }

    /// What could not be asked or written is tried again, but not at once.
    fn ask_again(&mut self) {
        self.ask_again_ms.get_or_insert(self.now.mono_ms + ASK_AGAIN_MS);
    }

    fn note(&mut self, trouble: bool, text: impl Into<String>) {
        self.out.push(Output::Note { trouble, text: text.into() });
    }

    fn act(&mut self, owner: Owner, object: Key, action: Action) -> u64 {
        if self.dry_run && !matches!(action, Action::Look(_)) {
            return self.pretend(owner, object, action);
        }
        self.next_id += 1;
        if let Owner::Step(object, _) = &owner {
            self.breaker.asked(object, &action);
        }
        self.stubs.asked(&action);
        self.actions.insert(self.next_id, owner);
        self.out.push(Output::Act { id: self.next_id, object, action });
        self.next_id
    }

    fn done(&mut self, id: u64, done: Done) {
        self.names_answered(id, &done);
        match self.actions.remove(&id) {
            None => {}
            Some(Owner::Step(key, step_id)) => self.step_done(&key, step_id, done),
            Some(Owner::Recording(kind, asked)) => self.recorded(&kind, &asked, done),
            Some(Owner::Creating(name)) => self.reconciler_created(&name, done),
            Some(Owner::Guard(name)) => self.guard_written(&name, done),
            Some(Owner::Reconciler(name)) => self.reconciler_written(&name, done),
            Some(Owner::Telling(name)) => self.news_told(&name, &done),
        }
        self.claim_answered(id);
    }
}
