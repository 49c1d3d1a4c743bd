//! M02: what becomes of modules is shown on the Reconciler: in conditions, in what `kubectl get` prints, and in Events.

use std::time::Duration;

use innkeeper_suites::{House, condition, forge, guest, rebuilt};
use serde_json::{Value, json};

use crate::m05_plan::street;
use crate::pusher::{Pusher, digest, digest_of, house, loaded, loaded_of, serves, start_host};
use crate::told::{is_told, told};

const NAME: &str = "workbench";

/// The condition of that type of a Reconciler: its status, reason and message.
fn shown(house: &House, name: &str, kind: &str) -> (String, String, String) {
    let condition = condition(&house.get("Reconciler", name), kind).unwrap_or_default();
    ["status", "reason", "message"].map(|field| condition[field].as_str().unwrap_or_default().to_owned()).into()
}

/// Every condition with when its status changed last, and every Event with how often it was told.
fn stands(house: &House, name: &str) -> (Vec<Value>, Vec<Value>) {
    let conditions = house.get("Reconciler", name)["status"]["conditions"].as_array().unwrap().clone();
    let events = told(house, name).iter().map(|event| json!([event["note"], event["series"]["count"]])).collect();
    (conditions, events)
}

#[test]
fn m02_a_module_that_cannot_be_built_is_told_in_an_event_with_the_reason_once() {
    let house = House::alone(&[NAME]);
    house.start_host();
    serves(&house, "one");
    let first = digest(&house);
    let event = is_told(&house, NAME, ("Normal", "ModuleSwapped"), &[&first[7..19], "from the folder", "decides"]);
    assert_eq!((&event["regarding"]["kind"], &event["regarding"]["name"]), (&json!("Reconciler"), &json!(NAME)));
    assert_eq!(event["action"], "Swap");

    let wasi = r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#;
    house.modules().put("workbench.wasm", &forge::module(wasi, "unreachable"));
    let words = ["workbench.wasm", "wasi_snapshot_preview1.random_get", "stays in service"];
    is_told(&house, NAME, ("Warning", "ModuleRejected"), &words);
    assert_eq!((loaded(&house)["status"].as_str(), digest(&house)), (Some("False"), first.clone()));
    serves(&house, "two");

    house.modules().put("workbench.wasm", &rebuilt(&guest(NAME)));
    house.eventually("the next one decides", || digest(&house) != first);
    let second = digest(&house);
    is_told(&house, NAME, ("Normal", "ModuleSwapped"), &[&second[7..19], "before it", &first[7..19]]);
    house.wait_until_quiet();
    let before = stands(&house, NAME);
    house.start_host();
    serves(&house, "three");
    house.wait_until_quiet();
    assert_eq!(stands(&house, NAME), before, "a restart is no news");

    // As people see it.
    let described = house.kubectl(&["describe", "reconciler", NAME]);
    assert!(described.contains("ModuleRejected") && described.contains("random_get"), "{described}");
}

#[test]
fn m02_kubectl_get_shows_the_kind_the_digest_and_how_it_stands() {
    let house = House::alone(&[NAME]);
    house.start_host();
    serves(&house, "one");
    house.eventually("its objects are counted", || {
        house.get("Reconciler", NAME)["status"]["objects"]["ready"].as_u64() >= Some(1)
    });
    let printed = house.kubectl(&["get", "reconciler", NAME]);
    let (head, line) = printed.trim().split_once('\n').unwrap();
    let columns = ["NAME", "KIND", "DIGEST", "READY", "REASON", "OBJECTS", "READY OBJECTS", "FAILING", "AGE"];
    assert_eq!(head.split_whitespace().collect::<Vec<_>>(), columns.join(" ").split(' ').collect::<Vec<_>>());
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells[..5], [NAME, "Workbench", &digest(&house)[7..19], "True", "Serving"]);
    let wide = house.kubectl(&["get", "reconciler", NAME, "-o", "wide"]);
    assert!(wide.contains(&digest(&house)), "{wide}");
}

