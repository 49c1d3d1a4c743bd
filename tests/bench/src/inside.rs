//! The host's own time for an object of which nothing has to change: the engine, with the guest's call beside it, in
//! this process, over stores that were filled from the real API server.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use innkeeper_cluster::{Cluster, Connect, WatchHandle};
use innkeeper_core::engine::{Engine, Input, News, Now, Output};
use innkeeper_core::object::Object;
use innkeeper_core::store::Event;
use innkeeper_guest::Module;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::contender::Contender;
use crate::figures::Inside;
use crate::options::{Options, Who};
use crate::round::Course;
use crate::stage::Stage;
use crate::statistics::Spread;

/// How long everything may take until each object was looked at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lets the host keep objects, then looks at each of them in this process.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Option<Inside>> {
    let objects = options.objects.iter().copied().max().unwrap_or(0);
    if options.calls == 0 || objects == 0 {
        return Ok(None);
    }
    eprintln!("bench: {objects} objects of which nothing has to change, in this process");
    let host = Contender::new(Who::Innkeeper, stage, options, 1)?;
    let course = Course { stage, options, objects, whole: false };
    let kept = course.standing(&host).await;
    let looked = match kept {
        Ok((process, _)) => {
            process.stop()?;
            let mut desk = Desk::open(stage, options).await?;
            desk.look_at_all(objects).await
        }
        Err(error) => Err(error),
    };
    course.clear().await?;
    looked.map(Some)
}

/// The engine with what stands around it.
struct Desk {
    engine: Engine,
    guests: innkeeper_guest::Engine,
    module: Module,
    cluster: Cluster,
    watches: HashMap<u64, WatchHandle>,
    sink: mpsc::Sender<(u64, Event)>,
    events: mpsc::Receiver<(u64, Event)>,
    todo: VecDeque<Output>,
    /// The time of the engine, what watches told left out.
    busy: Duration,
    /// The time of the guest's calls.
    called: Duration,
    /// Reconciles that are over.
    ended: usize,
    /// Requests about objects and children.
    requests: Vec<String>,
    /// The objects, with the number of the watch that told of them.
    seen: HashMap<String, (u64, Arc<Object>)>,
    began: Instant,
}

impl Desk {
    async fn open(stage: &Stage, options: &Options) -> Result<Self> {
        let connect = Connect { kubeconfig: Some(stage.user("bench-inside")?), context: None };
        let guests = innkeeper_guest::Engine::new()?;
        let module = guests.load(&std::fs::read(options.guest()?)?)?;
        let (sink, events) = mpsc::channel(4096);
        let began = Instant::now();
        let (engine, outputs) = Engine::start(now(began));
        Ok(Self {
            engine,
            guests,
            module,
            cluster: Cluster::connect(connect).await?,
            watches: HashMap::new(),
            sink,
            events,
            todo: outputs.into(),
            busy: Duration::ZERO,
            called: Duration::ZERO,
            ended: 0,
            requests: Vec::new(),
            seen: HashMap::new(),
            began,
        })
    }

    async fn look_at_all(&mut self, objects: usize) -> Result<Inside> {
        let news = News::Loaded(self.module.bound());
        self.input(Input::Module { source: "fleet.wasm".to_owned(), news });
        self.input(Input::ModulesRead);
        self.work().await;
        (self.busy, self.called) = (Duration::ZERO, Duration::ZERO);
        while self.ended < objects {
            self.told().await?;
        }
        let ended = f64::from(u32::try_from(self.ended)?);
        let (noop_us, called_us) = (micros(self.busy) / ended, micros(self.called) / ended);
        let seen: Vec<(u64, Arc<Object>)> = std::mem::take(&mut self.seen).into_values().collect();
        let woken_us = self.changed(&seen, 1_000_000, |_| {}).await?;
        let same_us =
            self.changed(&seen, 2_000_000, |object| object["metadata"]["labels"]["round"] = "2".into()).await?;
        Ok(Inside { objects, noop_us, called_us, same_us, woken_us, requests: self.requests.clone() })
    }

    /// What follows from a change of each object, one after the other.
    async fn changed(&mut self, all: &[(u64, Arc<Object>)], later: u64, change: impl Fn(&mut Value)) -> Result<Spread> {
        let mut took = Vec::new();
        for (number, object) in all {
            let changed = changed(object, later, &change)?;
            let ended = self.ended;
            self.busy = Duration::ZERO;
            self.input(Input::Watched(*number, Event::Seen(changed)));
            self.work().await;
            ensure!(self.ended > ended, "{} was not looked at again", object.key);
            took.push(micros(self.busy));
        }
        Spread::of(took).context("no object was told of")
    }

    /// What the next word of a watch leads to.
    async fn told(&mut self) -> Result<()> {
        let next = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        let (number, event) = next.context("not every object was looked at")?.context("the watches have ended")?;
        if let Event::Seen(object) = &event
            && object.key.kind.kind == "Fleet"
        {
            self.seen.insert(object.key.name.clone(), (number, object.clone()));
        }
        let busy = self.busy;
        self.input(Input::Watched(number, event));
        self.busy = busy;
        self.work().await;
        Ok(())
    }

    fn input(&mut self, input: Input) {
        let began = Instant::now();
        let outputs = self.engine.handle(now(self.began), input);
        self.busy += began.elapsed();
        self.todo.extend(outputs);
    }

    async fn work(&mut self) {
        while let Some(output) = self.todo.pop_front() {
            match output {
                Output::Watch(number, watch) => {
                    let handle = self.cluster.watch_as(number, watch, self.sink.clone());
                    self.watches.insert(number, handle);
                }
                Output::Unwatch(number) => drop(self.watches.remove(&number)),
                Output::Resolve(kind) => {
                    let found = self.cluster.resolve(&kind).await;
                    self.input(Input::Resolved(kind, found));
                }
                Output::Find(kind) => {
                    let found = self.cluster.find(&kind).await;
                    self.input(Input::Found(kind, found));
                }
                Output::Ask { call, request, world, limits, .. } => {
                    let began = Instant::now();
                    let answer = self.guests.call(&self.module, *request, world, &limits);
                    self.called += began.elapsed();
                    self.input(Input::Answered { call, result: Box::new(answer.result), reads: answer.reads });
                }
                Output::Act { id, action, .. } => {
                    if action.key().kind.kind != "Reconciler" {
                        self.requests.push(format!("{} {}", action.verb(), action.key()));
                    }
                    let done = self.cluster.act(&action).await;
                    self.input(Input::Done { id, done });
                }
                Output::Ended { .. } => self.ended += 1,
                _ => {}
            }
        }
    }
}

/// The object as a watch tells it after a change, at a resourceVersion that lies so far behind its own.
fn changed(object: &Object, later: u64, change: impl Fn(&mut Value)) -> Result<Arc<Object>> {
    let mut value: Value = object.value();
    change(&mut value);
    let version: u64 = object.meta.resource_version.parse()?;
    value["metadata"]["resourceVersion"] = (version + later).to_string().into();
    let parsed = Object::parse(&value.to_string(), None);
    Ok(Arc::new(parsed.map_err(|e| anyhow::anyhow!("{} cannot be read again: {e}", object.key))?))
}

fn now(began: Instant) -> Now {
    Now::new(began.elapsed(), SystemTime::now())
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
