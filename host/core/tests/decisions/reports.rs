//! What is written to Reconcilers, and how often.

use crate::house::{House, inn, rooms};
use innkeeper_core::action::Done;
use serde_json::json;

const STATUS: &str = "status Reconciler inn";

/// How many status writes there were since the last time this was asked.
fn writes(house: &mut House) -> usize {
    std::mem::take(&mut house.requests).iter().filter(|r| *r == STATUS).count()
}

#[test]
fn a_status_of_a_reconciler_that_is_not_found_is_not_written_again_at_once() {
    for answer in [Done::NotFound("not found".into()), Done::Conflict("it has changed".into())] {
        let mut house = House::new(rooms);
        house.pass(10_000);
        writes(&mut house);
        house.api.refuse(STATUS, answer);
        let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
        reconciler["spec"]["suspend"] = json!(true);
        house.put(reconciler);
        assert_eq!(writes(&mut house), 1);
        house.pass(1_000);
        assert_eq!(writes(&mut house), 0);
        house.api.refuses = None;
        house.pass(10_000);
        let conditions = &house.api.get("Reconciler", None, "inn").unwrap()["status"]["conditions"];
        assert_eq!(conditions[0]["reason"], "Suspended");
    }
}

#[test]
fn a_field_of_the_status_that_the_schema_drops_is_not_written_again_and_again() {
    let mut house = House::new(rooms);
    house.api.prunes = Some("/status/version".into());
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["status"].as_object_mut().unwrap().remove("version");
    house.put(reconciler);
    house.put(inn("x", json!({"rooms": []})));
    house.pass(10_000);
    house.pass(10_000);
    writes(&mut house);
    for _ in 0..10 {
        house.pass(10_000);
    }
    assert_eq!(writes(&mut house), 0);
}
