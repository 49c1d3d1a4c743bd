//! Loading: a lane for each file of modules, so that one that is slow to compile keeps no other waiting.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use innkeeper_core::engine::Input;
use innkeeper_guest::Change;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// What makes an input of a change; it may take minutes.
type Load = Arc<dyn Fn(Change) -> Input + Send + Sync>;

/// A lane for each file, in which its changes are taken in one after the other.
pub(super) struct Lanes {
    of: HashMap<PathBuf, UnboundedSender<Work>>,
    common: Common,
    runtime: Handle,
}

/// What all lanes have in common.
#[derive(Clone)]
struct Common {
    load: Load,
    inputs: mpsc::Sender<Input>,
    room: Arc<Semaphore>,
}

/// A change, and what is dropped when its input was sent or a newer one came.
type Work = (Change, Sender<()>);

impl Lanes {
    /// `room` is for those that are loaded at once. Lanes run on this thread's runtime.
    pub(super) fn new(load: Load, inputs: mpsc::Sender<Input>, room: Arc<Semaphore>) -> Self {
        Self { of: HashMap::new(), common: Common { load, inputs, room }, runtime: Handle::current() }
    }

    /// Takes a change in. The receiver hangs up when that is done.
    pub(super) fn take(&mut self, change: Change) -> Receiver<()> {
        let (done, hung_up) = channel();
        let lane = self.of.entry(path(&change).to_owned()).or_insert_with(|| {
            let (lane, work) = mpsc::unbounded_channel();
            self.runtime.spawn(self.common.clone().serve(work));
            lane
        });
        // A lane ends only when nobody takes inputs any more.
        let _ = lane.send((change, done));
        hung_up
    }
}

impl Common {
    async fn serve(self, mut work: UnboundedReceiver<Work>) {
        while let Some((mut change, mut done)) = work.recv().await {
            let permit = self.room.acquire().await;
            // While it waited, a newer one may have come.
            while let Ok(newer) = work.try_recv() {
                (change, done) = newer;
            }
            let load = self.load.clone();
            let loaded = tokio::task::spawn_blocking(move || load(change)).await;
            drop(permit);
            let input = match loaded {
                Ok(input) => input,
                Err(error) => {
                    tracing::error!("loading a module ended in the host, and what served before goes on: {error}");
                    continue;
                }
            };
            if self.inputs.send(input).await.is_err() {
                return;
            }
            drop(done);
        }
    }
}

fn path(change: &Change) -> &Path {
    match change {
        Change::Written { path, .. } | Change::Removed { path } | Change::Unreadable { path, .. } => path,
    }
}
