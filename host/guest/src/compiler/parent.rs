//! The host's part: start the child, hand it the module, watch the clock, and read what it says.

use std::io::{self, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::{COMPILED, Compiler, OUT_OF_MEMORY, REFUSED};
use crate::cache;
use crate::error::{LoadError, Text, category};

/// Bytes that are kept of what the child says on its standard error.
const WORDS: u64 = 4 << 10;

/// What a child left behind.
struct Left {
    status: ExitStatus,
    said: Vec<u8>,
    words: String,
    /// It was ended by the clock.
    late: bool,
}

impl Compiler {
    /// The code that the child makes of a file's bytes, or why there is none.
    pub(crate) fn compile(&self, module: &[u8]) -> Result<Vec<u8>, LoadError> {
        let Left { status, mut said, words, late } = self.run(module).map_err(LoadError::Compiler)?;
        if late {
            return Err(LoadError::CompileBound(format!("took longer than {:?}", self.bounds.wall)));
        }
        let memory = || LoadError::CompileBound(format!("used more than {} MiB of memory", self.bounds.memory >> 20));
        if status.signal() == Some(Signal::XCPU.as_raw()) {
            return Err(LoadError::CompileBound(format!("used more than {} s of CPU time", self.bounds.cpu_s)));
        }
        // What Rust says before it aborts.
        if !status.success() && words.contains("memory allocation of") {
            return Err(memory());
        }
        match said.first().filter(|_| status.success()) {
            Some(&COMPILED) => Ok(said.split_off(1)),
            Some(&REFUSED) => {
                let text = String::from_utf8_lossy(&said[1..]).into_owned();
                let (kind, text) = text.split_once('\n').unwrap_or(("", &text));
                Err(LoadError::Told { category: category(kind), text: text.to_owned() })
            }
            Some(&OUT_OF_MEMORY) => Err(memory()),
            _ => Err(LoadError::CompilerEnded { how: status.to_string(), words: Text(last_line(&words)) }),
        }
    }

    fn run(&self, module: &[u8]) -> io::Result<Left> {
        let mut child = self.start()?;
        let pid = Pid::from_child(&child);
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (said, words, late) = thread::scope(|scope| {
            let (running, over) = mpsc::channel::<()>();
            let clock = scope.spawn(move || {
                let late = over.recv_timeout(self.bounds.wall) == Err(mpsc::RecvTimeoutError::Timeout);
                late && kill_process(pid, Signal::KILL).is_ok()
            });
            let words = scope.spawn(move || errors.map(|from| read(from, WORDS)).transpose());
            if let Some(mut input) = input {
                // A child that has ended takes nothing; how it ended says why.
                let _ = input.write_all(module);
            }
            let said = output.map(|from| read(from, cache::LARGEST)).transpose();
            drop(running);
            (said, words.join(), clock.join())
        });
        let status = child.wait()?;
        let words = words.unwrap_or(Ok(None))?.unwrap_or_default();
        let words = String::from_utf8_lossy(&words).into_owned();
        Ok(Left { status, said: said?.unwrap_or_default(), words, late: late.unwrap_or(false) })
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg0("innkeeper").args(&self.arguments);
        command.args([self.bounds.cpu_s.to_string(), self.bounds.memory.to_string()]);
        command.env_clear().envs(self.environment.iter().cloned()).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }
}

/// All that comes, of which so much is kept.
fn read(mut from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    from.by_ref().take(most).read_to_end(&mut kept)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(kept)
}

fn last_line(words: &str) -> String {
    words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}
