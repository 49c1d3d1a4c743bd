//! A laboratory: a cluster of one's own, the host's decision making, and modules.

mod act;
mod carry;
pub(crate) mod deeds;
mod expect;
pub mod happened;
mod plans;
mod watching;

use std::collections::{BTreeMap, HashMap};

use innkeeper_core::contract::{Limits, Request};
use innkeeper_core::engine::{Engine as Core, Input, News, Now};
use innkeeper_core::kind::GroupKind;
use innkeeper_core::world::World;
use serde_json::Value;

use crate::guest::Guest;
use crate::server::{How, Server};
use crate::workloads::Workloads;
use crate::yaml;
use happened::Happened;

pub use crate::workloads::Fate;
pub use deeds::{Done, PERSON};
pub use watching::Link;

/// When everything begins: 2026-01-01T00:00:00Z, in milliseconds since the epoch.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// The clock that never goes back has run for a while, so that a moment is told from a span.
const MONO_MS: u64 = 3_600_000;
/// How many things may happen in one moment of a scenario.
const MOST: usize = 20_000;

/// Why a laboratory cannot go on, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// A cluster, a host, and what happened.
pub struct Lab {
    server: Server,
    /// The host's folder of modules, by file.
    folder: BTreeMap<String, Guest>,
    /// Every module that was ever loaded, by digest.
    loaded: HashMap<String, Guest>,
    core: Core,
    passed_ms: u64,
    workloads: Workloads,
    namespace: String,
    happened: Vec<Happened>,
    turns: usize,
    watching: watching::Watching,
    /// Plans that are to be made: of which Reconciler, with which module.
    plans: Vec<(String, String)>,
    /// What the guest of each kind was asked last, and within which bounds.
    asked: HashMap<GroupKind, (Request, World, Limits)>,
    /// Which of them was asked last.
    asked_last: Option<GroupKind>,
}

impl Lab {
    /// A laboratory with these modules in the host's folder. Their CRDs are there; objects go to the namespace
    /// `default` where they do not say another.
    pub fn new(modules: impl IntoIterator<Item = Guest>) -> Result<Self, Broken> {
        Self::with(modules, |_| Ok(()))
    }

    /// The same with what is there before the host starts.
    pub fn with(
        modules: impl IntoIterator<Item = Guest>,
        given: impl FnOnce(&mut Self) -> Result<(), Broken>,
    ) -> Result<Self, Broken> {
        let mut lab = Self::unstarted(modules)?;
        given(&mut lab)?;
        lab.start()?;
        Ok(lab)
    }

    fn unstarted(modules: impl IntoIterator<Item = Guest>) -> Result<Self, Broken> {
        let mut server = Server::new(BEGIN_MS);
        install(&mut server, RECONCILERS)?;
        let mut lab = Self {
            server,
            folder: BTreeMap::new(),
            loaded: HashMap::new(),
            core: Core::default(),
            passed_ms: 0,
            workloads: Workloads::default(),
            namespace: "default".to_owned(),
            happened: Vec::new(),
            turns: 0,
            watching: watching::Watching::default(),
            plans: Vec::new(),
            asked: HashMap::new(),
            asked_last: None,
        };
        for module in modules {
            if let Some(crd) = &module.manifest().crd {
                install(&mut lab.server, crd)?;
            }
            lab.loaded.insert(module.digest().to_owned(), module.clone());
            lab.folder.insert(format!("{}.wasm", module.manifest().name), module);
        }
        Ok(lab)
    }

    /// A laboratory that only shows what is elsewhere: no host runs in it.
    pub fn showing(modules: &[Guest], namespace: &str, objects: Vec<Value>) -> Result<Self, Broken> {
        let mut lab = Self::unstarted(modules.to_vec())?;
        lab.in_namespace(namespace);
        objects.into_iter().for_each(|object| lab.server.show(object));
        Ok(lab)
    }

    /// Objects that do not say their namespace belong to this one from now on.
    pub fn in_namespace(&mut self, namespace: &str) {
        self.server.ensure_namespace(namespace);
        self.namespace = namespace.to_owned();
    }

