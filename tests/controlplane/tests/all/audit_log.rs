//! The audit log tells exactly who asked for what between two marks.

use innkeeper_controlplane::Request;

use super::{SHARED, namespace};

fn lines(requests: impl IntoIterator<Item = Request>) -> Vec<String> {
    requests.into_iter().map(|request| request.to_string()).collect()
}

#[test]
fn it_shows_exactly_what_a_user_read_and_wrote_between_two_marks() {
    let ns = namespace("audit");
    let alice = SHARED.user("alice", &["system:masters"]).unwrap();
    let audit = SHARED.audit().unwrap();
    let as_alice = |arguments: &[&str]| SHARED.run_as(&alice, arguments).unwrap();

    as_alice(&["create", "configmap", "before", "-n", ns]);
    let from = audit.mark().unwrap();
    as_alice(&["create", "configmap", "a", "-n", ns]);
    SHARED.run(&["create", "configmap", "of-the-administrator", "-n", ns]).unwrap();
    as_alice(&["get", "configmap", "a", "-n", ns]);
    as_alice(&["create", "configmap", "tried", "-n", ns, "--dry-run=server"]);
    as_alice(&["delete", "configmap", "a", "-n", ns, "--wait=false"]);
    let to = audit.mark().unwrap();
    as_alice(&["create", "configmap", "after", "-n", ns]);

    let hers = audit.between(&from, &to).unwrap().by("alice").of("configmaps");
    let expected = [
        "create v1 configmaps audit/a by alice: 201",
        "get v1 configmaps audit/a by alice: 200",
        "create v1 configmaps audit/tried (dry run) by alice: 201",
        "delete v1 configmaps audit/a by alice: 200",
    ];
    assert_eq!(lines(hers.clone()), expected);
    assert_eq!(lines(hers.clone().reads()), expected[1..2]);
    assert_eq!(hers.clone().writes().without_dry_runs().len(), 2);
    assert!(hers[0].user_agent.starts_with("kubectl"), "{}", hers[0].user_agent);
    let since = audit.since(&from).unwrap().by("alice").writes().in_namespace(ns);
    assert_eq!(since.last().and_then(|request| request.name.as_deref()), Some("after"));
}

#[test]
fn what_a_user_may_not_do_is_refused_and_seen() {
    let bob = SHARED.user("bob", &[]).unwrap();
    let audit = SHARED.audit().unwrap();
    let mark = audit.mark().unwrap();
    let error = SHARED.run_as(&bob, &["get", "secrets", "-n", "kube-system"]).unwrap_err().to_string();
    assert!(error.contains("Forbidden"), "{error}");
    let seen = audit.since(&mark).unwrap().by("bob").of("secrets");
    assert_eq!(lines(seen), ["list v1 secrets in kube-system by bob: 403"]);
}

#[test]
fn a_user_is_in_the_groups_asked_for() {
    let carol = SHARED.user("carol", &["guests", "cooks"]).unwrap();
    let who = SHARED.run_as(&carol, &["auth", "whoami", "-o=jsonpath={.status.userInfo.groups}"]).unwrap();
    assert!(who.contains("\"guests\"") && who.contains("\"cooks\""), "{who}");
    let error = SHARED.user("dave", &["one", "two", "three"]).unwrap_err();
    assert!(format!("{error:#}").contains("at most 2"), "{error:#}");
}

#[test]
fn a_watch_is_seen_once_and_when_it_starts() {
    let ns = namespace("audit-watch");
    let erin = SHARED.user("erin", &["system:masters"]).unwrap();
    let audit = SHARED.audit().unwrap();
    let mark = audit.mark().unwrap();
    let watching = ["get", "configmaps", "-n", ns, "--watch-only", "--request-timeout=2s"];
    // It ends by its time limit, which kubectl may call an error.
    let _ = SHARED.run_as(&erin, &watching);
    let watches = audit.since(&mark).unwrap().by("erin").watches();
    assert_eq!(lines(watches), ["watch v1 configmaps in audit-watch by erin: 200"]);
}

#[test]
fn leases_can_be_left_out() {
    let audit = SHARED.audit().unwrap();
    let mark = audit.mark().unwrap();
    let lease = "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: mine, namespace: default}}";
    SHARED.kubectl_apply(lease).unwrap();
    let writes = audit.since(&mark).unwrap().by("kubernetes-admin").writes();
    assert!(!writes.clone().of("leases").is_empty(), "{writes}");
    assert!(writes.without_leases().of("leases").is_empty());
}
