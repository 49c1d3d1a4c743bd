//! The HTTP API: a module arrives with a bearer token, for those who have no kubeconfig.
//!
//! `PUT /reconcilers/NAME/module` with the module as its body, as it is or packed by gzip or zstd. Who asks is found out by a
//! TokenReview; whether they may, by a SubjectAccessReview for `update` on `reconcilers/module`. Answers are JSON.

mod push;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use innkeeper_cluster::{Cluster, User};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::http::{bind, each_connection};
use crate::guests::Guests;
use tls::Tls;

/// Modules that are taken in at once; each may be 16 MiB.
const AT_ONCE: usize = 4;
/// How long one request may take, its body included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the HTTP API is.
#[derive(Debug, clap::Args)]
pub(super) struct Listening {
    /// Where modules can be pushed over HTTPS with a bearer token (PUT /reconcilers/NAME/module). Default: nowhere.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "dry_run")]
    api: Option<SocketAddr>,
    /// The certificate that the API shows, as PEM. Read again when the file changes. Without it only an address of this
    /// machine is taken, over HTTP.
    #[arg(long, value_name = "FILE", requires_all = ["api", "api_key"])]
    api_cert: Option<PathBuf>,
    /// The key of that certificate, as PEM.
    #[arg(long, value_name = "FILE", requires = "api_cert")]
    api_key: Option<PathBuf>,
    /// Ask nobody for a token, for development. Only on an address of this machine.
    #[arg(long, requires = "api")]
    api_without_token: bool,
}

/// The API, ready to be served.
pub(super) struct Api {
    listener: TcpListener,
    tls: Option<Tls>,
    asks_for_token: bool,
}

impl Listening {
    /// Listens, if that is wanted.
    pub(super) async fn open(&self) -> anyhow::Result<Option<Api>> {
        let Some(address) = self.api else { return Ok(None) };
        let tls = match (&self.api_cert, &self.api_key) {
            (Some(certificate), Some(key)) => Some(Tls::open(certificate.clone(), key.clone())?),
            _ => None,
        };
        let is_own = address.ip().is_loopback();
        if tls.is_none() && !is_own {
            bail!(
                "--api {address}: tokens are not taken without TLS but on this machine; add --api-cert and --api-key"
            );
        }
        if self.api_without_token && !is_own {
            bail!("--api-without-token: only on an address of this machine, and --api is {address}");
        }
        let listener = bind(address, "--api").await?;
        Ok(Some(Api { listener, tls, asks_for_token: !self.api_without_token }))
    }
}

/// What a request needs.
struct Desk {
    cluster: Cluster,
    guests: Arc<Guests>,
    /// Where the cluster keeps modules.
    namespace: String,
    asks_for_token: bool,
    room: Semaphore,
}

/// An answer that is no success: the code, and why, for people.
struct Refusal(StatusCode, String);

impl Api {
    /// Where it listens.
    pub(super) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves it until the process ends.
    pub(super) async fn serve(self, cluster: Cluster, guests: Arc<Guests>, namespace: String) {
        let room = Semaphore::new(AT_ONCE);
        let desk = Arc::new(Desk { cluster, guests, namespace, asks_for_token: self.asks_for_token, room });
        let tls = self.tls.map(Arc::new);
        each_connection(self.listener, move |stream, _| {
            let (desk, tls) = (desk.clone(), tls.clone());
            async move {
                let answer = move |request| respond(desk.clone(), request);
                match tls {
                    None => super::http::serve_one(stream, answer).await,
                    // Who does not get through the handshake hears of that from TLS.
                    Some(tls) => {
                        if let Some(stream) = tls.accept(stream).await {
                            super::http::serve_one(stream, answer).await;
                        }
                    }
                }
            }
        })
        .await;
    }
}

async fn respond(desk: Arc<Desk>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let answer = tokio::time::timeout(PATIENCE, desk.answer(request)).await;
    let late = || Err(Refusal(StatusCode::REQUEST_TIMEOUT, format!("it took longer than {} s", PATIENCE.as_secs())));
    let (status, body) = match answer.unwrap_or_else(|_| late()) {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal(status, why)) => (status, json!({"error": why})),
    };
    let mut response = Response::new(Full::new(Bytes::from(format!("{body}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
    }
    response
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Result<Value, Refusal> {
        let name = named(request.uri().path())
            .ok_or_else(|| Refusal(StatusCode::NOT_FOUND, "there is only /reconcilers/NAME/module".to_owned()))?;
        if request.method() != Method::PUT {
            return Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "a module is brought by PUT".to_owned()));
        }
        let user = self.user(&request).await?;
        self.may(user.as_ref(), &name).await?;
        // Before the body is read: of many modules only so many lie in memory.
        let _permit = self.room.acquire().await;
        push::push(self, &name, user.as_ref(), request.into_body()).await
    }

    /// Who asks; none where nobody is asked for that.
    async fn user(&self, request: &Request<Incoming>) -> Result<Option<User>, Refusal> {
        if !self.asks_for_token {
            return Ok(None);
        }
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|t| !t.is_empty());
        let unknown = |why: String| Refusal(StatusCode::UNAUTHORIZED, why);
        let token = token.ok_or_else(|| unknown("send a token: Authorization: Bearer TOKEN".to_owned()))?;
        match self.cluster.review_token(token).await {
            Ok(Ok(user)) => Ok(Some(user)),
            Ok(Err(why)) => Err(unknown(format!("the API server does not know this token: {why}"))),
            Err(why) => Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, format!("the token cannot be looked at: {why}"))),
        }
    }

    async fn may(&self, user: Option<&User>, name: &str) -> Result<(), Refusal> {
        let Some(user) = user else { return Ok(()) };
        match self.cluster.may_push(user, name).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let text = format!("{} may not update reconcilers/module of innkeeper.dev named {name}", user.name);
                Err(Refusal(StatusCode::FORBIDDEN, text))
            }
            Err(why) => Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, format!("rights cannot be looked at: {why}"))),
        }
    }
}

/// The Reconciler that a path names.
fn named(path: &str) -> Option<String> {
    let name = path.strip_prefix("/reconcilers/")?.strip_suffix("/module")?;
    innkeeper_core::names::is_dns_subdomain(name).then(|| name.to_owned())
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self(StatusCode::BAD_GATEWAY, format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_reconciler_by_a_name_that_one_can_have() {
        assert_eq!(named("/reconcilers/web.shop/module").as_deref(), Some("web.shop"));
        for path in
            ["/reconcilers//module", "/reconcilers/a/b/module", "/reconcilers/../module", "/reconcilers/web", "/"]
        {
            assert_eq!(named(path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn without_tls_or_a_token_it_is_for_this_machine_only() {
        let open = |address: &str, without_token| {
            let options = Listening {
                api: Some(address.parse().expect("an address")),
                api_cert: None,
                api_key: None,
                api_without_token: without_token,
            };
            async move { options.open().await.map(|api| api.is_some()).map_err(|error| error.to_string()) }
        };
        assert_eq!(open("127.0.0.1:0", true).await, Ok(true));
        assert!(open("0.0.0.0:0", false).await.is_err_and(|why| why.contains("without TLS")));
    }
}
