//! A web server on loopback that serves one module, well or badly, by the path that it is asked for.

use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server. It ends with the process.
pub(crate) struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    module: Vec<u8>,
    version: usize,
    /// Answers that held the module, and those that said that it is the same.
    whole: usize,
    same: usize,
}

impl Server {
    pub(crate) fn serving(module: &[u8]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { module: module.to_vec(), ..State::default() }));
        let of_server = state.clone();
        std::thread::spawn(move || {
            for asking in listener.incoming().flatten() {
                let state = of_server.clone();
                // Who hangs up is none of its business.
                std::thread::spawn(move || drop(answer(&asking, &state)));
            }
        });
        Self { port, state }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// Serves another module from now on.
    pub(crate) fn put(&self, module: &[u8]) {
        let mut state = self.state.lock().unwrap();
        state.module = module.to_vec();
        state.version += 1;
    }

    /// How often it sent the module, and how often it said that it is the same.
    pub(crate) fn sent(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.whole, state.same)
    }
}

fn answer(mut asking: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut lines = BufReader::new(asking).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    // What follows a question mark makes it another URL, and nothing else.
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let mut tag = String::new();
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(sent) = line.strip_prefix("if-none-match:") {
            tag = sent.trim().to_owned();
        }
    }
    let (module, version) = {
        let state = state.lock().unwrap();
        (state.module.clone(), format!("\"v{}\"", state.version))
    };
    let head = |status: &str, more: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n");
    let length = format!("Content-Length: {}\r\n", module.len());
    match path.as_str() {
        "/guest.wasm" if tag == version => {
            state.lock().unwrap().same += 1;
            asking.write_all(head("304 Not Modified", "").as_bytes())
        }
        "/guest.wasm" => {
            state.lock().unwrap().whole += 1;
            asking.write_all(head("200 OK", &format!("{length}ETag: {version}\r\n")).as_bytes())?;
            asking.write_all(&module)
        }
        "/moved" => asking.write_all(head("302 Found", "Location: /guest.wasm\r\n").as_bytes()),
        "/round" => asking.write_all(head("302 Found", "Location: /round\r\n").as_bytes()),
        "/metadata" => asking.write_all(head("302 Found", "Location: http://169.254.169.254/latest\r\n").as_bytes()),
        "/short" => {
            asking.write_all(head("200 OK", &length).as_bytes())?;
            asking.write_all(&module[..module.len() / 2])
        }
        "/bomb" => {
            asking.write_all(head("200 OK", &format!("{length}Content-Encoding: gzip\r\n")).as_bytes())?;
            asking.write_all(&module)
        }
        "/endless" => {
            asking.write_all(head("200 OK", "").as_bytes())?;
            loop {
                asking.write_all(&[0; 65_536])?;
            }
        }
        "/hang" => {
            std::thread::park_timeout(std::time::Duration::from_secs(120));
            Ok(())
        }
        _ => asking.write_all(head("404 Not Found", "Content-Length: 0\r\n").as_bytes()),
    }
}
