//! The pump: everything that happens goes into the engine, one at a time; everything it wants is done.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use innkeeper_cluster::{Cluster, WatchHandle};
use innkeeper_core::engine::{Engine, Input, Now, Output, Settings};
use innkeeper_core::object::short;
use innkeeper_core::share::Share;
use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;
use tokio::sync::mpsc;

use super::calls::Calls;
use super::crds;
use super::followed::Followed;
use super::gate::Gate;
use super::health::State;
use super::metrics::Metrics;
use super::modules::Stored;
use super::plans::{Lacks, Plans};
use super::questions::Question;
use super::trace::Traces;

/// The engine is asked at least this often, so that health tells the truth. It is told as often which
/// watches fail.
const IDLE: Duration = Duration::from_secs(1);

/// Moves inputs into the engine and carries out what it wants.
pub(super) struct Pump {
    cluster: Cluster,
    calls: Calls,
    stored: Arc<Stored>,
    followed: Followed,
    plans: Plans,
    lacks: mpsc::UnboundedReceiver<Lacks>,
    requests: Gate,
    inputs: mpsc::Sender<Input>,
    metrics: Arc<Metrics>,
    state: Arc<State>,
    watches: HashMap<u64, (Watch, WatchHandle)>,
    seen: mpsc::Sender<(u64, Event)>,
    events: mpsc::Receiver<(u64, Event)>,
    traces: Traces,
    start: Instant,
    told: Instant,
}

impl Pump {
    pub(super) fn new(
        cluster: Cluster,
        calls: Calls,
        (stored, followed, (plans, lacks)): (Stored, Followed, (Plans, mpsc::UnboundedReceiver<Lacks>)),
        requests: usize,
        inputs: mpsc::Sender<Input>,
        metrics: Arc<Metrics>,
        state: Arc<State>,
    ) -> Self {
        let (seen, events) = mpsc::channel(4096);
        let requests = Gate::new(Share::of_requests(requests));
        let (watches, start) = (HashMap::new(), Instant::now());
        let (told, traces) = (start, Traces::with(calls.meter()));
        let stored = Arc::new(stored);
        Self {
            cluster,
            calls,
            stored,
            followed,
            plans,
            lacks,
            requests,
            inputs,
            metrics,
            state,
            watches,
            seen,
            events,
            traces,
            start,
            told,
        }
    }

    /// Runs until the engine was told to stop and nothing is in flight any more.
    pub(super) async fn run(
        mut self,
        settings: Settings,
        mut inputs: mpsc::Receiver<Input>,
        mut questions: mpsc::Receiver<Question>,
    ) {
        let (mut engine, outputs) = Engine::start_with(self.now(), settings);
        let mut stopping = false;
        self.carry_out(outputs);
        loop {
            // A question waits for one turn at most, and delays no turn: who asks often must not stop the clock.
            if let Ok(question) = questions.try_recv() {
                self.answer(&engine, question);
            }
            let pause = tokio::time::sleep(self.pause(&engine));
            let input = tokio::select! {
                biased;
                Some((task, kinds)) = self.lacks.recv() => {
                    for (kind, form) in &kinds {
                        let outputs = engine.want(self.now(), &task.0, kind, *form);
                        self.carry_out(outputs);
                    }
                    self.plans.ask(task);
                    Input::Tick
                }
                Some(input) = inputs.recv() => input,
                Some((number, event)) = self.events.recv() => Input::Watched(number, event),
                Some(question) = questions.recv() => {
                    self.answer(&engine, question);
                    Input::Tick
                }
                () = pause => Input::Tick,
            };
            stopping |= matches!(input, Input::Stop);
            // What watches told before an answer comes first: a list that began before may not show its write.
            let earlier = if matches!(input, Input::Watched(..)) { 0 } else { self.events.len() };
            for _ in 0..earlier {
                let Ok((number, event)) = self.events.try_recv() else { break };
                let outputs = engine.handle(self.now(), Input::Watched(number, event));
                self.carry_out(outputs);
            }
            match &input {
                Input::Answered { call, result, reads } => self.traces.answered(*call, result, reads),
                Input::Done { id, done } => self.traces.done(*id, done),
                _ => {}
            }
            let outputs = engine.handle(self.now(), input);
            self.carry_out(outputs);
            if self.told.elapsed() >= IDLE {
                self.told = Instant::now();
                let outputs = engine.handle(self.now(), Input::Troubles(self.troubles()));
                self.carry_out(outputs);
            }
            self.plans.begin(&engine, &self.inputs);
            self.state.set_ready(engine.is_ready() && !stopping);
            self.state.beat();
            if stopping && engine.is_idle() {
                return;
            }
        }
    }

    fn answer(&mut self, engine: &Engine, question: Question) {
        match question {
            Question::Trace(asked, reply) => drop(reply.send(self.traces.find(engine, &asked))),
            Question::Measure(reply) => {
                let watches = self.watches.values().map(|(watch, handle)| (watch, handle.healthy()));
                let running = self.traces.running(|key| engine.works_on(key));
                let running = running.into_iter().map(|(key, time)| (key.kind.group_kind(), time));
                self.metrics.measure(&engine.load(), watches, running);
                let _ = reply.send(());
            }
        }
    }

