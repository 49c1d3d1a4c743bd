//! What happened in a laboratory, a line each, for people.

use std::fmt;
use std::time::Duration;

use innkeeper_core::contract::{Failure, Outcome, Phase};
use innkeeper_core::kind::Key;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Happened {
    /// Somebody did this to the cluster.
    Deed(String),
    /// A guest was called.
    Call(Box<Call>),
    /// The host asked the API server for something.
    Request {
        /// What, in a word.
        verb: &'static str,
        /// About which object.
        key: Key,
        /// What came of it.
        came: Came,
        /// What was said, of an Event.
        said: String,
    },
    /// What became of a watch.
    Watch(String),
    /// Something went wrong, in the host's words.
    Trouble(String),
}

/// A call of a guest.
#[derive(Clone, Debug)]
pub struct Call {
    /// For which object.
    pub object: Key,
    /// Of which module: its name and the first digits of its digest.
    pub module: String,
    /// Why.
    pub phase: Phase,
    /// What it answered.
    pub result: Result<Outcome, Failure>,
    /// What the guest said in its log.
    pub log: Vec<String>,
    /// CPU time that it took.
    pub cpu: Duration,
    /// The most memory that it had, in bytes.
    pub memory: u64,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The object was not there, and is.
    Created,
    /// Something is otherwise than before.
    Changed,
    /// All is as before.
    Unchanged,
    /// There is no such object.
    Absent,
    /// The API server refused, in its words.
    Refused(String),
}

impl Happened {
    /// The write that it is, as `apply Deployment default/web`; not of Events, Reconcilers and CRDs.
    pub fn write(&self) -> Option<String> {
        let Self::Request { verb, key, .. } = self else { return None };
        let own = matches!(key.kind.kind.as_str(), "Reconciler" | "CustomResourceDefinition");
        (!matches!(*verb, "look" | "rehearse" | "event") && !own).then(|| format!("{verb} {key}"))
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deed(what) => write!(f, "you     {what}"),
            Self::Call(call) => {
                let phase = if call.phase == Phase::Finalize { " (finalize)" } else { "" };
                write!(f, "call    {}{phase}: {}", call.object, said(&call.result))?;
                call.log.iter().try_for_each(|line| write!(f, "\n          log: {line}"))
            }
            Self::Request { verb, key, came, said } => {
                let came = match came {
                    Came::Created => "created".to_owned(),
                    Came::Changed => "done".to_owned(),
                    Came::Unchanged if *verb == "look" => "found".to_owned(),
                    Came::Unchanged if *verb == "rehearse" => "would do".to_owned(),
                    Came::Unchanged => "nothing changed".to_owned(),
                    Came::Absent => "not there".to_owned(),
                    Came::Refused(why) => format!("refused: {why}"),
                };
                let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
                write!(f, "{verb:<7} {key}{said}: {came}")
            }
            Self::Watch(text) => write!(f, "watch   {text}"),
            Self::Trouble(text) => write!(f, "trouble {text}"),
        }
    }
}

fn said(result: &Result<Outcome, Failure>) -> String {
    match result {
        Err(failure) => format!("failed: {failure}"),
        Ok(outcome) => {
            let mut parts = match outcome.children.len() {
                1 => vec!["1 child".to_owned()],
                n => vec![format!("{n} children")],
            };
            let mut count = |n: usize, what: &str| {
                if n > 0 {
                    parts.push(format!("{n} {what}"));
                }
            };
            count(outcome.contributions.len(), "contribution(s)");
            count(outcome.remove.len() + outcome.replace.len(), "removal(s)");
            count(outcome.events.len(), "Event(s)");
            count(usize::from(outcome.status.is_some()), "status");
            if let Some(ms) = outcome.requeue_after {
                parts.push(format!("again after {ms} ms"));
            }
            if outcome.finished {
                parts.push("finished".to_owned());
            }
            parts.join(", ")
        }
    }
}
