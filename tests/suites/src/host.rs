//! The host as people run it: a process `innkeeper run`, its log and its health.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use innkeeper_controlplane::Leash;

/// The environment variable that names another host binary than the one beside the tests.
const BINARY: &str = "INNKEEPER_HOST";

/// Where the host binary is.
pub fn binary() -> PathBuf {
    let named = std::env::var_os(BINARY).map(PathBuf::from);
    let path = named.unwrap_or_else(|| target_folder().join("debug").join("innkeeper"));
    assert!(path.is_file(), "there is no host at {}: build it (`make test` does), or set {BINARY}", path.display());
    path
}

/// Cargo's target folder, in which this test binary lies at `<profile>/deps/`.
pub(crate) fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(3).expect("a test binary lies in <target>/<profile>/deps");
    folder.to_owned()
}

/// A running `innkeeper run`. It is killed when this is dropped, and when the tests end in any other way.
#[derive(Debug)]
pub struct Host {
    child: Mutex<Child>,
    log: PathBuf,
    health: OnceLock<SocketAddr>,
    _leash: Leash,
}

/// What one of the host's listeners answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header Content-Type.
    pub content_type: String,
    /// The text.
    pub text: String,
}

impl Host {
    /// Starts a host on these modules and that cluster, with these options besides; its log goes to `log`. It may
    /// not be ready yet.
    pub fn start_with(modules: &Path, kubeconfig: &Path, log: &Path, options: &[&str]) -> Self {
        let file = File::create(log).expect("the log can be written");
        let mut command = Command::new(binary());
        command.arg("run").arg("--modules").arg(modules).arg("--kubeconfig").arg(kubeconfig);
        // Ports that nobody else can take in between: the host says which.
        command.args(["--health", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
        command.args(["--log-format", "text"]).args(options).env_remove("KUBECONFIG");
        command.stdin(Stdio::null()).stdout(file.try_clone().expect("a file handle can be copied")).stderr(file);
        let leash = Leash::new().expect("/bin/sh can be started");
        let child = leash.spawn(&mut command).expect("the host can be started");
        Self { child: Mutex::new(child), log: log.to_owned(), health: OnceLock::new(), _leash: leash }
    }

    /// Where it serves this: `health` (and traces), `metrics` or `api`, once it has said so.
    pub fn address_of(&self, listener: &str) -> Option<SocketAddr> {
        let label = format!("{listener}=");
        let line = self.said(&[" starts ", &label])?;
        let address = line.split(' ').find_map(|word| word.strip_prefix(&label))?;
        Some(address.parse().unwrap_or_else(|e| panic!("{listener}: {e}: {line}")))
    }

    /// Where it serves health, and traces.
    pub fn health(&self) -> SocketAddr {
        self.health_if_told().unwrap_or_else(|| panic!("the host has not started. {}", self.last_words()))
    }

    fn health_if_told(&self) -> Option<SocketAddr> {
        // The log grows, and this is asked often.
        if self.health.get().is_none() {
            let _ = self.health.set(self.address_of("health")?);
        }
        self.health.get().copied()
    }

    /// Waits until `/readyz` says that stores are filled and modules loaded.
    pub fn wait_until_ready(&self) {
        let began = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.exited() {
                panic!("the host ended with {status} before it was ready. {}", self.last_words());
            }
            assert!(
                began.elapsed() < *crate::LIMIT,
                "the host is not ready after {:?}. {}",
                *crate::LIMIT,
                self.last_words()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child().id()
    }

    /// The process ids of its children: the processes in which it compiles.
    pub fn children(&self) -> Vec<u32> {
        let is_child = |id: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // After the name, which may hold anything but ends at the last bracket: the state, then the parent.
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
            parent == Some(self.child().id())
        };
        let entries = std::fs::read_dir("/proc").expect("there is /proc").flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
    }

    /// What `/readyz` answers.
    pub fn is_ready(&self) -> bool {
        self.probe("/readyz")
    }

    /// What `/healthz` answers.
    pub fn is_healthy(&self) -> bool {
        self.probe("/healthz")
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Asks it to end, as a kubelet does, and waits for that: its exit code, none if a signal ended it.
    pub fn terminate(&self) -> Option<i32> {
        let id = self.child().id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        self.ends()
    }

    /// Its exit status, if it has ended.
    pub fn exited(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("a child of ours can be waited for")
    }

    /// Waits until it has ended by itself: its exit code, none if a signal ended it.
    pub fn ends(&self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.exited() {
                return status.code();
            }
            assert!(began.elapsed() < *crate::LIMIT, "the host still runs. {}", self.last_words());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All it has said.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The first line of its log that holds all these words.
    pub fn said(&self, words: &[&str]) -> Option<String> {
        self.log().lines().find(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned)
    }

    /// The end of its log, for people.
    pub fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let last: Vec<String> =
            lines[lines.len().saturating_sub(60)..].iter().map(|l| l.chars().take(600).collect()).collect();
        format!("The end of the host's log:\n{}", last.join("\n"))
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn probe(&self, path: &str) -> bool {
        self.health_if_told().is_some_and(|at| ask(at, path, "*/*").is_ok_and(|answer| answer.status == 200))
    }

    /// What `/metrics` answers to one who accepts that.
    pub fn metrics(&self, accept: &str) -> Answer {
        let metrics = self.address_of("metrics").expect("a host that is asked has started");
        ask(metrics, "/metrics", accept).unwrap_or_else(|e| panic!("/metrics: {e}. {}", self.last_words()))
    }
}

fn ask(at: SocketAddr, path: &str, accept: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&at, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, text) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    Ok(Answer { status, content_type: header("content-type").unwrap_or_default(), text: text.to_owned() })
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}
