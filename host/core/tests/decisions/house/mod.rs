//! A house for tests: the engine, a guest that is a closure, and just enough of an API server to answer
//! it. What the real API server does is proved by the suites under `tests/`; this shows what core decides.

pub mod api;
mod deeds;
pub mod script;
mod things;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use innkeeper_core::action::Done;
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Failure, Manifest, Outcome, Request};
use innkeeper_core::engine::{Engine, Input, News, Now, Output, Settings};
use innkeeper_core::step::Ended;
use innkeeper_core::world::{Read, World};
use serde_json::{Value, json};

pub use api::Api;
pub use things::*;

/// A guest: what it answers to a request.
pub type Guest = Box<dyn FnMut(&Request) -> Result<Outcome, Failure>>;

/// A guest that looks at the cluster: what it answers to a request.
pub type Reader = Box<dyn FnMut(&Request, &mut World) -> Result<Outcome, Failure>>;

/// When a process starts: its clock has run for a while, so that a moment is told from a span.
const START: Now = Now { mono_ms: 3_600_000, wall_ms: 4_600_000 };

/// The engine with everything around it.
pub struct House {
    pub api: Api,
    pub engine: Engine,
    pub guest: Guest,
    /// Every action that was carried out, as `verb Kind ns/name`.
    pub requests: Vec<String>,
    /// How many times the guest was called.
    pub calls: usize,
    pub ended: Vec<(String, Ended)>,
    /// Why each object was looked at, in words, in the order of `ended`.
    pub causes: Vec<String>,
    /// For how long objects were held back, each time, in milliseconds.
    pub pauses: Vec<u64>,
    /// Calls are not answered, until [`House::answer`].
    pub holds_calls: bool,
    unanswered: Vec<(u64, Box<Request>, World)>,
    /// What discovery says is not told until [`House::release`].
    pub holds_discovery: bool,
    /// What a dry run would have written, as `verb Kind ns/name`.
    pub pretended: Vec<String>,
    /// Whether those insisted on a call.
    pub insisted: Vec<bool>,
    /// The process ends before that many writes more are sent, or (true) after it, before its answer.
    pub dies: Option<(usize, bool)>,
    /// Actions of this name (`verb Kind ns/name`) are carried out, but not answered until [`House::release`].
    pub holds: Option<String>,
    pub held: Vec<Input>,
    /// The next action of this name is carried out, and its answer is lost.
    pub loses: Option<String>,
    /// The guest instead of `guest`, where it looks at the cluster.
    pub reader: Option<Reader>,
    /// The digest of the module of each call.
    pub deciders: Vec<String>,
    /// For which objects it was called.
    pub called: Vec<String>,
    /// What the guest looks at in every call.
    pub reads: Vec<Read>,
    /// What the API server answers to the next creations instead of carrying them out.
    pub refusals: Vec<Done>,
    /// How many times more it is refused to record kinds.
    pub refuses_kinds: usize,
    /// Every merge patch that was sent.
    pub patches: Vec<Value>,
    /// For how long the engine worked.
    pub took: Duration,
    /// Every Event that was written: its reason, its message, and what else it is about.
    pub events: Vec<(String, String, Option<String>)>,
    /// The same about Reconcilers: reason and message.
    pub news: Vec<(String, String)>,
    /// The plans that are to be made: of which Reconciler, with which module.
    pub plans: Vec<(String, String)>,
    /// The ConfigMaps whose modules are to be loaded whenever they change.
    /// CustomResourceDefinitions that were to be applied, by Reconciler and digest.
    pub upgrades: Vec<(String, String)>,
    pub followed: BTreeSet<String>,
    /// The modules that are to be read from the cluster.
    pub fetches: Vec<String>,
    /// The modules that are to be put into the cluster, and those that it need not keep any more.
    pub keeps: Vec<String>,
    pub discards: Vec<String>,
    /// Every line of the log, and whether it is trouble.
    pub notes: Vec<(bool, String)>,
    now: u64,
}

