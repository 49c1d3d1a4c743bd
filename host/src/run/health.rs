//! `/healthz`, `/readyz` and `/metrics`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::metrics::Metrics;

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

/// Listens, or says which option names an address that cannot be had.
pub(super) async fn bind(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {option}"))
}

/// Serves both listeners until the process ends.
pub(super) async fn serve(health: TcpListener, scrape: TcpListener, state: Arc<State>, metrics: Arc<Metrics>) {
    let health = accept(health, move |path| match path {
        "/healthz" if state.is_alive() => Some((StatusCode::OK, "ok\n".to_owned())),
        "/healthz" => Some((StatusCode::SERVICE_UNAVAILABLE, "the host does not turn\n".to_owned())),
        "/readyz" if state.ready.load(Ordering::Relaxed) => Some((StatusCode::OK, "ok\n".to_owned())),
        "/readyz" => Some((StatusCode::SERVICE_UNAVAILABLE, "stores or modules are not filled yet\n".to_owned())),
        _ => None,
    });
    let scrape = accept(scrape, move |path| (path == "/metrics").then(|| (StatusCode::OK, metrics.text())));
    tokio::join!(health, scrape);
}

async fn accept<F>(listener: TcpListener, answer: F)
where
    F: Fn(&str) -> Option<(StatusCode, String)> + Send + Sync + 'static,
{
    let answer = Arc::new(answer);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let (status, text) =
                    answer(request.uri().path()).unwrap_or_else(|| (StatusCode::NOT_FOUND, "not found\n".to_owned()));
                let mut response = Response::new(Full::new(Bytes::from(text)));
                *response.status_mut() = status;
                async move { Ok::<_, Infallible>(response) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(5));
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
