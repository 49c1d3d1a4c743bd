//! A server on loopback that plays the API server where a real one would not misbehave on demand.

use std::sync::{Arc, Mutex, PoisonError};

use innkeeper_cluster::{Cluster, Connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `PATCH /api/v1/...`
    pub(crate) line: String,
    /// All of it but the body.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// What to do with a request.
pub(crate) enum Reply {
    /// Status line, headers and body.
    Answer(&'static str, Vec<(&'static str, String)>, String),
    /// A stream that is begun with that text and then cut off.
    Cut(String),
    /// A stream that is begun with that text and kept open.
    Open(String),
    /// Nothing, for ever.
    Silence,
}

/// A server whose answers are a function of the request and of how many came before it.
pub(crate) struct Fake {
    requests: Arc<Mutex<Vec<Request>>>,
    kubeconfig: tempfile::NamedTempFile,
}

impl Fake {
    /// Starts it.
    pub(crate) async fn start(reply: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kubeconfig = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(kubeconfig.path(), kubeconfig_for(&format!("http://{address}"))).expect("written");
        let (seen, reply) = (requests.clone(), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone(), reply.clone()));
            }
        });
        Self { requests, kubeconfig }
    }

    /// A connection to it.
    pub(crate) async fn cluster(&self) -> Cluster {
        let kubeconfig = Some(self.kubeconfig.path().to_owned());
        Cluster::connect(Connect { kubeconfig, context: None }).await.expect("a connection")
    }

    /// What arrived so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A kubeconfig for a server that asks nobody who they are.
pub(crate) fn kubeconfig_for(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         users: [{{name: u, user: {{token: t}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u}}}}]\n"
    )
}

async fn serve(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<Request>>>,
    reply: Arc<impl Fn(&Request, usize) -> Reply + Send + Sync + 'static>,
) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let before = {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(request.clone());
            seen.len() - 1
        };
        let text = match reply(&request, before) {
            Reply::Answer(status, headers, body) => {
                let headers: String = headers.iter().map(|(k, v)| format!("{k}: {v}\r\n")).collect();
                format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
            }
            Reply::Cut(body) => {
                let _ = stream.write_all(chunk(&body).as_bytes()).await;
                return;
            }
            Reply::Open(body) => {
                let _ = stream.write_all(chunk(&body).as_bytes()).await;
                return std::future::pending().await;
            }
            Reply::Silence => return std::future::pending().await,
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn chunk(body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    if body.is_empty() { head.to_owned() } else { format!("{head}{:x}\r\n{body}\r\n", body.len()) }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:").and_then(|v| v.trim().parse().ok()))
        .unwrap_or(0);
    while buffer.len() < end + length {
        more(stream, buffer).await?;
    }
    let body = String::from_utf8_lossy(&buffer[end..end + length]).into_owned();
    buffer.drain(..end + length);
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, head, body })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 4096];
    match stream.read(&mut part).await {
        Ok(n) if n > 0 => {
            buffer.extend_from_slice(&part[..n]);
            Some(())
        }
        _ => None,
    }
}