    /// The namespace of objects that say none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Children become ready by themselves (the default), or only when [`Lab::becomes`] says so.
    pub fn workloads_are_automatic(&mut self, automatic: bool) {
        self.workloads.automatic = automatic;
    }

    /// The cluster.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What a guest was asked last, what it could look at, and within which bounds.
    pub fn last_question(&self) -> Option<&(Request, World, Limits)> {
        self.question_about(self.asked_last.as_ref()?)
    }

    /// The same of the guest of a kind.
    pub fn question_about(&self, kind: &GroupKind) -> Option<&(Request, World, Limits)> {
        self.asked.get(kind)
    }

    /// Everything that happened since this was asked last.
    pub fn take_happened(&mut self) -> Vec<Happened> {
        std::mem::take(&mut self.happened)
    }

    /// Everything that happened since then.
    pub fn happened(&self) -> &[Happened] {
        &self.happened
    }

    /// A new process of the host, which knows nothing of the one before.
    fn start(&mut self) -> Result<(), Broken> {
        self.watching.anew(&mut self.server);
        self.plans.clear();
        let (core, outputs) = Core::start(self.now());
        self.core = core;
        self.carry_out(outputs)?;
        for (source, module) in self.folder.clone() {
            self.input(Input::Module { source, news: News::Loaded(module.bound()) })?;
        }
        self.input(Input::ModulesRead)?;
        self.settle()
    }

    fn now(&self) -> Now {
        let wall_ms = BEGIN_MS + i64::try_from(self.passed_ms).unwrap_or_default();
        Now { mono_ms: MONO_MS + self.passed_ms, wall_ms }
    }

    fn input(&mut self, input: Input) -> Result<(), Broken> {
        let now = self.now();
        let outputs = self.core.handle(now, input);
        self.carry_out(outputs)
    }

    /// Everything that follows at this moment.
    fn settle(&mut self) -> Result<(), Broken> {
        loop {
            while let Some((number, event)) = self.watching.next(&mut self.server) {
                self.input(Input::Watched(number, event))?;
                self.turn()?;
            }
            let others = self.workloads.turn(&mut self.server) || self.server.collect();
            if !others && !self.make_plans()? {
                return Ok(());
            }
            self.turn()?;
        }
    }

    /// Whether things happened without end in this step.
    pub fn is_endless(&self) -> bool {
        self.turns > MOST
    }

    fn turn(&mut self) -> Result<(), Broken> {
        self.turns += 1;
        if self.turns > MOST {
            return Err(Broken(format!("it does not settle: {MOST} things happened in one step")));
        }
        Ok(())
    }

    /// Time passes, and what is due in it is done when it is.
    pub fn pass(&mut self, ms: u64) -> Result<(), Broken> {
        self.turns = 0;
        self.settle()?;
        let end = self.passed_ms + ms;
        while let Some(at) = self.core.next_wake().map(|at| at.saturating_sub(MONO_MS)).filter(|at| *at <= end) {
            self.passed_ms = at.max(self.passed_ms);
            self.server.set_time(self.now().wall_ms);
            self.watching.pass(self.passed_ms, &mut self.server);
            self.input(Input::Tick)?;
            self.turn()?;
            self.settle()?;
        }
        self.passed_ms = end;
        self.server.set_time(self.now().wall_ms);
        self.watching.pass(end, &mut self.server);
        self.settle()
    }
}

/// The kind Reconciler, as every cluster with a host has it.
const RECONCILERS: &str = include_str!("../../../../crds/reconcilers.innkeeper.dev.yaml");

/// Puts a CRD there.
fn install(server: &mut Server, text: &str) -> Result<(), Broken> {
    let documents = yaml::documents(text).map_err(|wrong| Broken(wrong.to_string()))?;
    for crd in documents.iter().map(yaml::Node::value) {
        put(server, &crd, None)?;
    }
    Ok(())
}

fn put(server: &mut Server, object: &Value, namespace: Option<&str>) -> Result<Value, Broken> {
    let at = server.address(object, namespace).map_err(Broken)?;
    let put = server.apply(&at, object, true, &How::by("scenario"));
    put.map(|(object, _)| object).map_err(|refused| Broken(format!("{at}: {refused}")))
}
