//! A client for one watch: tells how it goes, bounds the wait for an answer, paces new watches, and asks for
//! metadata alone where that is enough.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderValue, Request};
use innkeeper_core::watch::{Form, Watch};
use kube::Client;
use kube::client::Body;
use tokio::time::{Instant, sleep_until, timeout};
use tower::{BoxError, service_fn};

use crate::transport;

/// How long the head of an answer may take. A list of a huge kind is put together before it.
const HEAD: Duration = Duration::from_secs(60);
/// The shortest time from one start of the watch to the next. kube's watcher resumes a watch that ended
/// without an error at once, also where somebody between here and the API server ends each at once.
const PACE: Duration = Duration::from_millis(500);

/// What is asked for where metadata is enough (Kubernetes API Concepts, "Metadata-only fetches").
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// How a watch goes. Shared by the watch, its client and its handle.
#[derive(Debug)]
pub(crate) struct Health {
    watch: Watch,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trouble: Option<String>,
    failures: u64,
    started: Option<Instant>,
}

impl Health {
    pub(crate) fn new(watch: Watch) -> Self {
        Self { watch, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it does not work, while it does not.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// How often it failed.
    pub(crate) fn failures(&self) -> u64 {
        self.state().failures
    }

    /// It failed; said once, until it works again or fails for another reason.
    pub(crate) fn fails(&self, why: String) {
        let mut state = self.state();
        state.failures += 1;
        if state.trouble.as_ref() != Some(&why) {
            tracing::warn!(watch = %self.watch, "watch of {} fails and is tried again: {why}", self.watch);
            state.trouble = Some(why);
        }
    }

    /// The API server answered it.
    fn works(&self) {
        if self.state().trouble.take().is_some() {
            tracing::info!(watch = %self.watch, "watch of {} works again", self.watch);
        }
    }

    /// When the watch may be started again.
    fn start(&self) -> Instant {
        let mut state = self.state();
        let now = Instant::now();
        let at = state.started.map_or(now, |last| now.max(last + PACE));
        state.started = Some(at);
        at
    }
}

/// A client that reports to `health`.
pub(crate) fn client(inner: &Client, health: Arc<Health>) -> Client {
    let namespace = inner.default_namespace().to_owned();
    let inner = inner.clone();
    let service = service_fn(move |mut request: Request<Body>| {
        let (inner, health) = (inner.clone(), health.clone());
        async move {
            let watches = request.uri().query().is_some_and(|q| q.split('&').any(|p| p == "watch=true"));
            if health.watch.form == Form::Metadata {
                let accept = if watches { METADATA } else { METADATA_LIST };
                request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
            }
            if watches {
                sleep_until(health.start()).await;
            }
            let response = match timeout(HEAD, inner.send(request)).await {
                Ok(answer) => answer.map_err(|e| BoxError::from(transport::said(&e)))?,
                Err(_) => return Err(BoxError::from(format!("no answer within {} s", HEAD.as_secs()))),
            };
            if response.status().is_success() {
                health.works();
            }
            Ok::<_, BoxError>(response)
        }
    });
    Client::new(service, namespace)
}
