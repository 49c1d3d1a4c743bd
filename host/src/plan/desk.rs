//! Stores for a plan: the engine watches what a host would, and looks at no object.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, bail};
use innkeeper_cluster::{Cluster, WatchHandle};
use innkeeper_core::engine::{Engine, Input, News, Now, Output, Settings, Survey, Unfit};
use innkeeper_core::kind::Kind;
use innkeeper_core::reconciler::Place;
use innkeeper_core::store::Event;
use innkeeper_core::watch::{Form, Watch};
use innkeeper_guest::Module;
use tokio::sync::mpsc;

use crate::guests::Guests;
use crate::place;

/// How long everything may take until it is seen.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is told which watches fail.
const TURN: Duration = Duration::from_millis(250);

/// The engine with what stands around it.
pub(super) struct Desk {
    engine: Engine,
    guests: Arc<Guests>,
    cluster: Cluster,
    namespace: String,
    watches: HashMap<u64, (Watch, WatchHandle)>,
    sink: mpsc::Sender<(u64, Event)>,
    events: mpsc::Receiver<(u64, Event)>,
    answers: (mpsc::UnboundedSender<Input>, mpsc::UnboundedReceiver<Input>),
    began: Instant,
}

impl Desk {
    /// Begins to watch. `serving` stands in for a folder of modules.
    pub(super) fn open(
        cluster: Cluster,
        guests: Arc<Guests>,
        namespace: String,
        serving: Option<Module>,
    ) -> anyhow::Result<Self> {
        let (sink, events) = mpsc::channel(4096);
        let began = Instant::now();
        let settings = Settings { dry_run: true, only_watch: true, ..Settings::default() };
        let (engine, outputs) = Engine::start_with(now(began), settings);
        let mut desk = Self {
            engine,
            guests,
            cluster,
            namespace,
            watches: HashMap::new(),
            sink,
            events,
            answers: mpsc::unbounded_channel(),
            began,
        };
        desk.carry_out(outputs);
        if let Some(module) = serving {
            let news = News::Loaded(desk.guests.keep(module));
            desk.input(Input::Module { source: "--serving".to_owned(), news });
        }
        desk.input(Input::ModulesRead);
        Ok(desk)
    }

    /// Every object of the Reconciler's kind, as soon as all that is needed is seen.
    pub(super) async fn survey(&mut self, name: &str) -> anyhow::Result<Survey> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(survey) = self.engine.survey(name).map_err(|why| anyhow::anyhow!("Reconciler {name}: {why}"))? {
                return Ok(survey);
            }
            let troubles = self.troubles();
            if Instant::now() > end {
                let why: Vec<String> =
                    troubles.iter().map(|(watch, why)| format!("{}: {why}", watch.resource.kind)).collect();
                bail!("not everything was seen after {} s: {}", PATIENCE.as_secs(), why.join("; "));
            }
            let input = tokio::select! {
                Some((number, event)) = self.events.recv() => Input::Watched(number, event),
                Some(input) = self.answers.1.recv() => input,
                () = tokio::time::sleep(TURN) => Input::Troubles(troubles),
            };
            self.input(input);
        }
    }

    /// The module that serves.
    pub(super) fn serving(&self, name: &str) -> anyhow::Result<Module> {
        let digest = self.engine.serving(name).map(|module| module.digest.clone());
        let module = digest.and_then(|digest| self.guests.module(&digest));
        module.with_context(|| format!("Reconciler {name}: no module serves"))
    }

    /// Watches a kind that calls lacked.
    pub(super) fn want(&mut self, name: &str, kind: &Kind, form: Option<Form>) {
        let outputs = self.engine.want(now(self.began), name, kind, form);
        self.carry_out(outputs);
    }

    fn troubles(&self) -> BTreeMap<Watch, String> {
        self.watches.values().filter_map(|(watch, handle)| Some((watch.clone(), handle.trouble()?))).collect()
    }

    fn input(&mut self, input: Input) {
        let outputs = self.engine.handle(now(self.began), input);
        self.carry_out(outputs);
    }

    /// Reads only: what would be written is taken as done.
    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            let (cluster, answers) = (self.cluster.clone(), self.answers.0.clone());
            match output {
                Output::Watch(number, watch) => {
                    let handle = self.cluster.watch_as(number, watch.clone(), self.sink.clone());
                    self.watches.insert(number, (watch, handle));
                }
                Output::Unwatch(number) => drop(self.watches.remove(&number)),
                Output::Resolve(kind) => {
                    tokio::spawn(async move {
                        let found = cluster.resolve(&kind).await;
                        let _ = answers.send(Input::Resolved(kind, found));
                    });
                }
                Output::Find(kind) => {
                    tokio::spawn(async move {
                        let found = cluster.find(&kind).await;
                        let _ = answers.send(Input::Found(kind, found));
                    });
                }
                Output::Fetch(digest) => self.fetch(digest),
                Output::Follow(at) => self.follow(at),
                Output::Leave(_) => {}
                Output::Pretend { id, done, .. } => drop(answers.send(Input::Done { id, done })),
                Output::Note { text, .. } => tracing::debug!("{text}"),
                // A plan in a plan: the module that a Reconciler waits for is none of its business.
                Output::Plan { .. }
                | Output::Upgrade { .. }
                | Output::Keep(_)
                | Output::LetGo(_)
                | Output::Discard(_)
                | Output::Ask { .. }
                | Output::Act { .. }
                | Output::Began { .. }
                | Output::Ended { .. } => {}
            }
        }
    }

    /// Reads the module of a place; what becomes of that later is no part of the plan.
    fn follow(&mut self, at: Place) {
        let (sink, mut held) = mpsc::channel(1);
        let follower = place::follow(&self.cluster, at.clone(), sink);
        let (guests, answers) = (self.guests.clone(), self.answers.0.clone());
        tokio::spawn(async move {
            let result = match held.recv().await {
                Some(Ok(bytes)) => guests.take(bytes).await,
                Some(Err(why)) => Err(Unfit::Missing(why)),
                None => return,
            };
            drop(follower);
            let _ = answers.send(Input::Followed(at, result));
        });
    }

    /// Reads a module that the cluster keeps.
    fn fetch(&self, digest: String) {
        let (cluster, guests, namespace) = (self.cluster.clone(), self.guests.clone(), self.namespace.clone());
        let answers = self.answers.0.clone();
        tokio::spawn(async move {
            let result = guests.fetch(&cluster, &namespace, &digest).await;
            let _ = answers.send(Input::Fetched(digest, result));
        });
    }
}

fn now(began: Instant) -> Now {
    Now::new(began.elapsed(), SystemTime::now())
}
