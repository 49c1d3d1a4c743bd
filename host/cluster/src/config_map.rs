//! One ConfigMap, followed: what it holds under a key, each time that changes.

use futures::StreamExt as _;
use innkeeper_core::reconciler::ConfigMapKey;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::runtime::watcher::{self, watcher};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::cluster::Cluster;
use crate::watch::{is_forgotten, said};

/// What a ConfigMap holds under a key, or why it holds nothing there, for people.
pub type Held = Result<Vec<u8>, String>;

/// A ConfigMap that is followed. Dropping it ends that.
#[derive(Debug)]
pub struct Follower {
    task: JoinHandle<()>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    /// Tells what a ConfigMap holds under a key, at first and each time that changes, until the follower is dropped or
    /// the receiver closed. What cannot be read any more counts as what it was; the log says so.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn follow(&self, at: ConfigMapKey, sink: Sender<Held>) -> Follower {
        let api: Api<ConfigMap> = Api::namespaced(self.client().clone(), &at.namespace);
        Follower { task: tokio::spawn(pump(api, at, sink)) }
    }
}

async fn pump(api: Api<ConfigMap>, at: ConfigMapKey, sink: Sender<Held>) {
    let config = watcher::Config::default().fields(&format!("metadata.name={}", at.name));
    let mut stream = Box::pin(watcher(api.clone(), config.clone()));
    let mut backoff = Backoff::default();
    let mut is_listed = false;
    let mut told: Option<Held> = None;
    while let Some(next) = stream.next().await {
        let held = match next {
            Ok(watcher::Event::Init) => {
                is_listed = false;
                continue;
            }
            Ok(watcher::Event::InitDone) if is_listed => continue,
            Ok(watcher::Event::InitDone | watcher::Event::Delete(_)) => Err(format!("there is no {at}")),
            Ok(watcher::Event::InitApply(map) | watcher::Event::Apply(map)) => {
                is_listed = true;
                backoff.reset();
                held(map, &at)
            }
            Err(error) => {
                let why = format!("{at}: {}", said(&error));
                tracing::warn!("{why}");
                tokio::time::sleep(backoff.next()).await;
                if is_forgotten(&error) {
                    stream = Box::pin(watcher(api.clone(), config.clone()));
                }
                if told.is_some() {
                    continue;
                }
                Err(why)
            }
        };
        if told.as_ref() != Some(&held) {
            told = Some(held.clone());
            if sink.send(held).await.is_err() {
                return;
            }
        }
    }
}

fn held(map: ConfigMap, at: &ConfigMapKey) -> Held {
    let mut bytes = map.binary_data.unwrap_or_default();
    let text = map.data.unwrap_or_default();
    if let Some(found) = bytes.remove(&at.key) {
        return Ok(found.0);
    }
    let keys: Vec<&str> = bytes.keys().chain(text.keys()).map(String::as_str).collect();
    let keys = if keys.is_empty() { "it is empty".to_owned() } else { format!("it has {}", keys.join(", ")) };
    Err(format!("{at} is not there as binaryData; {keys}"))
}
