//! Plans that the engine asks for: what another module would change, worked out beside the host's work.

use std::collections::BTreeMap;
use std::sync::Arc;

use innkeeper_cluster::Cluster;
use innkeeper_core::engine::{Engine, Found, Input, Survey};
use innkeeper_core::kind::Kind;
use innkeeper_core::watch::Form;
use innkeeper_guest::Module;
use tokio::sync::{Semaphore, mpsc};

use crate::guests::Guests;
use crate::plan::{self, Compared};

/// Of which Reconciler, and with which module.
pub(super) type Task = (String, String);

/// What calls of a plan read and nobody watches.
pub(super) type Lacks = (Task, BTreeMap<Kind, Option<Form>>);

/// Plans that are to be made.
pub(super) struct Plans {
    cluster: Cluster,
    guests: Arc<Guests>,
    due: Vec<Task>,
    lacks: mpsc::UnboundedSender<Lacks>,
    /// One plan at once: each holds what two modules say of every object.
    room: Arc<Semaphore>,
}

impl Plans {
    /// With where is told what they lack: when that is watched, they are to be asked for again.
    pub(super) fn new(cluster: Cluster, guests: Arc<Guests>) -> (Self, mpsc::UnboundedReceiver<Lacks>) {
        let (lacks, told) = mpsc::unbounded_channel();
        (Self { cluster, guests, due: Vec::new(), lacks, room: Arc::new(Semaphore::new(1)) }, told)
    }

    /// A plan is to be made.
    pub(super) fn ask(&mut self, task: Task) {
        self.due.push(task);
    }

    /// Begins those for which everything is seen.
    pub(super) fn begin(&mut self, engine: &Engine, inputs: &mpsc::Sender<Input>) {
        for task in std::mem::take(&mut self.due) {
            match engine.survey(&task.0) {
                Ok(None) => self.due.push(task),
                Ok(Some(survey)) => self.make(task, engine, Arc::new(survey), inputs.clone()),
                Err(why) => tell(task, Err(why), inputs.clone()),
            }
        }
    }

    fn make(&self, task: Task, engine: &Engine, survey: Arc<Survey>, inputs: mpsc::Sender<Input>) {
        let serving = engine.serving(&task.0).and_then(|module| self.guests.module(&module.digest));
        let Some((serving, new)) = serving.zip(self.guests.module(&task.1)) else {
            return tell(task, Err("one of both modules is not loaded any more".to_owned()), inputs);
        };
        let (cluster, guests, lacks) = (self.cluster.clone(), self.guests.clone(), self.lacks.clone());
        let room = self.room.clone();
        tokio::spawn(async move {
            let _permit = room.acquire().await;
            let modules: [Module; 2] = [serving, new];
            let result = match plan::compare(&cluster, &guests.engine, modules, &survey, half_the_cores()).await {
                Ok(Compared::Lacks(kinds)) => return drop(lacks.send((task, kinds))),
                Ok(Compared::Differences(all)) => Ok(survey.found(&all)),
                Err(error) => Err(format!("{error:#}")),
            };
            tell(task, result, inputs);
        });
    }
}

fn tell((reconciler, digest): Task, result: Result<Found, String>, inputs: mpsc::Sender<Input>) {
    tokio::spawn(async move { inputs.send(Input::Planned { reconciler, digest, result }).await });
}

/// The others go on with the host's work.
fn half_the_cores() -> usize {
    plan::cores().div_ceil(2)
}
