//! What one contender asked of the API server since a moment, by the API server's own audit log.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use innkeeper_controlplane::{Audit, Follow, Mark, Request};
use jiff::Timestamp;

use crate::figures::Asked;

/// The kinds of the children, by their plurals.
pub(crate) const CHILDREN: [&str; 4] = ["configmaps", "deployments", "serviceaccounts", "services"];
/// The kind of the objects.
const OBJECTS: &str = "fleets";

/// Follows one user.
pub(crate) struct Ledger {
    follow: Follow,
    user: &'static str,
    /// Whether the contender writes because an object changed; the raw writer does not wait for that.
    reacts: bool,
    requests: Vec<Request>,
    changes: HashMap<String, Timestamp>,
}

impl Ledger {
    pub(crate) fn open(audit: &Audit, mark: &Mark, user: &'static str, reacts: bool) -> Self {
        Self { follow: audit.follow(mark), user, reacts, requests: Vec::new(), changes: HashMap::new() }
    }

    /// Reads on. Says whether the contender asked for anything that is not told by the clock.
    pub(crate) fn read(&mut self) -> Result<bool> {
        let mut busy = false;
        for request in self.follow.news()? {
            if request.user == self.user {
                busy |= !by_the_clock(&request);
                self.requests.push(request);
            } else if request.user == "bench" && request.resource == OBJECTS && request.is_write() {
                self.changes.extend(request.name.map(|name| (name, request.received)));
            }
        }
        Ok(busy)
    }

    /// When the contender's first write of a child came.
    pub(crate) fn began(&self) -> Option<Timestamp> {
        self.child_writes().map(|request| request.received).min()
    }

    /// When the bench began to change objects.
    pub(crate) fn first_change(&self) -> Option<Timestamp> {
        self.changes.values().min().copied()
    }

    /// When the last answer came to what is not told by the clock.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        self.requests.iter().filter(|r| !by_the_clock(r)).map(|r| r.answered).max()
    }

    /// How many children were created, and when the last was.
    pub(crate) fn created(&self) -> (usize, Option<Timestamp>) {
        let created = self.child_writes().filter(|request| request.code == 201);
        let names: HashMap<(&str, &str), Timestamp> = created.filter_map(|r| Some((name(r)?, r.answered))).collect();
        (names.len(), names.values().max().copied())
    }

    /// Of how many objects the child of that kind was written after its object had changed, and when the last
    /// of these first writes was answered.
    pub(crate) fn followed(&self, resource: &str) -> (usize, Option<Timestamp>) {
        self.first_writes(|request| request.resource == resource)
    }

    /// The same of the objects' status.
    pub(crate) fn reported(&self) -> (usize, Option<Timestamp>) {
        self.first_writes(|request| request.resource == OBJECTS && request.subresource.as_deref() == Some("status"))
    }

    fn first_writes(&self, which: impl Fn(&Request) -> bool) -> (usize, Option<Timestamp>) {
        let mut first: HashMap<&str, Timestamp> = HashMap::new();
        for request in self.requests.iter().filter(|r| r.is_write() && r.code < 300 && which(r)) {
            let Some(name) = request.name.as_deref() else { continue };
            if self.reacts && self.changes.get(name).is_some_and(|changed| request.answered < *changed) {
                continue;
            }
            let at = first.entry(name).or_insert(request.answered);
            *at = (*at).min(request.answered);
        }
        (first.len(), first.values().max().copied())
    }

    /// Everything asked for, by what: `patch configmaps`, `list fleets`, …
    pub(crate) fn asked(&self) -> Asked {
        let mut asked = Asked { requests: self.requests.len(), ..Asked::default() };
        for request in &self.requests {
            *asked.by_what.entry(what(request)).or_default() += 1;
            asked.writes += usize::from(request.is_write());
            asked.counts += usize::from(request.is_write() && by_the_clock(request));
            asked.refused += usize::from(request.code >= 400 && request.code != 404);
        }
        asked
    }

    fn child_writes(&self) -> impl Iterator<Item = &Request> {
        let kinds: HashSet<&str> = CHILDREN.into();
        let of_a_child = move |r: &&Request| r.is_write() && kinds.contains(r.resource.as_str()) && !is_of_a_module(r);
        self.requests.iter().filter(of_a_child)
    }
}

fn name(request: &Request) -> Option<(&str, &str)> {
    Some((request.resource.as_str(), request.name.as_deref()?))
}

/// Leases, and the counts in the status of a Reconciler, are written by the clock, and a module is put into the cluster
/// once: no promise counts them. A watch lasts some minutes and then begins anew.
fn by_the_clock(request: &Request) -> bool {
    request.verb == "watch"
        || request.resource == "leases"
        || request.resource == "reconcilers"
        || is_of_a_module(request)
}

/// Whether it is about a chunk of a module that the host keeps in the cluster.
fn is_of_a_module(request: &Request) -> bool {
    request.uri.starts_with("/api/v1/namespaces/innkeeper/configmaps")
}

fn what(request: &Request) -> String {
    let Request { verb, resource, subresource, uri, .. } = request;
    match (resource.as_str(), subresource) {
        ("", _) => format!("{verb} {}", uri.split('?').next().unwrap_or_default()),
        (resource, None) => format!("{verb} {resource}"),
        (resource, Some(part)) => format!("{verb} {resource}/{part}"),
    }
}
