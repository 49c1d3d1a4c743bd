//! One module over http or https: bounded in size, time and redirects.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::header::{CONTENT_ENCODING, ETAG, IF_NONE_MATCH, LOCATION, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use innkeeper_guest::MAX_SIZE;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::address::{is_loopback, next_hop, refused, refused_url};

/// How long it may take, redirects included.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 5;

/// What a server answered.
pub(super) enum Answer {
    /// What the same tag stood for before.
    Same,
    /// These bytes, and the tag that they have.
    Bytes(Vec<u8>, Option<HeaderValue>),
}

/// Asks for what is at a URL, unless it is still what has that tag. The error says why there is nothing, for people.
pub(super) async fn fetch(url: &str, tag: Option<&HeaderValue>) -> Result<Answer, String> {
    let asked = tokio::time::timeout(PATIENCE, ask(url, tag)).await;
    let asked = asked.unwrap_or_else(|_| bail!("no whole answer came within {} s", PATIENCE.as_secs()));
    asked.map_err(|error| format!("{url}: {error:#}"))
}

async fn ask(url: &str, tag: Option<&HeaderValue>) -> anyhow::Result<Answer> {
    let mut at: Uri = url.parse().context("it is no address")?;
    if let Some(why) = refused_url(&at) {
        bail!(why);
    }
    for _ in 0..=MOST_REDIRECTS {
        let answer = send(&at, tag).await?;
        let status = answer.status();
        if status == StatusCode::NOT_MODIFIED && tag.is_some() {
            return Ok(Answer::Same);
        }
        if status.is_redirection() {
            let location = answer.headers().get(LOCATION).context("it redirects to nowhere")?;
            let location = location.to_str().context("it redirects to what is no text")?;
            at = next_hop(&at, location).map_err(anyhow::Error::msg)?;
            continue;
        }
        if status != StatusCode::OK {
            bail!("the server answered {status}");
        }
        return take(answer).await;
    }
    bail!("it redirects more than {MOST_REDIRECTS} times")
}

async fn send(at: &Uri, tag: Option<&HeaderValue>) -> anyhow::Result<Response<Incoming>> {
    let own = is_loopback(at);
    let resolver = tower::service_fn(move |name: Name| resolve(name, own));
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.enforce_http(false);
    http.set_connect_timeout(Some(CONNECT));
    let mut request = Request::get(at).header(USER_AGENT, concat!("innkeeper/", env!("CARGO_PKG_VERSION")));
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let request = request.body(Empty::<Bytes>::new())?;
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_max_idle_per_host(0);
    // The machine's certificates are read from its disk: only for who shows one.
    let answer = if at.scheme_str() == Some("https") {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls()?).https_only().enable_http1();
        client.build(connector.wrap_connector(http)).request(request).await
    } else {
        client.build(http).request(request).await
    };
    answer.map_err(|error| anyhow::anyhow!(chain(&error)))
}

fn tls() -> anyhow::Result<ClientConfig> {
    let provider = rustls::crypto::ring::default_provider().into();
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(tls.with_platform_verifier().context("the machine's certificates cannot be read")?.with_no_client_auth())
}

async fn resolve(name: Name, own: bool) -> std::io::Result<std::vec::IntoIter<SocketAddr>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
    // One that is refused spoils all: a name that stands for both is none to trust.
    match found.iter().find_map(|address| refused(address.ip(), own)) {
        Some(why) => Err(std::io::Error::other(why)),
        None => Ok(found.into_iter()),
    }
}

async fn take(answer: Response<Incoming>) -> anyhow::Result<Answer> {
    let packed = answer.headers().get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity");
    if let Some(encoding) = packed {
        // Nobody asked for that, and what it unpacks to is not bounded by what is sent.
        bail!("the server packs what it sends ({encoding:?}), which was not asked for; serve a packed file instead");
    }
    let tag = answer.headers().get(ETAG).cloned();
    let body = Limited::new(answer.into_body(), MAX_SIZE).collect().await;
    let body = body.map_err(|error| match error.downcast_ref::<http_body_util::LengthLimitError>() {
        Some(_) => anyhow::anyhow!("it has more than the {MAX_SIZE} bytes that a module may have"),
        None => anyhow::anyhow!("its answer broke off: {}", chain(&*error)),
    })?;
    Ok(Answer::Bytes(body.to_bytes().into(), tag))
}

/// An error with its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        next = cause.source();
    }
    said
}