#[test]
fn m02_what_makes_no_sense_is_not_accepted_and_what_served_serves() {
    let house = House::alone(&[NAME]);
    house.start_host();
    serves(&house, "one");
    assert_eq!(shown(&house, NAME, "Accepted").0, "True");
    let steps = json!({"spec": {"rollout": {"steps": ["ten in a hundred"]}}});
    house.patch("reconciler", NAME, &steps.to_string());
    house.eventually("it is not accepted", || shown(&house, NAME, "Accepted").1 == "InvalidSpec");
    assert!(shown(&house, NAME, "Accepted").2.contains("ten in a hundred"));
    house.modules().put("workbench.wasm", &rebuilt(&guest(NAME)));
    is_told(&house, NAME, ("Warning", "InvalidSpec"), &["ten in a hundred"]);
    serves(&house, "two");
    let none = json!({"spec": {"rollout": null}});
    house.patch("reconciler", NAME, &none.to_string());
    house.eventually("it is accepted", || shown(&house, NAME, "Accepted").0 == "True");
}

#[test]
fn m05_a_plan_and_what_waits_for_approval_are_shown_and_a_restart_changes_nothing_of_that() {
    const NAME: &str = "custom-http";
    let house = house();
    let module = street(&house);
    let first = digest_of(&house, NAME);
    assert_eq!(shown(&house, NAME, "Planned").1, "NotAsked");
    let rollout = json!({"spec": {"rollout": {"plan": "Required"}}});
    house.patch("reconciler", NAME, &rollout.to_string());
    Pusher::of(&house).push(&house, &innkeeper_suites::reworded(&module, "-configmap", "-configmop"), &[]);
    let found = "of 2 objects 2 would change";
    is_told(&house, NAME, ("Normal", "PlanMade"), &[found, "ping"]);
    is_told(&house, NAME, ("Normal", "ApprovalNeeded"), &[found, "innkeeper approve custom-http"]);
    let (is, reason, message) = shown(&house, NAME, "Planned");
    assert_eq!((is.as_str(), reason.as_str()), ("True", "Planned"));
    assert!(message.contains(found), "{message}");

    let before = stands(&house, NAME);
    let made = |house: &House| house.get("Reconciler", NAME)["status"]["plan"]["made"].clone();
    let made_first = made(&house);
    // Times are written in seconds: two plans of one second could not be told apart.
    std::thread::sleep(Duration::from_secs(1));
    house.host().kill();
    start_host(&house);
    house.eventually("the new process has made the plan again", || made(&house) != made_first);
    house.wait_until_quiet();
    assert_eq!(stands(&house, NAME), before, "it waits as it did");
    assert_eq!(digest_of(&house, NAME), first);

    // Objects change: the plan is made again, and finds that.
    house.delete("kindcustomhttp", "pong");
    house.eventually("the plan says what would change now", || {
        shown(&house, NAME, "Planned").2.contains("of 1 objects 1 would change")
    });
    assert_eq!(loaded_of(&house, NAME)["reason"], "ApprovalNeeded");
}

#[test]
fn m04_who_goes_back_is_told_so_and_goes_on_from_there() {
    let house = house();
    let pusher = Pusher::of(&house);
    let digests = pusher.pushes_three(&house);
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!((code, digest(&house)), (Some(0), digests[1].clone()), "{said}");
    let words = ["somebody went back", &digests[1][7..19], &digests[2][7..19], "innkeeper approve workbench"];
    is_told(&house, NAME, ("Normal", "RolledBack"), &words);
    // What was left is named again, and does not decide: the next one back is the one before that which does.
    let source = json!({"spec": {"module": {"pushed": {}, "digest": digests[2]}}});
    house.patch("reconciler", NAME, &source.to_string());
    house.eventually("it was left", || loaded(&house)["reason"] == "RolledBack");
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!((code, digest(&house)), (Some(0), digests[0].clone()), "{said}");
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!((code, said.contains("--to")), (Some(1), true), "all others were left: {said}");
    let (code, said) = pusher.roll_back(&house, &["--to", &digests[2]]);
    assert_eq!((code, digest(&house)), (Some(0), digests[2].clone()), "{said}");
}
