//! What the commands show: of scenarios for machines, of modules for people.

use std::path::Path;
use std::process::Command;

use innkeeper_suites::binary;
use serde_json::Value;

use crate::{GOOD, Scenarios, custom_http, said};

fn innkeeper(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    command.args(arguments);
    said(command)
}

#[test]
fn results_are_told_as_json_and_junit() {
    let scenarios = Scenarios::new().with("a.yaml", GOOD).with("b.yaml", &GOOD.replace("replicas: 3", "replicas: 4"));
    let (code, told) = scenarios.tested(&custom_http(), &["-o", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, told.as_array().map(Vec::len)), (Some(1), Some(2)), "{told}");
    assert_eq!((&told[0]["result"], &told[1]["result"]), (&"passed".into(), &"failed".into()));
    assert_eq!(told[1]["why"][0]["line"], 11);
    let (code, told) = scenarios.tested(&custom_http(), &["-o", "junit"]);
    assert_eq!(code, Some(1));
    assert!(told.contains(r#"<testsuite name="innkeeper" tests="2" failures="1" errors="0""#), "{told}");
    assert!(told.contains("scenarios/b.yaml:11: Deployment/web is not as expected:"), "{told}");
    let (code, told) = scenarios.tested(&custom_http(), &["--filter", "a.yaml"]);
    assert_eq!((code, told.contains("1 passed, 0 failed")), (Some(0), true), "{told}");
}

#[test]
fn a_snapshot_is_written_for_review_and_compared_then() {
    let text = format!("{GOOD}    snapshot: [Deployment/web]\n");
    let scenarios = Scenarios::new().with("a.yaml", &text);
    let (code, told) = scenarios.tested(&custom_http(), &[]);
    assert_eq!((code, told.contains("--update writes it")), (Some(1), true), "{told}");
    assert_eq!(scenarios.tested(&custom_http(), &["--update"]).0, Some(0));
    assert_eq!(scenarios.tested(&custom_http(), &[]).0, Some(0));
    let snapshot = scenarios.file("snapshots/a.1.yaml");
    let written = std::fs::read_to_string(&snapshot).unwrap();
    assert!(written.contains("replicas: 3"), "{written}");
    std::fs::write(&snapshot, written.replace("replicas: 3", "replicas: 7")).unwrap();
    let (code, told) = scenarios.tested(&custom_http(), &[]);
    assert_eq!((code, told.contains("is not as in")), (Some(1), true), "{told}");
}

#[test]
fn a_module_is_shown_with_what_it_imports_and_which_rights_it_wants() {
    let file = custom_http();
    let (code, told) = innkeeper(&["inspect", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{told}");
    for words in [
        "module       custom-http ",
        "digest       sha256:",
        " bytes",
        "keeps        groupsp.measutosh.dev/v1 KindCustomHttp",
        ", and carries its CRD",
        "innkeeper:guest/cluster@0.1.0",
        "applies      Deployment of apps, in the object's namespace",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let (_, told) = innkeeper(&["inspect", "-o", "json", file.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let imports = told[0]["imports"].as_array().unwrap();
    assert!(imports.contains(&"innkeeper:guest/cluster@0.1.0".into()), "{told}");
}

#[test]
fn children_are_rendered_and_calls_are_measured() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/custom-http/scenarios/objects/web.yaml");
    let (file, web) = (custom_http(), web.canonicalize().unwrap());
    let arguments = [file.to_str().unwrap(), web.to_str().unwrap()];
    let (code, told) = innkeeper(&[&["render"], &arguments[..]].concat());
    assert_eq!(code, Some(0), "{told}");
    for kind in ["kind: Deployment", "kind: Service", "kind: ConfigMap"] {
        assert!(told.contains(kind), "{kind}: {told}");
    }
    let (code, told) = innkeeper(&[&["bench", "--calls", "20"], &arguments[..]].concat());
    assert_eq!((code, told.contains("P99")), (Some(0), true), "{told}");
    assert!(told.contains("20 calls") && told.contains("memory, KiB") && told.contains("said, bytes"), "{told}");
}
