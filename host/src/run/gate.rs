//! A gate that lets so many through at once, and kinds in turn.

use std::sync::{Arc, Mutex, PoisonError};

use innkeeper_core::kind::GroupKind;
use innkeeper_core::share::Share;
use tokio::sync::oneshot;

/// A gate. Clones are the same gate.
#[derive(Clone)]
pub(super) struct Gate {
    share: Arc<Mutex<Share<oneshot::Sender<Pass>>>>,
}

/// Somebody who was let through; dropping it lets the next one through.
pub(super) struct Pass {
    gate: Gate,
    kind: GroupKind,
}

impl Gate {
    pub(super) fn new(share: Share<oneshot::Sender<Pass>>) -> Self {
        Self { share: Arc::new(Mutex::new(share)) }
    }

    /// Lines up at once; what it returns waits.
    pub(super) fn enter(&self, kind: &GroupKind) -> oneshot::Receiver<Pass> {
        let (sender, receiver) = oneshot::channel();
        self.share.lock().unwrap_or_else(PoisonError::into_inner).ask(kind, sender);
        self.open();
        receiver
    }

    fn open(&self) {
        loop {
            let granted = self.share.lock().unwrap_or_else(PoisonError::into_inner).grant();
            let Some((kind, who)) = granted else { return };
            // Who has gone meanwhile gives the pass back by dropping it.
            let _ = who.send(Pass { gate: self.clone(), kind });
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.share.lock().unwrap_or_else(PoisonError::into_inner).give_back(&self.kind);
        self.gate.open();
    }
}
