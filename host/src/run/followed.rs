//! Modules of places that are followed: each is loaded when it is there, and again when that changes.

use std::collections::HashMap;
use std::sync::Arc;

use innkeeper_cluster::{Cluster, Held};
use innkeeper_core::binding::Module;
use innkeeper_core::engine::{Input, Unfit};
use innkeeper_core::reconciler::Place;
use tokio::sync::mpsc;

use super::metrics::Metrics;
use crate::guests::Guests;
use crate::place;

/// The places that are followed.
pub(super) struct Followed {
    cluster: Cluster,
    loader: Arc<Loader>,
    running: HashMap<Place, place::Followed>,
}

struct Loader {
    guests: Arc<Guests>,
    metrics: Arc<Metrics>,
}

impl Followed {
    pub(super) fn new(cluster: Cluster, guests: Arc<Guests>, metrics: Arc<Metrics>) -> Self {
        let loader = Arc::new(Loader { guests, metrics });
        Self { cluster, loader, running: HashMap::new() }
    }

    /// Follows a place; what comes of it comes as inputs.
    pub(super) fn follow(&mut self, at: Place, inputs: mpsc::Sender<Input>) {
        let (sink, mut held) = mpsc::channel(1);
        self.running.insert(at.clone(), place::follow(&self.cluster, at.clone(), sink));
        let loader = self.loader.clone();
        tokio::spawn(async move {
            // It ends with the follower.
            while let Some(held) = held.recv().await {
                let result = loader.load(held).await;
                if inputs.send(Input::Followed(at.clone(), result)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Follows it no more.
    pub(super) fn leave(&mut self, at: &Place) {
        self.running.remove(at);
    }
}

impl Loader {
    async fn load(self: &Arc<Self>, held: Held) -> Result<Module, Unfit> {
        let result = self.guests.take(held.map_err(Unfit::Missing)?).await;
        self.metrics.module(result.is_ok());
        result
    }
}
