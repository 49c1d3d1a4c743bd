//! Watches: what the API server tells of one kind, as the core's events.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt as _;
use innkeeper_core::object::Object;
use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;
use kube::Api;
use kube::runtime::watcher::{self, watcher};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::cluster::Cluster;
use crate::raw::Raw;
use crate::tap::{self, Health};
use crate::transport;

/// Objects of one page of a list: few requests for a start, and no answer too large for what lies in between.
const PAGE: u32 = 1000;

/// A running watch. Dropping it ends the watch.
#[derive(Debug)]
pub struct WatchHandle {
    health: Arc<Health>,
    task: JoinHandle<()>,
}

impl WatchHandle {
    /// Whether the API server's last answer to it was no failure. That its store is filled is another
    /// matter: [`Event::Listed`] says so.
    pub fn healthy(&self) -> bool {
        self.health.trouble().is_none()
    }

    /// Why it does not work, while it does not.
    pub fn trouble(&self) -> Option<String> {
        self.health.trouble()
    }

    /// How often it failed since it was started.
    pub fn failures(&self) -> u64 {
        self.health.failures()
    }
}

impl Drop for WatchHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    /// Watches, until the handle is dropped or the receiver closed.
    ///
    /// What comes: `Begin`, each object of the list, `Listed`; then every change. A watch that broke is
    /// resumed where it stood, so that nothing is missed; where the API server has forgotten that place
    /// (410), a new list comes. Lists are quorum reads, in pages of 1000. A failure is told to the log and
    /// to the handle and tried again, at first after 0.1 s, at last every 30 s. An object that makes no
    /// sense is reported once and counts as gone. A full channel slows the watch down.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn watch(&self, watch: Watch, sink: Sender<(Watch, Event)>) -> WatchHandle {
        self.watch_as(watch.clone(), watch, sink)
    }

    /// The same, for a caller that knows its watches by another name than [`Watch`].
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn watch_as<T>(&self, name: T, watch: Watch, sink: Sender<(T, Event)>) -> WatchHandle
    where
        T: Clone + Send + 'static,
    {
        let health = Arc::new(Health::new(watch.clone()));
        let client = tap::client(self.client(), health.clone());
        let api: Api<Raw> = Api::all_with(client, &*watch.resource);
        let task = tokio::spawn(pump(api, name, watch, sink, health.clone()));
        WatchHandle { health, task }
    }
}

async fn pump<T: Clone>(api: Api<Raw>, name: T, watch: Watch, sink: Sender<(T, Event)>, health: Arc<Health>) {
    let mut stream = Box::pin(watcher(api.clone(), config(&watch)));
    let mut backoff = Backoff::default();
    let mut reported = HashSet::new();
    // Whether a list is being told, and whether the watch after the last one has expired before it told anything.
    let (mut listing, mut expired) = (false, false);
    while let Some(next) = stream.next().await {
        let event = match next {
            Ok(watcher::Event::Init) => Some(Event::Begin),
            Ok(watcher::Event::InitDone) => Some(Event::Listed),
            Ok(watcher::Event::InitApply(raw)) => parsed(&raw, &watch, &mut reported).map(Event::Seen).ok(),
            Ok(watcher::Event::Apply(raw)) => {
                Some(parsed(&raw, &watch, &mut reported).map_or_else(Event::Gone, Event::Seen))
            }
            Ok(watcher::Event::Delete(raw)) => {
                Some(Event::Gone(parsed(&raw, &watch, &mut reported).unwrap_or_else(|name| name)))
            }
            Err(watcher::Error::WatchError(status)) if status.code == 410 && !expired => {
                tracing::debug!(%watch, "watch of {watch} has expired; it is listed again");
                expired = true;
                None
            }
            Err(error) => {
                health.fails(said(&error));
                tokio::time::sleep(backoff.next()).await;
                if is_forgotten(&error) {
                    stream = Box::pin(watcher(api.clone(), config(&watch)));
                }
                None
            }
        };
        let Some(event) = event else { continue };
        // A list is no sign that the watch works which comes after it: only what the watch itself tells is.
        listing = match &event {
            Event::Begin => true,
            Event::Listed => false,
            _ if listing => true,
            _ => {
                backoff.reset();
                expired = false;
                false
            }
        };
        if sink.send((name.clone(), event)).await.is_err() {
            return;
        }
    }
}

/// Whether the API server has forgotten where a watch stood: kube's watcher would ask for that place again and again.
pub(crate) fn is_forgotten(error: &watcher::Error) -> bool {
    matches!(error, watcher::Error::WatchStartFailed(kube::Error::Api(status)) if status.code == 410)
}

fn config(watch: &Watch) -> watcher::Config {
    // The default list semantic is MostRecent, a quorum read (promise W04).
    let config = watcher::Config::default().page_size(PAGE);
    match watch.selection.label_selector() {
        Some(selector) => config.labels(selector),
        None => config,
    }
}

/// An object, or where it makes no sense, its name and nothing else.
fn parsed(raw: &Raw, watch: &Watch, reported: &mut HashSet<String>) -> Result<Arc<Object>, Arc<Object>> {
    let kind = &watch.resource.kind;
    Object::parse(raw.text.get(), Some(kind)).map(Arc::new).map_err(|e| {
        let name = raw.name();
        if reported.insert(name.clone()) {
            tracing::warn!(%watch, "{kind} {name} cannot be read and counts as gone: {e}");
        }
        Arc::new(Object::named(raw.key(kind)))
    })
}

/// What failed, in the words of the API server or the network.
pub(crate) fn said(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(e) => format!("it cannot be listed: {}", transport::said(e)),
        watcher::Error::WatchStartFailed(e) => format!("it cannot be started: {}", transport::said(e)),
        watcher::Error::WatchFailed(e) => format!("it broke off: {}", transport::said(e)),
        watcher::Error::WatchError(status) => format!("the API server ended it: {}", status.message),
        watcher::Error::NoResourceVersion => "the kind cannot be watched (its list has no resourceVersion)".into(),
    }
}