impl House {
    /// A house with the kind `Inn` served and its module loaded, everything listed.
    pub fn new(guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> Self {
        Self::over(served(), Box::new(guest))
    }

    /// The same with a guest that has work to do when an object goes.
    pub fn finalizing(guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static) -> Self {
        Self::with(served(), Box::new(guest), manifest(true))
    }

    /// The same with a Reconciler that a person declared.
    pub fn declared(
        spec: Value,
        guest: impl FnMut(&Request) -> Result<Outcome, Failure> + 'static,
        manifest: Manifest,
    ) -> Self {
        let mut api = served();
        api.put(reconciler(spec));
        Self::with(api, Box::new(guest), manifest)
    }

    /// The same with a guest that looks at the cluster; it may read ConfigMaps, Secrets, Nodes, Towers and Inns
    /// in every namespace.
    pub fn reading(reader: impl FnMut(&Request, &mut World) -> Result<Outcome, Failure> + 'static) -> Self {
        let mut api = served();
        let permitted =
            |group: &str, kinds: &[&str], reach: &str| json!({"group": group, "kinds": kinds, "reach": reach});
        let read = [
            permitted("", &["ConfigMap", "Secret"], "All"),
            permitted("", &["Node"], "Cluster"),
            permitted("example.com", &["Inn", "Tower"], "All"),
        ];
        let apply = [permitted("", &["ConfigMap", "Secret"], "Own")];
        let spec = json!({"module": {"folder": {}}, "permissions": {"apply": apply, "read": read, "delete": [permitted("", &["Secret"], "Own")]}});
        api.put(reconciler(spec));
        let mut house = Self::starting(api, Box::new(rooms), manifest(false));
        house.reader = Some(Box::new(reader));
        house.input(Input::ModulesRead);
        house
    }

    /// For which objects the guest was called since the last time this was asked.
    pub fn called(&mut self) -> Vec<String> {
        std::mem::take(&mut self.called)
    }

    /// A new process over an API server that is there already.
    pub fn over(api: Api, guest: Guest) -> Self {
        Self::with(api, guest, manifest(false))
    }

    fn with(api: Api, guest: Guest, manifest: Manifest) -> Self {
        let mut house = Self::starting(api, guest, manifest);
        house.input(Input::ModulesRead);
        house
    }

    /// A process that has loaded that module, and has not been told that there are no others.
    pub fn starting(api: Api, guest: Guest, manifest: Manifest) -> Self {
        Self::loaded(Self::begun(api, guest, START), manifest)
    }

    /// A house in which nothing is written.
    pub fn dry(api: Api, guest: Guest, manifest: Manifest) -> Self {
        Self::set(api, guest, manifest, Settings { dry_run: true, ..Settings::default() })
    }

    /// The same, and no object is looked at.
    pub fn watching(api: Api, guest: Guest, manifest: Manifest) -> Self {
        Self::set(api, guest, manifest, Settings { dry_run: true, only_watch: true, ..Settings::default() })
    }

    fn set(api: Api, guest: Guest, manifest: Manifest, settings: Settings) -> Self {
        let house = Self::begun_with(api, guest, START, settings);
        let mut house = Self::loaded(house, manifest);
        house.input(Input::ModulesRead);
        house
    }

    fn loaded(mut house: Self, manifest: Manifest) -> Self {
        let module = Module { digest: format!("sha256:{}", "a".repeat(64)), manifest: Arc::new(manifest) };
        house.input(Input::Module { source: "inn.wasm".into(), news: News::Loaded(module) });
        house
    }

    /// A new process that has read no modules yet.
    pub fn begun(api: Api, guest: Guest, now: Now) -> Self {
        Self::begun_with(api, guest, now, Settings::default())
    }

    /// The same with settings.
    pub fn begun_with(api: Api, guest: Guest, now: Now, settings: Settings) -> Self {
        let (engine, outputs) = Engine::start_with(now, settings);
        let mut house = Self {
            api,
            engine,
            guest,
            requests: vec![],
            calls: 0,
            ended: vec![],
            causes: vec![],
            insisted: vec![],
            pretended: vec![],
            holds_calls: false,
            unanswered: vec![],
            holds_discovery: false,
            pauses: vec![],
            dies: None,
            holds: None,
            held: vec![],
            loses: None,
            reader: None,
            called: vec![],
            deciders: vec![],
            reads: vec![],
            refusals: vec![],
            refuses_kinds: 0,
            patches: vec![],
            took: Duration::ZERO,
            events: vec![],
            news: vec![],
            notes: vec![],
            fetches: vec![],
            keeps: vec![],
            discards: vec![],
            plans: vec![],
            upgrades: Vec::new(),
            followed: BTreeSet::new(),
            now: now.mono_ms,
        };
        house.run(outputs);
        house
    }

    /// Whether the engine waits for a moment that is over: then its pump would run in circles.
    pub fn spins(&self) -> bool {
        self.engine.next_wake().is_some_and(|at| at <= self.now)
    }

    /// Something happens in the cluster: everything that follows from it is done.
    pub fn put(&mut self, object: Value) {
        self.api.put(object);
        self.settle();
    }

    /// Somebody takes the labels of an object in namespace `a` away.
    pub fn strip(&mut self, kind: &str, name: &str) {
        let mut object = self.api.get(kind, Some("a"), name).expect("it is there").clone();
        object["metadata"]["labels"] = json!({});
        object["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"] = json!({});
        self.put(object);
    }

    /// Time passes.
    pub fn pass(&mut self, ms: u64) {
        self.now += ms;
        self.input(Input::Tick);
    }

    pub fn input(&mut self, input: Input) {
        let outputs = self.handle(input);
        self.run(outputs);
        self.settle();
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        let (now, began) = (self.at(), Instant::now());
        let outputs = self.engine.handle(now, input);
        self.took += began.elapsed();
        outputs
    }

    /// Guests whose calls were held answer now.
    pub fn answer(&mut self) {
        self.holds_calls = false;
        for (call, request, world) in std::mem::take(&mut self.unanswered) {
            let (result, reads) = self.asked(&request, world);
            self.input(Input::Answered { call, result: Box::new(result), reads });
        }
    }

    /// Time passes until then, and the host wakes only when it said that it would.
    pub fn sleep(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(at) = self.engine.next_wake().filter(|at| *at <= end) {
            assert!(at > self.now, "it waits for a moment that is over");
            self.pass(at - self.now);
        }
        self.now = end;
    }

    /// What was held is answered now.
    pub fn release(&mut self) {
        self.holds = None;
        self.holds_discovery = false;
        self.api.holds_finds = false;
        std::mem::take(&mut self.held).into_iter().for_each(|answer| self.input(answer));
    }

    /// Delivers watch events until there are none.
    pub fn settle(&mut self) {
        while self.deliver() {}
    }

    /// Delivers one watch event, if there is one.
    pub fn deliver(&mut self) -> bool {
        let Some((watch, event)) = self.api.next_event() else { return false };
        let outputs = self.handle(Input::Watched(watch, event));
        self.run(outputs);
        true
    }

    /// Milliseconds since the epoch.
    pub fn wall(&self) -> i64 {
        1_000_000 + self.now.cast_signed()
    }

    /// This moment.
    pub fn at(&self) -> Now {
        Now { mono_ms: self.now, wall_ms: self.wall() }
    }

    /// The requests since the last time this was asked, those about Reconcilers left out.
    pub fn requests(&mut self) -> Vec<String> {
        let all = std::mem::take(&mut self.requests);
        all.into_iter().filter(|r| !r.contains("Reconciler")).collect()
    }
}
