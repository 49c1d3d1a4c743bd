//! What makes no sense is told with its file, its line, and what may have been meant; what is bad ends its case alone.

use crate::{GOOD, Scenarios, built, custom_http, hostile};

#[test]
fn what_makes_no_sense_is_told_with_file_and_line_and_what_was_meant() {
    for (name, old, new, line, words) in [
        ("not YAML", "steps:", "steps: [", 8, "not YAML"),
        ("a field of a scenario", "steps:", "stebs:", 7, "did you mean steps?"),
        ("a deed", "{patch:", "{pach:", 8, "did you mean patch?"),
        ("a field of a deed", "with:", "wiht:", 8, "did you mean with?"),
        ("an expectation", "objects:", "objekts:", 10, "did you mean objects?"),
        ("a kind that is expected", "Deployment/web:", "Deploymnt/web:", 11, "did you mean Deployment?"),
        ("a kind that is given", "kind: KindCustomHttp", "kind: KindCustomHtp", 3, "did you mean KindCustomHttp?"),
        ("a field of a given object", "port: 80", "prot: 80", 3, "did you mean spec.port?"),
        ("a field that can never be", "replicas: 3", "replcas: 3", 11, "did you mean spec.replicas?"),
        ("a value that can never be", "replicas: 3}", "replicas: three}", 11, "can never be so: invalid type"),
        (
            "a value of a kind of one's own that can never be",
            "Deployment/web: {spec: {replicas: 3}}",
            "KindCustomHttp/web: {spec: {replicaCount: three}}",
            11,
            "can never be so: spec.replicaCount: expected numeric",
        ),
        (
            "nothing is expected",
            "  then:\n    objects:\n      Deployment/web: {spec: {replicas: 3}}\n",
            "",
            8,
            "the step expects nothing",
        ),
        ("no object", "KindCustomHttp/web, with", "KindCustomHttp, with", 8, "names no object"),
    ] {
        let scenarios = Scenarios::new().with("bad.yaml", &GOOD.replacen(old, new, 1));
        let (code, said) = scenarios.tested(&custom_http(), &[]);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
        assert!(said.contains(&format!("scenarios/bad.yaml:{line}:")), "{name}: {said}");
    }
}

#[test]
fn a_field_of_an_applied_object_that_its_kind_does_not_have_is_refused_with_what_was_meant() {
    let apply = "{apply: {apiVersion: groupsp.measutosh.dev/v1, kind: KindCustomHttp, metadata: {name: b}, spec: {replicaCont: 3, port: 80}}}";
    let text = GOOD.replacen("{patch: KindCustomHttp/web, with: {spec: {replicaCount: 3}}}", apply, 1);
    let (code, said) = Scenarios::new().with("bad.yaml", &text).tested(&custom_http(), &[]);
    assert_eq!((code, said.contains("(did you mean spec.replicaCount?)")), (Some(1), true), "{said}");
}

#[test]
fn a_module_that_is_none_is_told_and_the_next_scenario_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none.wasm");
    std::fs::write(&none, "hello").unwrap();
    let scenarios = Scenarios::new()
        .with("a.yaml", &format!("module: {}\n{GOOD}", none.display()))
        .with("b.yaml", &format!("module: {}/there-is-none.wasm\n{GOOD}", folder.path().display()))
        .with("c.yaml", GOOD);
    let (code, said) = scenarios.tested(&custom_http(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("a.yaml:1:") && said.contains("is no module"), "{said}");
    assert!(said.contains("b.yaml:1:") && said.contains("No such file"), "{said}");
    assert!(said.contains("1 passed, 0 failed, 2 that make no sense"), "{said}");
}

#[test]
fn a_guest_that_hangs_or_eats_memory_ends_its_case_and_not_the_run() {
    let scenarios = Scenarios::new()
        .with("a.yaml", &hostile("{misdeed: Loop}"))
        .with("b.yaml", &hostile("{misdeed: Hog}"))
        .with("c.yaml", &hostile("{misdeed: Recurse}"))
        .with("d.yaml", &hostile("{misdeed: Panic}"))
        .with("e.yaml", &hostile("{}"));
    let (code, said) = scenarios.tested(&built("test-guests/hostile.wasm"), &[]);
    assert_eq!((code, said.contains("1 passed, 4 failed")), (Some(1), true), "{said}");
    for words in ["limit of time", "limit of memory", "limit of stack", "the guest trapped"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_never_comes_to_rest_ends_its_case() {
    let text = hostile("{misdeed: Flip}").replace("- then:", "- when: {wait: 24h}\n  then:");
    let scenarios = Scenarios::new().with("a.yaml", &text).with("b.yaml", &hostile("{}"));
    let (code, said) = scenarios.tested(&built("test-guests/hostile.wasm"), &[]);
    assert!(said.contains("ok    scenarios/b.yaml"), "{said}");
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn wrong_usage_is_told() {
    let scenarios = Scenarios::new();
    let (code, said) = scenarios.tested(&custom_http(), &[]);
    assert_eq!((code, said.contains("there is no scenario")), (Some(2), true), "{said}");
    let scenarios = scenarios.with("a.yaml", GOOD);
    let (code, said) = scenarios.tested(&custom_http(), &["--filter", "nothing like it"]);
    assert_eq!((code, said.contains("of 1 scenarios none has")), (Some(2), true), "{said}");
    let (code, said) = scenarios.tested(&custom_http(), &["not-there"]);
    assert_eq!((code, said.contains("not-there: No such file")), (Some(2), true), "{said}");
}
