//! One process of the control plane: started, stopped, killed, and asked for its last words.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::guardian::Guardian;

/// A process with its command line and its log, running or not.
#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Component {
    /// `folder` becomes its working directory; its log goes to `logs/<name>.log` in there.
    pub(crate) fn new(name: &'static str, program: &Path, arguments: Vec<String>, folder: &Path) -> Self {
        let log = folder.join("logs").join(format!("{name}.log"));
        Self { name, program: program.to_owned(), arguments, folder: folder.to_owned(), log, child: None }
    }

    /// Starts it, unless it runs. The log is continued.
    pub(crate) fn start(&mut self, guardian: &Guardian) -> Result<()> {
        if self.child.is_some() {
            return Ok(());
        }
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env("KWOK_WORKDIR", self.folder.join("kwok"));
        // Memory for CPU time: a control plane lives for minutes, several of them on few cores.
        command.env("GOGC", std::env::var_os("GOGC").unwrap_or_else(|| "200".into()));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = guardian
            .spawn(&mut command)
            .with_context(|| format!("cannot start {} ({})", self.name, self.program.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Asks it to end, waits for that, and kills it when it takes longer than `patience`.
    pub(crate) fn stop(&mut self, patience: Duration) -> Result<()> {
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
            // It may have ended by itself; then there is nobody to ask.
            let _ = kill_process(pid, Signal::TERM);
        }
        let began = Instant::now();
        while began.elapsed() < patience {
            if child.try_wait()?.is_some() {
                self.child = None;
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill()
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill().and_then(|()| child.wait()).map(drop).with_context(|| format!("cannot kill {}", self.name))
    }

    /// Fails with its last words when it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.exited()? {
            Some(status) => bail!("{} ended with {status}. {}", self.name, self.last_words()),
            None => Ok(()),
        }
    }

    fn exited(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.as_mut().map(Child::try_wait).transpose()?.flatten())
    }

    /// Whether its log has this text.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        self.has_said_since(0, text)
    }

    /// Whether its log has this text behind its first so many bytes.
    pub(crate) fn has_said_since(&self, bytes: usize, text: &str) -> bool {
        let log = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(log.get(bytes..).unwrap_or_default()).contains(text)
    }

    /// How long its log is, in bytes.
    pub(crate) fn log_size(&self) -> usize {
        std::fs::metadata(&self.log).map_or(0, |log| usize::try_from(log.len()).unwrap_or(usize::MAX))
    }

    /// The end of its log, with the log's name, for an error message.
    pub(crate) fn last_words(&self) -> String {
        format!("The end of {}:\n{}", self.log.display(), tail(&self.log, 15))
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The last lines of a file, each cut to a readable length.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return format!("  (cannot read {}: {error})", path.display()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let last: Vec<String> = all
        .iter()
        .skip(all.len().saturating_sub(lines))
        .map(|line| format!("  {}", line.chars().take(400).collect::<String>()))
        .collect();
    if last.is_empty() { "  (it is empty)".to_owned() } else { last.join("\n") }
}
