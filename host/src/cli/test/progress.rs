//! How far it is, on stderr: one line that changes on a terminal, a line each elsewhere, where that is wanted.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Not,
    Lines,
    OneLine,
}

/// It.
pub(super) struct Progress {
    way: Way,
    all: usize,
    done: AtomicUsize,
}

impl Progress {
    pub(super) fn new(wanted: bool, all: usize) -> Self {
        let way = match (std::io::stderr().is_terminal(), wanted) {
            (true, _) => Way::OneLine,
            (false, true) => Way::Lines,
            (false, false) => Way::Not,
        };
        Self { way, all, done: AtomicUsize::new(0) }
    }

    /// One more was played.
    pub(super) fn played(&self, file: &Path) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let text = format!("{done} of {} played: {}", self.all, file.display());
        match self.way {
            Way::Not => {}
            Way::Lines => eprintln!("innkeeper: {text}"),
            Way::OneLine => {
                let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
            }
        }
    }

    /// All were; what is printed next has a line of its own.
    pub(super) fn end(&self) {
        if self.way == Way::OneLine {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
