//! The moving part of the proxy: listens on loopback and sends requests on, as the faults allow.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER, TRANSFER_ENCODING, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use kube::client::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::faults::{Answer, Faults, Verdict};
use super::sent::Sent;

/// What the handle and the server both see.
pub(super) struct Shared {
    pub(super) upstream: kube::Client,
    pub(super) port: u16,
    faults: Mutex<Faults>,
    /// Whether the port should be listened on, and whether it is.
    pub(super) open: watch::Sender<bool>,
    pub(super) listening: watch::Sender<bool>,
    /// Changes end every connection, or every one whose request is held.
    pub(super) cuts: watch::Sender<()>,
    pub(super) releases: watch::Sender<()>,
}

impl Shared {
    pub(super) fn new(upstream: kube::Client, port: u16) -> Self {
        Self {
            upstream,
            port,
            faults: Mutex::default(),
            open: watch::Sender::new(true),
            listening: watch::Sender::new(false),
            cuts: watch::Sender::new(()),
            releases: watch::Sender::new(()),
        }
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens whenever `open` says so. Not to listen is what makes connections be refused.
pub(super) async fn serve(shared: Arc<Shared>) -> Result<Infallible> {
    let mut open = shared.open.subscribe();
    loop {
        open.wait_for(|open| *open).await?;
        let listener = listen(shared.port).await?;
        shared.listening.send_replace(true);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    // Subscribed before anything else can happen, so that no cut is missed.
                    let cuts = shared.cuts.subscribe();
                    if let Ok((stream, _)) = accepted {
                        tokio::spawn(connection(shared.clone(), stream, cuts));
                    }
                }
                closed = open.wait_for(|open| !*open) => {
                    closed?;
                    break;
                }
            }
        }
        drop(listener);
        shared.listening.send_replace(false);
    }
}

/// The port is free in a moment if it is not now: it is outside of the range for outgoing connections.
async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut tries_left = 100;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if tries_left == 0 => {
                return Err(error).with_context(|| format!("the proxy cannot listen on {address}"));
            }
            Err(_) => tries_left -= 1,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, mut cuts: watch::Receiver<()>) {
    let service = service_fn(|request| handle(shared.clone(), request));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // How a connection ended is the client's business.
        _ = serving => {}
        _ = cuts.changed() => {}
    }
}

/// Handles one request. An error ends the connection without an answer.
async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>> {
    let mut releases = shared.releases.subscribe();
    let sent = Sent {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
    };
    if request.headers().contains_key(UPGRADE) {
        let why = "the test proxy forwards plain requests and watches, not upgrades (exec, attach, port-forward)";
        return Ok(answer(Answer { status: 501, retry_after: None }, why));
    }
    let delay = shared.faults().delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let verdict = shared.faults().decide(&sent);
    match verdict {
        Verdict::Forward => forward(&shared, request).await,
        Verdict::Answer(what) => Ok(answer(what, "answered by the test proxy")),
        Verdict::Hold => {
            // All of it is read, so that the end of the client is noticed.
            let _ = request.into_body().collect().await;
            held(&mut releases).await
        }
        Verdict::ForwardThenHold(tell) => {
            forward(&shared, request).await?.into_body().collect_bytes().await?;
            let _ = tell.send(sent);
            held(&mut releases).await
        }
    }
}

/// Waits until the faults are disarmed, then ends the connection. Ends earlier with the client.
async fn held(releases: &mut watch::Receiver<()>) -> Result<Response<Body>> {
    let _ = releases.changed().await;
    anyhow::bail!("the request was held until the fault was disarmed")
}

/// Sends a request on, and its answer back as it comes: a watch is not buffered.
async fn forward(shared: &Shared, request: Request<Incoming>) -> Result<Response<Body>> {
    let (mut head, body) = request.into_parts();
    // These are about the connection to the proxy, or follow from the body.
    for header in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        head.headers.remove(header);
    }
    let body = body.collect().await?.to_bytes();
    match shared.upstream.send(Request::from_parts(head, Body::from(body))).await {
        Ok(mut response) => {
            for header in [CONNECTION, TRANSFER_ENCODING] {
                response.headers_mut().remove(header);
            }
            Ok(response)
        }
        // As without a proxy: a server that is away means a connection that ends.
        Err(error) => Err(error).context("the API server did not answer the proxy"),
    }
}

/// An answer in the form of the API server's own.
fn answer(what: Answer, message: &str) -> Response<Body> {
    let reason = match what.status {
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "",
    };
    let body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{message}","reason":"{reason}","code":{}}}"#,
        what.status
    );
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(what.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    if let Some(after) = what.retry_after {
        response.headers_mut().insert(RETRY_AFTER, after.as_secs().into());
    }
    response
}
