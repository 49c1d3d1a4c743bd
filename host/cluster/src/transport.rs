//! The HTTP client: one try per request, dead connections found, watches left alone.

use std::time::Duration;

use http::{HeaderValue, Uri, header};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config};
use tower::{BoxError, Service, ServiceBuilder};

use crate::traffic::{Counting, Traffic};

/// TCP, proxy and TLS together.
const CONNECT: Duration = Duration::from_secs(10);
/// Longer than a watch lasts (the watcher asks the API server to end one after 290 s), so that only a
/// connection on which nothing comes any more ends by it.
const SILENCE: Duration = Duration::from_secs(300);
/// When a peer that does not acknowledge counts as dead.
const DEAD: Duration = Duration::from_secs(45);
/// Shorter than the API server keeps an idle connection (90 s), so that a request seldom meets its end.
const IDLE: Duration = Duration::from_secs(60);
/// Connections that stay open though nobody uses them.
const SPARE: usize = 16;
/// What is read at once, in bytes. A connection holds its buffer for as long as it is open, and a watch is open for long.
const BUFFER: usize = 32 << 10;

/// How this program calls itself.
pub(crate) const USER_AGENT: &str = concat!("innkeeper/", env!("CARGO_PKG_VERSION"));

/// A client for that configuration.
///
/// kube's own stack is not used since it repeats requests, writes too, that were answered with 429, 503
/// or 504. Here a request is sent once. (hyper takes a pooled connection that closed before one byte of
/// the request was written for none, and opens another; such a request has not been sent.)
pub(crate) fn client(mut config: Config, traffic: &Traffic) -> Result<Client, String> {
    // Another part of the program may have chosen a provider; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    config.default_retry = false;
    config.headers.push((header::USER_AGENT, HeaderValue::from_static(USER_AGENT)));
    let tcp = tcp();
    let Some(proxy) = proxy(&config)? else { return stack(tcp, &config, traffic) };
    let to = proxy.uri().clone();
    match to.scheme_str() {
        Some("http") => {
            let tunnel = Tunnel::new(to, tcp);
            let tunnel = match proxy.basic_auth() {
                Some(auth) => tunnel.with_auth(auth.clone()),
                None => tunnel,
            };
            stack(tunnel, &config, traffic)
        }
        _ => {
            let socks = SocksV5::new(to, tcp);
            let socks = match proxy.raw_auth() {
                Some((user, password)) => socks.with_auth(user.into(), password.into()),
                None => socks,
            };
            stack(socks, &config, traffic)
        }
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_secs(20)));
    tcp.set_keepalive_interval(Some(Duration::from_secs(5)));
    tcp.set_keepalive_retries(Some(5));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(DEAD));
    tcp
}

/// The proxy, unless the server is on this machine or listed in `NO_PROXY`.
fn proxy(config: &Config) -> Result<Option<Intercept>, String> {
    let Some(proxy) = config.proxy_url.as_ref().filter(|_| !is_loopback(&config.cluster_url)) else { return Ok(None) };
    if !matches!(proxy.scheme_str(), Some("http" | "socks5" | "socks5h")) {
        return Err(format!("its proxy {proxy} speaks neither http nor socks5"));
    }
    let no = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    Ok(Matcher::builder().all(proxy.to_string()).no(no).build().intercept(&config.cluster_url))
}

fn is_loopback(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn stack<C>(connector: C, config: &Config, traffic: &Traffic) -> Result<Client, String>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: std::error::Error + Send + Sync + 'static,
{
    let tls = config.rustls_https_connector_with_connector(connector).map_err(|e| said(&e))?;
    let mut connector = TimeoutConnector::new(tls);
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_read_timeout(Some(SILENCE));
    connector.set_write_timeout(Some(DEAD));
    connector.set_reset_reader_on_write(true);
    let http: hyper_util::client::legacy::Client<_, Body> =
        hyper_util::client::legacy::Builder::new(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(SPARE)
            .http1_max_buf_size(BUFFER)
            .build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(|e| said(&e))?)
        .layer(config.extra_headers_layer().map_err(|e| said(&e))?)
        .map_err(BoxError::from)
        .layer(Counting(traffic.clone()))
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// An error and its causes in one sentence; a cause that its effect has already told is left out.
pub(crate) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Service(inner)) => return said(inner.as_ref()),
        Some(kube::Error::Api(status)) if !status.message.is_empty() => return status.message.clone(),
        _ => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}
