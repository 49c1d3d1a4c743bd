//! What one call of a guest can see: a frozen picture, and the record of what was looked at.

use std::sync::Arc;

use crate::contract::View;
use crate::kind::{Key, Kind};
use crate::object::Object;

/// A read that a guest asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// One object by its name.
    Get {
        /// Which.
        key: Key,
        /// How much of it.
        view: View,
    },
    /// Objects of a kind.
    List {
        /// Of which kind.
        kind: Kind,
        /// A label selector; empty: any.
        labels: String,
        /// How much of them.
        view: View,
    },
    /// The object's children.
    Children {
        /// How much of them.
        view: View,
    },
    /// Whether an instant (milliseconds since the epoch) has passed, and what was answered.
    Reached {
        /// The instant.
        at: i64,
        /// The answer.
        answer: bool,
    },
}

/// The host cannot answer a read, so the call must end. Holds why, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// The frozen picture that answers the reads of one call, and what has been read of it.
#[derive(Clone, Debug, Default)]
pub struct World {
    children: Vec<Arc<Object>>,
    now_ms: i64,
    reads: Vec<Read>,
}

impl World {
    /// A picture of an object's children at a moment (milliseconds since the epoch).
    ///
    /// `children` need not be sorted.
    pub fn new(mut children: Vec<Arc<Object>>, now_ms: i64) -> Self {
        children.sort_by(|a, b| child_order(a).cmp(&child_order(b)));
        Self { children, now_ms, reads: Vec::new() }
    }

    /// `cluster.get`. This host does not watch kinds for reading yet.
    pub fn get(&mut self, key: Key, view: View) -> Result<Option<String>, Unanswered> {
        let why = format!("this host cannot answer cluster.get ({key}) yet");
        self.reads.push(Read::Get { key, view });
        Err(Unanswered(why))
    }

    /// `cluster.list`. This host does not watch kinds for reading yet.
    pub fn list(&mut self, kind: Kind, labels: &str, view: View) -> Result<Vec<String>, Unanswered> {
        let why = format!("this host cannot answer cluster.list ({kind}) yet");
        self.reads.push(Read::List { kind, labels: labels.into(), view });
        Err(Unanswered(why))
    }

    /// `cluster.children`, sorted by group, kind, namespace and name.
    pub fn children(&mut self, view: View) -> Vec<String> {
        self.reads.push(Read::Children { view });
        self.children.iter().map(|child| child.view(view)).collect()
    }

    /// `clock.reached`.
    pub fn reached(&mut self, at: i64) -> bool {
        let answer = at <= self.now_ms;
        self.reads.push(Read::Reached { at, answer });
        answer
    }

    /// How many reads there were.
    pub fn count(&self) -> usize {
        self.reads.len()
    }

    /// The record of the reads, in their order.
    pub fn into_reads(self) -> Vec<Read> {
        self.reads
    }
}

fn child_order(object: &Object) -> (&str, &str, Option<&str>, &str) {
    let key = &object.key;
    (&key.kind.group, &key.kind.kind, key.namespace.as_deref(), &key.name)
}
