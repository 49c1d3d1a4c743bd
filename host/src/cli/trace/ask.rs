//! One question to a running host.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long a host may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a host listens.
#[derive(Clone, Debug)]
pub(super) struct Host {
    authority: String,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// Reads an URL.
pub(super) fn host(text: &str) -> Result<Host, String> {
    const FORM: &str = "write it as http://ADDRESS:PORT";
    let uri: Uri = text.parse().map_err(|_| FORM)?;
    match (uri.scheme_str(), uri.authority(), uri.path()) {
        (Some("http"), Some(authority), "" | "/") if uri.query().is_none() => {
            let port = if authority.port().is_some() { "" } else { ":80" };
            Ok(Host { authority: format!("{authority}{port}") })
        }
        _ => Err(FORM.into()),
    }
}

impl Host {
    /// What a path answers; anything but success is an error in the host's words.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<String> {
        let asked = tokio::time::timeout(PATIENCE, self.ask(path)).await;
        let (status, text) = asked.with_context(|| format!("the host at {self} does not answer"))??;
        let words = text.trim();
        match status {
            StatusCode::OK => Ok(text),
            StatusCode::NOT_FOUND if words == "not found" => {
                bail!("at {self} listens something else than a host's --health")
            }
            _ => bail!("{words}"),
        }
    }

    async fn ask(&self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let stream = TcpStream::connect(&self.authority).await.with_context(|| {
            format!(
                "no host listens at {self}: start it (innkeeper run), or say with --host where it listens (its option \
                 --health); one in a cluster is reached by kubectl port-forward POD 8081"
            )
        })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::get(path).header(HOST, &self.authority).body(Empty::<Bytes>::new())?;
        let response =
            sender.send_request(request).await.with_context(|| format!("{self} answers nothing that is HTTP"))?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_and_nothing_more() {
        let read = |text: &str| host(text).map(|host| host.authority);
        assert_eq!(read("http://127.0.0.1:8081"), Ok("127.0.0.1:8081".into()));
        assert_eq!(read("http://localhost/"), Ok("localhost:80".into()));
        for wrong in ["127.0.0.1:8081", "https://localhost:1", "http://localhost:1/path", "", "http://"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
