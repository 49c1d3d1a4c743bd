//! H02: a scenario reads as given, when, then; what is otherwise, and what makes no sense, is told with its line.

use std::path::Path;
use std::sync::LazyLock;

use innkeeper_harness::scenario::{Snapshots, Verdict, play, read};
use innkeeper_harness::{Engine, Guest};

use crate::custom_http;

const SCENARIO: &str = "\
scenario: the Deployment follows replicaCount
given:
- apiVersion: groupsp.measutosh.dev/v1
  kind: KindCustomHttp
  metadata: {name: web}
  spec: {replicaCount: 2, port: 80}
steps:
- when: {patch: KindCustomHttp/web, with: {spec: {replicaCount: 3}}}
  then:
    objects:
      Deployment/web: {spec: {replicas: 3}}
    absent: [ConfigMap/web]
";

/// Compiled once.
static GUEST: LazyLock<Guest> = LazyLock::new(|| {
    let wasm = Engine::new().unwrap();
    let module = wasm.load(&std::fs::read(custom_http()).unwrap()).unwrap();
    Guest::module(&wasm, &module)
});

fn played(text: &str) -> Verdict {
    let scenario = match read(text, Path::new("web.yaml")) {
        Ok(scenario) => scenario,
        Err(wrong) => return Verdict::Wrong(wrong),
    };
    let load = |file: &Path| Err(format!("there is no {}", file.display()));
    play(&scenario, (Path::new(""), Snapshots::default()), vec![GUEST.clone()], &load, &mut Vec::new())
}

#[test]
fn h02_a_scenario_is_given_when_then_and_what_is_otherwise_is_told_with_its_line() {
    assert!(matches!(played(SCENARIO), Verdict::Passed), "{:?}", played(SCENARIO));
    let Verdict::Failed { why, happened } = played(&SCENARIO.replace("replicas: 3", "replicas: 4")) else {
        panic!("3 replicas were taken for 4")
    };
    assert_eq!(
        why,
        [(11, vec!["Deployment/web is not as expected:".into(), "spec.replicas".into(), "- 4".into(), "+ 3".into()])]
    );
    assert!(happened.iter().any(|line| line.starts_with("call    KindCustomHttp default/web")), "{happened:#?}");
    assert!(happened.iter().any(|line| line == "apply   Deployment default/web: done"), "{happened:#?}");
}

#[test]
fn what_makes_no_sense_is_told_with_its_line_and_what_was_meant() {
    for (old, new, line, words) in [
        ("objects:", "objekts:", 10, "did you mean objects?"),
        ("{patch:", "{pach:", 8, "did you mean patch?"),
        ("Deployment/web:", "Deploymnt/web:", 11, "did you mean Deployment?"),
        ("replicas: 3", "replcas: 3", 11, "no field spec.replcas (did you mean spec.replicas?)"),
        ("spec: {replicas: 3}", "spec: 3", 11, "can never be so"),
        ("with: ", "wiht: ", 8, "did you mean with?"),
        ("Deployment/web: {spec", "KindCustomHttp/web: {spec", 11, "no field spec.replicas"),
        (
            "Deployment/web: {spec: {replicas: 3",
            "KindCustomHttp/web: {spec: {replicaCount: many",
            11,
            "expected numeric",
        ),
        ("port: 80}", "prot: 80}", 3, "(did you mean spec.port?)"),
        ("steps:", "steps: [", 7, "not YAML"),
        ("- apiVersion:", "  apiVersion:", 3, "given is a list"),
    ] {
        let verdict = played(&SCENARIO.replacen(old, new, 1));
        let Verdict::Wrong(wrong) = &verdict else { panic!("{new} was taken: {verdict:?}") };
        assert!(wrong.why.contains(words), "{new}: {wrong}");
        assert!(wrong.line >= line, "{new}: {wrong}");
    }
}
