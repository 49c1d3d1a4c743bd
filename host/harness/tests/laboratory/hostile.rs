//! A guest that never ends or takes all memory ends its own call, and nothing else.

use std::path::Path;

use innkeeper_harness::scenario::{Snapshots, Verdict, play, read};
use innkeeper_harness::{Engine, Guest};

use crate::built;

const SCENARIO: &str = "
given:
- {apiVersion: test.innkeeper.dev/v1, kind: Hostile, metadata: {name: good}, spec: {children: [CHILD]}}
- {apiVersion: test.innkeeper.dev/v1, kind: Hostile, metadata: {name: bad}, spec: {misdeed: MISDEED}}
steps:
- then:
    conditions:
      Hostile/good: {Ready: True}
      Hostile/bad: {Ready: False, Stalled: {status: True, reason: GuestLimitExceeded, message: LIMIT}}
    children: {Hostile/good: [ConfigMap/one]}
";

#[test]
fn a_guest_that_hangs_or_eats_memory_fails_its_object_and_nothing_else() {
    let wasm = Engine::new().unwrap();
    let module = wasm.load(&std::fs::read(built("test-guests/hostile.wasm")).unwrap()).unwrap();
    let child = r#"'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}'"#;
    for (misdeed, limit) in [("Loop", "limit of time"), ("Hog", "limit of memory"), ("Recurse", "limit of stack")] {
        let text = SCENARIO.replace("CHILD", child).replace("MISDEED", misdeed).replace("LIMIT", limit);
        let scenario = read(&text, Path::new("hostile.yaml")).unwrap();
        let load = |file: &Path| Err(format!("there is no {}", file.display()));
        let place = (Path::new(""), Snapshots::default());
        let verdict = play(&scenario, place, vec![Guest::module(&wasm, &module)], &load, &mut Vec::new());
        assert!(matches!(verdict, Verdict::Passed), "{misdeed}: {verdict:?}");
    }
}
