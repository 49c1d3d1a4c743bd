//! Loading: a lane for each file of modules, so that one that is slow to compile keeps no other waiting.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use innkeeper_core::engine::Input;
use innkeeper_guest::Change;
use tokio::sync::{Semaphore, mpsc};

/// What makes an input of a change; it may take minutes.
type Load = Arc<dyn Fn(Change) -> Input + Send + Sync>;

/// A lane for each file, in which its changes are taken in one after the other.
pub(super) struct Lanes {
    lanes: HashMap<PathBuf, Sender<Work>>,
    load: Load,
    inputs: mpsc::Sender<Input>,
    room: Arc<Semaphore>,
}

/// A change, and what is dropped when its input was sent or a newer one came.
type Work = (Change, Sender<()>);

impl Lanes {
    /// `room` is for those that are loaded at once.
    pub(super) fn new(load: Load, inputs: mpsc::Sender<Input>, room: Arc<Semaphore>) -> Self {
        Self { lanes: HashMap::new(), load, inputs, room }
    }

    /// Takes a change in. The receiver hangs up when that is done.
    pub(super) fn take(&mut self, change: Change) -> Receiver<()> {
        let (done, hung_up) = channel();
        let lane = self.lanes.entry(path(&change).to_owned()).or_insert_with(|| {
            let (lane, work) = channel();
            let (load, inputs, room) = (self.load.clone(), self.inputs.clone(), self.room.clone());
            std::thread::spawn(move || serve(&work, &load, &inputs, &room));
            lane
        });
        // A lane ends only when nobody takes inputs any more.
        let _ = lane.send((change, done));
        hung_up
    }
}

fn serve(work: &Receiver<Work>, load: &Load, inputs: &mpsc::Sender<Input>, room: &Semaphore) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return tracing::error!("no thread can wait for its turn to load modules") };
    while let Ok((mut change, mut done)) = work.recv() {
        let permit = runtime.block_on(room.acquire());
        // While it waited, a newer one may have come.
        while let Ok(newer) = work.try_recv() {
            (change, done) = newer;
        }
        let input = load(change);
        drop(permit);
        if inputs.blocking_send(input).is_err() {
            return;
        }
        drop(done);
    }
}

fn path(change: &Change) -> &Path {
    match change {
        Change::Written { path, .. } | Change::Removed { path } | Change::Unreadable { path, .. } => path,
    }
}
