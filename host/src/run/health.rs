//! `/healthz`, `/readyz`, `/traces/` and `/metrics`: who answers what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::ACCEPT;
use hyper::{Request, StatusCode};
use tokio::net::TcpListener;

use super::http::{self, Answer};
use super::metrics::{Exposition, Metrics};
use super::questions::{Desk, Question};
use super::trace;

/// A pump that has not turned for so long is stuck.
const STUCK: Duration = Duration::from_secs(30);

/// What the host knows of itself.
#[derive(Debug)]
pub(super) struct State {
    ready: AtomicBool,
    start: Instant,
    beat_ms: AtomicU64,
}

impl Default for State {
    fn default() -> Self {
        Self { ready: AtomicBool::new(false), start: Instant::now(), beat_ms: AtomicU64::new(0) }
    }
}

impl State {
    /// Stores are filled and modules loaded, or not.
    pub(super) fn set_ready(&self, ready: bool) {
        if self.ready.swap(ready, Ordering::Relaxed) != ready && ready {
            tracing::info!("ready: stores are filled, modules are loaded");
        }
    }

    /// The pump turned.
    pub(super) fn beat(&self) {
        self.beat_ms.store(self.age_ms(), Ordering::Relaxed);
    }

    fn age_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_alive(&self) -> bool {
        let beat = self.beat_ms.load(Ordering::Relaxed);
        // Before the first beat the host waits for the API server: that is no reason to restart it.
        beat == 0 || Duration::from_millis(self.age_ms().saturating_sub(beat)) < STUCK
    }
}

/// Serves both listeners until the process ends.
pub(super) async fn serve(
    health: TcpListener,
    scrape: TcpListener,
    state: Arc<State>,
    metrics: Arc<Metrics>,
    desk: Desk,
) {
    let asked = desk.clone();
    let health = http::serve(health, move |request, peer| probed(request, peer, state.clone(), asked.clone()));
    let scrape = http::serve(scrape, move |request, _| scraped(request, metrics.clone(), desk.clone()));
    tokio::join!(health, scrape);
}

async fn probed(request: Request<Incoming>, peer: SocketAddr, state: Arc<State>, desk: Desk) -> Answer {
    if request.uri().path().starts_with(trace::PATH) {
        return trace::answer(request, peer, desk).await;
    }
    probe(&state, request.uri().path())
}

fn probe(state: &State, path: &str) -> Answer {
    let trouble = match path {
        "/healthz" => (!state.is_alive()).then_some("the host does not turn\n"),
        "/readyz" => (!state.ready.load(Ordering::Relaxed)).then_some("stores or modules are not filled yet\n"),
        _ => return Answer::not_found(),
    };
    trouble
        .map_or_else(|| Answer::text(StatusCode::OK, "ok\n"), |why| Answer::text(StatusCode::SERVICE_UNAVAILABLE, why))
}

/// Where the pump does not answer, what it said last is shown: the rest is still true.
async fn scraped(request: Request<Incoming>, metrics: Arc<Metrics>, desk: Desk) -> Answer {
    if request.uri().path() != "/metrics" {
        return Answer::not_found();
    }
    desk.ask(Question::Measure).await;
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let exposition = Exposition::asked_for(accept);
    Answer { status: StatusCode::OK, content_type: exposition.content_type(), text: metrics.text(exposition) }
}
