//! A guest's words: collected during a call, bounded, with a note of what was cut.

use crate::bindings::innkeeper::guest::log as wit;

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the guest's author.
    Debug,
    /// News.
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
}

impl From<wit::Level> for Level {
    fn from(level: wit::Level) -> Self {
        match level {
            wit::Level::Debug => Self::Debug,
            wit::Level::Info => Self::Info,
            wit::Level::Warn => Self::Warn,
            wit::Level::Error => Self::Error,
        }
    }
}

/// One line that a guest wrote, or that the host has to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: Level,
    /// The words; at most [`LINE`] bytes and a note.
    pub message: String,
}

/// Bytes that are kept of one line.
pub const LINE: usize = 4 << 10;

/// Lines that are kept of one call.
pub const LINES: usize = 200;

/// Bytes that are kept of one call, all its lines added up.
pub const BYTES: usize = 64 << 10;

/// The lines of one call.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: u64,
    last_error: Option<String>,
}

impl Log {
    /// Keeps a line, or as much of it as is kept.
    pub(crate) fn write(&mut self, level: Level, message: &str) {
        let message = cut(message);
        if level == Level::Error {
            // Remembered even when the log is full: it says why the guest trapped.
            self.last_error = Some(message.clone());
        }
        if self.lines.len() >= LINES || self.bytes + message.len() > BYTES {
            self.dropped += 1;
            return;
        }
        self.bytes += message.len();
        self.lines.push(LogLine { level, message });
    }

    /// What the guest said last at level error: a panic's message, say.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// All lines, with the host's own (of a trap) behind the guest's.
    pub(crate) fn into_lines(mut self, own: Option<String>) -> Vec<LogLine> {
        if self.dropped > 0 {
            let message = format!(
                "{} more lines were not kept: a call's log holds {LINES} lines and {} KiB",
                self.dropped,
                BYTES >> 10
            );
            self.lines.push(LogLine { level: Level::Warn, message });
        }
        self.lines.extend(own.map(|text| LogLine { level: Level::Debug, message: cut(&text) }));
        self.lines
    }
}

fn cut(message: &str) -> String {
    if message.len() <= LINE {
        return message.to_owned();
    }
    let end = (0..=LINE).rev().find(|&n| message.is_char_boundary(n)).unwrap_or(0);
    format!("{} … (cut; the line had {} bytes)", &message[..end], message.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_between_characters_and_says_so() {
        let mut log = Log::default();
        log.write(Level::Info, &"é".repeat(LINE));
        let lines = log.into_lines(None);
        assert!(lines[0].message.starts_with(&"é".repeat(LINE / 2)));
        assert!(lines[0].message.ends_with("(cut; the line had 8192 bytes)"), "{}", lines[0].message);
    }

    #[test]
    fn a_flood_is_cut_and_counted_but_the_last_error_is_remembered() {
        let mut log = Log::default();
        for n in 0..LINES + 9 {
            log.write(Level::Info, &n.to_string());
        }
        log.write(Level::Error, "the end");
        assert_eq!(log.last_error(), Some("the end"));
        let lines = log.into_lines(Some("own".into()));
        assert_eq!(lines.len(), LINES + 2);
        assert!(lines[LINES].message.starts_with("10 more lines were not kept"));
        assert_eq!(lines[LINES + 1], LogLine { level: Level::Debug, message: "own".into() });
    }
}
