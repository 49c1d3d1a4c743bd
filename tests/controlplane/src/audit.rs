//! The API server's audit log, as questions that tests ask: who read and wrote what, between marks.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context, Result};

mod event;
mod request;
mod requests;

pub use request::Request;
pub use requests::Requests;

/// A moment in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    offset: u64,
}

/// The audit log, read piece by piece: no request is told twice, and none is left out.
#[derive(Debug, Clone)]
pub struct Follow {
    audit: Audit,
    offset: u64,
}

impl Follow {
    /// Every request that has come since the last time.
    ///
    /// # Errors
    /// As [`Audit::since`].
    pub fn news(&mut self) -> Result<Requests> {
        let (requests, bytes) = self.audit.read_lines(self.offset, None)?;
        self.offset += bytes;
        Ok(requests)
    }
}

/// The audit log of one API server.
///
/// Guarantees: when a client has read an answer to its end, the request is in the log. The API server
/// logs in mode `blocking`, where it writes the event before it ends the answer, and the log is one
/// file, never rotated. So a mark taken after an answer comes after that request, and one taken
/// before a request is sent comes before it. A watch is in the log when its first headers are sent,
/// once; its end is not.
///
/// Assumption: the answer has no `Content-Length` that the client could read up to before it ends.
/// The API server sets none by itself, and Go's adds one only after the handler is done.
#[derive(Debug, Clone)]
pub struct Audit {
    path: PathBuf,
}

impl Audit {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Marks this moment.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn mark(&self) -> Result<Mark> {
        let metadata = std::fs::metadata(&self.path).with_context(|| self.cannot_read())?;
        Ok(Mark { offset: metadata.len() })
    }

    /// Every request from `mark` until now, in the order in which they ended.
    ///
    /// # Errors
    /// When the log cannot be read, or says what this crate does not understand.
    pub fn since(&self, mark: &Mark) -> Result<Requests> {
        self.read(mark.offset, None)
    }

    /// Every request between two marks.
    ///
    /// # Errors
    /// As [`Audit::since`].
    pub fn between(&self, from: &Mark, to: &Mark) -> Result<Requests> {
        self.read(from.offset, Some(to.offset.saturating_sub(from.offset)))
    }

    /// Reads on from a mark, each time what has come since the last.
    #[must_use]
    pub fn follow(&self, from: &Mark) -> Follow {
        Follow { audit: self.clone(), offset: from.offset }
    }

    fn read(&self, from: u64, length: Option<u64>) -> Result<Requests> {
        Ok(self.read_lines(from, length)?.0)
    }

    /// The requests of whole lines, and how many bytes these have.
    fn read_lines(&self, from: u64, length: Option<u64>) -> Result<(Requests, u64)> {
        let mut bytes = Vec::new();
        File::open(&self.path)
            .and_then(|mut file| {
                file.seek(SeekFrom::Start(from))?;
                file.take(length.unwrap_or(u64::MAX)).read_to_end(&mut bytes)
            })
            .with_context(|| self.cannot_read())?;
        // What follows the last line break is an event that is being written.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut requests = Vec::new();
        for line in bytes[..whole].split(|byte| *byte == b'\n') {
            // A mark in the middle of a line is of a moment when that request was just ending.
            if line.first() == Some(&b'{') {
                requests.extend(event::parse(line)?);
            }
        }
        Ok((Requests::new(requests), whole as u64))
    }

    fn cannot_read(&self) -> String {
        format!("cannot read the audit log {}; is its control plane still there?", self.path.display())
    }
}
