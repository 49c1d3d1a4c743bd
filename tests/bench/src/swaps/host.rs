//! A host whose folder is written to, and that is asked what it did.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use innkeeper_core::object::digest;
use jiff::Timestamp;
use serde_json::Value;

use crate::contender::{Contender, free_address};
use crate::objects;
use crate::process::Process;
use crate::stage::NAMESPACE;

/// How long a module may take until it decides.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(5);

/// The host's process.
pub(super) struct Host {
    process: Process,
    modules: PathBuf,
    health: String,
    metrics: String,
}

impl Host {
    pub(super) fn start(contender: &Contender) -> Result<Self> {
        let (health, metrics) = (free_address()?, free_address()?);
        let process = contender.start_at(&health, &metrics)?;
        Ok(Self { process, modules: contender.modules(), health, metrics })
    }

    pub(super) fn stop(self) -> Result<()> {
        self.process.stop()
    }

    /// Puts a module into the folder in one step. When that was, and the module's digest.
    pub(super) fn put(&self, module: &[u8]) -> Result<(Timestamp, String)> {
        let staged = self.modules.join(".fleet.staged");
        std::fs::write(&staged, module)?;
        let at = Timestamp::now();
        std::fs::rename(&staged, self.modules.join("fleet.wasm"))?;
        Ok((at, digest(module)))
    }

    /// Puts a module there, waits until it was called for the first object, and says how long that took, in milliseconds.
    pub(super) async fn swap(&mut self, module: &[u8]) -> Result<f64> {
        let (at, digest) = self.put(module)?;
        self.first_call(&digest, at).await
    }

    /// Waits until that module was called for the first object, and says how long after that moment it was, in
    /// milliseconds. The host says when a call was, to the millisecond.
    pub(super) async fn first_call(&mut self, digest: &str, after: Timestamp) -> Result<f64> {
        let began = Instant::now();
        loop {
            self.process.check()?;
            if let Some(called) = self.called(&objects::name(0), digest, after)? {
                return Ok(called.duration_since(after).as_secs_f64() * 1e3);
            }
            if began.elapsed() > PATIENCE {
                bail!("the module {digest} does not decide. {}", self.process.last_words());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// When that module was first called for an object since then.
    fn called(&self, object: &str, digest: &str, since: Timestamp) -> Result<Option<Timestamp>> {
        let (code, text) = ask(&self.health, &format!("/traces/fleet/{object}?namespace={NAMESPACE}"))?;
        if code != 200 {
            return Ok(None);
        }
        let trace: Value = serde_json::from_str(&text).context("the trace makes no sense")?;
        let reconciles = trace["reconciles"].as_array().cloned().unwrap_or_default();
        let calls = reconciles.iter().filter(|one| one["digest"] == digest).filter_map(|one| {
            let began: Timestamp = one["began"].as_str()?.parse().ok()?;
            let waited = one["calls"][0]["queuedMicros"].as_i64()?;
            began.checked_add(jiff::SignedDuration::from_micros(waited)).ok()
        });
        // It is told to the millisecond, cut off.
        Ok(calls.filter(|at| at.as_millisecond() >= since.as_millisecond()).min())
    }

    /// How often guests were called, and how often of that they gave no outcome.
    pub(super) fn calls(&self) -> Result<(usize, usize)> {
        let (_, text) = ask(&self.metrics, "/metrics")?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("innkeeper_guest_calls_total{"));
        let (mut all, mut failed) = (0, 0);
        for line in lines {
            let count: f64 = line.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let count = count as usize;
            all += count;
            failed += if line.contains("result=\"outcome\"") { 0 } else { count };
        }
        Ok((all, failed))
    }
}

/// What is answered to a GET.
fn ask(address: &str, path: &str) -> Result<(u16, String)> {
    let Ok(mut stream) = TcpStream::connect(address) else { return Ok((0, String::new())) };
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said).with_context(|| format!("{address}{path} was not answered"))?;
    let (head, body) = said.split_once("\r\n\r\n").context("an answer without a head")?;
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("an answer without a code")?;
    Ok((code, body.to_owned()))
}
