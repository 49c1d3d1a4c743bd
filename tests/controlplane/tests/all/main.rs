//! What the control plane promises to the suites that use it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

mod audit_log;
mod cluster;
mod failures;
mod left_behind;
mod named;
mod proxy;
mod proxy_faults;
mod restarts;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use innkeeper_controlplane::{ControlPlane, Options};

/// One whole cluster for all tests; it ends with this process.
static SHARED: LazyLock<ControlPlane> =
    LazyLock::new(|| ControlPlane::start_with(&Options::default().with_nodes(2)).unwrap());

/// A namespace of the test's own in the shared cluster.
fn namespace(name: &str) -> &str {
    SHARED.run(&["create", "namespace", name]).unwrap();
    name
}

/// Polls, because nothing else tells; fails with `what` when it takes too long.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
