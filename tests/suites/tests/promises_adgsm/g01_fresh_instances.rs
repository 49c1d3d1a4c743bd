//! G01: every call gets a fresh instance; nothing survives a call.

use innkeeper_suites::House;
use serde_json::json;

use crate::bench::{Bench, KIND, config_map};

#[test]
fn g01_a_guest_that_counts_its_calls_never_gets_beyond_one() {
    let house = House::shared();
    for round in 0..5 {
        Bench::new("forgetful")
            .child(config_map("forgetful", &format!("round {round}")))
            .with("behaviour", json!("Count"))
            .apply_ready(&house);
        let bench = house.get(KIND, "forgetful");
        assert_eq!(bench["status"]["observedGeneration"], bench["metadata"]["generation"], "it was called: {bench}");
        assert_eq!(bench["status"]["calls"], 1, "the guest remembers nothing: {bench}");
    }
    // Another object of the same kind gets an instance of its own too.
    Bench::new("another").with("behaviour", json!("Count")).apply_ready(&house);
    assert_eq!(house.get(KIND, "another")["status"]["calls"], 1);
}
