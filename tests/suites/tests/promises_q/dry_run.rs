//! `innkeeper run --dry-run`: everything that would be written is told, and nothing is written.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, condition};
use serde_json::json;

use crate::bench::{KIND, OTHER, apply, bench, children, config_map};

#[test]
fn a_dry_run_writes_nothing_and_tells_what_it_would() {
    let house = House::alone(&["final-bench", "workbench"]);
    // One kind is kept already, and drifts; of the other kind not even the Reconciler is there.
    house.start_host();
    apply(&house, &[bench(KIND, "kept", &children(&[config_map("kept", "mine"), config_map("surplus", "mine")]))]);
    house.wait_for_condition(KIND, "kept", "Ready", "True");
    house.wait_until_quiet();
    house.host().kill();
    house.lose_reconciler("final-bench");
    house.patch("configmap", "kept", r#"{"data": {"text": "theirs"}}"#);
    apply(&house, &[bench(KIND, "kept", &children(&[config_map("kept", "mine")]))]);
    apply(&house, &[bench(OTHER, "new", &children(&[config_map("new", "mine")]))]);

    let mark = house.mark();
    let host = house.start_host_with(&["--dry-run"]);
    let would = |verb: &str, target: &str| {
        let verb = format!("verb=\"{verb}\"");
        house.host_says(&["dry run: this would be written", &verb, target]);
    };
    would("create", "Reconciler final-bench");
    would("apply", "/kept");
    would("delete", "/surplus");
    would("apply", "/new");
    would("merge", "/new");
    would("status", "/new");
    house.wait_until_quiet();
    let written: Vec<String> =
        house.requests_since(&mark).iter().filter(|r| Request::is_write(r)).map(ToString::to_string).collect();
    assert_eq!(written, Vec::<String>::new(), "nothing is written");
    assert_eq!(house.get("ConfigMap", "kept")["data"], json!({"text": "theirs"}));
    assert!(house.find("ConfigMap", "surplus").is_some() && house.find("ConfigMap", "new").is_none());
    assert!(house.find("Reconciler", "final-bench").is_none());
    assert!(condition(&house.get(OTHER, "new"), "Ready").is_none());

    // It is not told again and again, and a change is looked at.
    let told = host.log().matches("dry run: this would be written").count();
    house.wait_until_quiet();
    assert_eq!(host.log().matches("dry run: this would be written").count(), told);
    apply(&house, &[bench(OTHER, "new", &children(&[config_map("newer", "mine")]))]);
    would("apply", "/newer");
}
