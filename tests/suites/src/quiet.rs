//! What the host reads, writes and says: as the API server's audit log and its own log have it.

use std::time::{Duration, Instant};

use innkeeper_controlplane::{Mark, Request, Requests};

use crate::cluster::HOST_USER;
use crate::house::House;
use crate::patience::LIMIT;

/// Nothing for so long is quiet. Longer than the host's pause between two writes of counts.
const QUIET: Duration = Duration::from_secs(6);
/// Between two looks at what it asked for.
const LOOK: Duration = Duration::from_millis(250);

impl House {
    /// A mark in the audit log: what comes after it can be asked for.
    pub fn mark(&self) -> Mark {
        self.cluster.audit().mark().expect("the audit log can be read")
    }

    /// What the host asked of the API server since the mark about this house: its namespace, and where no
    /// other test is in it, everything that has no namespace.
    pub fn requests_since(&self, mark: &Mark) -> Vec<Request> {
        let all = self.cluster.audit().since(mark).expect("the audit log can be read");
        self.about_this_house(all)
    }

    fn about_this_house(&self, all: Requests) -> Vec<Request> {
        let ours = |request: &Request| match &request.namespace {
            Some(namespace) => namespace == self.namespace(),
            // Leases are renewed by the clock.
            None => self.is_alone() && request.group != "coordination.k8s.io",
        };
        all.by(HOST_USER).into_iter().filter(ours).collect()
    }

    /// What somebody else asked of the API server since the mark.
    pub fn requests_of(&self, user: &str, mark: &Mark) -> Vec<Request> {
        let all = self.cluster.audit().since(mark).expect("the audit log can be read");
        all.by(user).into_iter().collect()
    }

    /// What the host writes during that time.
    pub fn writes_during(&self, time: Duration) -> Vec<String> {
        let mark = self.mark();
        std::thread::sleep(time);
        self.requests_since(&mark).iter().filter(|r| r.is_write()).map(ToString::to_string).collect()
    }

    /// A host that starts on what was brought to rest writes nothing. What it asked for.
    pub fn restart_writes_nothing(&self) -> Vec<Request> {
        let mark = self.mark();
        self.start_host();
        self.wait_until_quiet();
        let requests = self.requests_since(&mark);
        assert!(!requests.is_empty(), "the new host listed and watched");
        let writes: Vec<_> = requests.iter().filter(|r| r.is_write()).map(ToString::to_string).collect();
        assert!(writes.is_empty(), "a restart writes nothing: {writes:#?}");
        requests
    }

    /// The same, and it reads no single object either: it lists and watches.
    pub fn restart_reads_and_writes_nothing(&self) {
        let requests = self.restart_writes_nothing();
        let reads: Vec<_> =
            requests.iter().filter(|r| r.verb == "get" && r.name.is_some()).map(ToString::to_string).collect();
        assert!(reads.is_empty(), "a restart reads no single object: {reads:#?}");
    }

    /// Waits until the host has asked for nothing for a while; watches may begin anew. A cluster that somebody
    /// named shows no audit log: there it is only waited for so long.
    pub fn wait_until_quiet(&self) {
        if self.cluster.control.is_named() {
            return std::thread::sleep(QUIET);
        }
        let mut told = self.cluster.audit().follow(&self.mark());
        let (began, mut quiet_since) = (Instant::now(), Instant::now());
        while quiet_since.elapsed() < QUIET {
            std::thread::sleep(LOOK);
            let news = told.news().expect("the audit log can be read");
            let heard: Vec<String> = self
                .about_this_house(news)
                .iter()
                .filter(|request| request.verb != "watch")
                .map(ToString::to_string)
                .collect();
            if !heard.is_empty() {
                quiet_since = Instant::now();
                assert!(began.elapsed() < *LIMIT, "the host finds no rest: {heard:#?}\n{}", self.state());
            }
        }
    }

    /// Waits until the host's log has a line that holds all these words.
    pub fn host_says(&self, words: &[&str]) {
        self.eventually(&format!("the host's log has a line with {words:?}"), || self.host().said(words).is_some());
    }

    /// Warnings and errors of the host's log that are about this namespace.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.host().log();
        let is_complaint = |line: &&str| line.contains(" WARN ") || line.contains("ERROR");
        log.lines().filter(is_complaint).filter(|line| line.contains(self.namespace())).map(str::to_owned).collect()
    }
}