    fn now(&self) -> Now {
        Now::new(self.start.elapsed(), SystemTime::now())
    }

    /// The watches that fail at present, and why.
    fn troubles(&self) -> BTreeMap<Watch, String> {
        self.watches.values().filter_map(|(watch, handle)| Some((watch.clone(), handle.trouble()?))).collect()
    }

    fn pause(&self, engine: &Engine) -> Duration {
        let until = engine.next_wake().map(|at| Duration::from_millis(at.saturating_sub(self.now().mono_ms)));
        until.map_or(IDLE, |pause| pause.clamp(Duration::from_millis(1), IDLE))
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Watch(number, watch) => {
                    let handle = self.cluster.watch_as(number, watch.clone(), self.seen.clone());
                    self.watches.insert(number, (watch, handle));
                }
                Output::Unwatch(number) => drop(self.watches.remove(&number)),
                Output::Plan { reconciler, digest } => self.plans.ask((reconciler, digest)),
                Output::Upgrade { reconciler, digest, crd } => {
                    crds::upgrade(self.cluster.clone(), (reconciler, digest), &crd, self.inputs.clone());
                }
                Output::Follow(at) => self.followed.follow(at, self.inputs.clone()),
                Output::Leave(at) => self.followed.leave(&at),
                Output::Fetch(digest) => self.stored.fetch(digest, self.inputs.clone()),
                Output::Keep(digest) => self.stored.keep(digest, self.inputs.clone()),
                Output::LetGo(digest) => self.stored.let_go(&digest),
                Output::Discard(digest) => self.stored.discard(digest),
                Output::Resolve(kind) => {
                    let (cluster, inputs) = (self.cluster.clone(), self.inputs.clone());
                    tokio::spawn(async move {
                        let result = cluster.resolve(&kind).await;
                        let _ = inputs.send(Input::Resolved(kind, result)).await;
                    });
                }
                Output::Find(kind) => {
                    let (cluster, inputs) = (self.cluster.clone(), self.inputs.clone());
                    tokio::spawn(async move {
                        let result = cluster.find(&kind).await;
                        let _ = inputs.send(Input::Found(kind, result)).await;
                    });
                }
                Output::Ask { call, digest, object, request, world, limits } => {
                    self.traces.asked(call, &object);
                    self.calls.call(call, &digest, object, *request, world, limits, self.inputs.clone());
                }
                Output::Act { id, object, action } => {
                    self.traces.sent(id, &object, &action);
                    let (cluster, inputs, metrics) = (self.cluster.clone(), self.inputs.clone(), self.metrics.clone());
                    let turn = self.requests.enter(&object.kind.group_kind());
                    tokio::spawn(async move {
                        let pass = turn.await;
                        let sent = Instant::now();
                        let done = cluster.act(&action).await;
                        drop(pass);
                        metrics.requests.done(&object.kind.group_kind(), &action, &done, sent.elapsed());
                        tracing::debug!(%object, verb = action.verb(), target_object = %action.key(), ?done, "request");
                        let _ = inputs.send(Input::Done { id, done }).await;
                    });
                }
                Output::Pretend { id, object, action, done } => {
                    let (kind, verb, target_object) = (object.kind.group_kind(), action.verb(), action.key());
                    self.metrics.requests.pretended(&kind, &action);
                    tracing::info!(%object, verb, %target_object, "dry run: this would be written");
                    let inputs = self.inputs.clone();
                    tokio::spawn(async move { inputs.send(Input::Done { id, done }).await });
                }
                Output::Began { object, waited_ms } => {
                    self.metrics.kinds.of(&object.kind.group_kind()).queue.began(waited_ms);
                    self.traces.began(object, waited_ms);
                }
                Output::Ended { object, digest, causes, due, held_ms, ended } => {
                    let took = self.traces.ended(&object, digest.as_deref(), &causes, due, &ended);
                    let series = self.metrics.kinds.of(&object.kind.group_kind());
                    series.reconciles.ended(&ended, took);
                    series.queue.ended(ended.again, took);
                    let module = digest.as_deref().map_or("none", short).to_owned();
                    if let Some(ms) = held_ms {
                        series.queue.slowed();
                        tracing::warn!(%object, module, %causes, "it does not settle: not looked at for {ms} ms");
                    }
                    if let Some(trouble) = &ended.trouble {
                        tracing::warn!(%object, module, %causes, "{trouble}");
                    }
                    if ended.skipped {
                        series.skipped();
                        tracing::debug!(%object, module, %causes, "not called: nothing changed for it");
                    } else if ended.changes.is_empty() {
                        tracing::debug!(%object, module, ?took, %causes, "nothing changed");
                    } else {
                        tracing::info!(%object, module, ?took, %causes, "{}", ended.changes.join(", "));
                    }
                }
                Output::Note { trouble: true, text } => tracing::warn!("{text}"),
                Output::Note { trouble: false, text } => tracing::info!("{text}"),
            }
        }
    }
}
