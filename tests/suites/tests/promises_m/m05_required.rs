//! M05: a Reconciler can require a plan before another module takes over, and hold back what goes beyond its bounds.

use innkeeper_suites::{House, reworded};
use serde_json::{Value, json};

use crate::m05_plan::{names, street};
use crate::pusher::{Pusher, digest_of, house, loaded_of};

const NAME: &str = "custom-http";

fn plan_first(house: &House, rollout: &Value) {
    let patch = json!({"spec": {"rollout": rollout}});
    house.patch("reconciler", NAME, &patch.to_string());
}

fn approve(house: &House, digest: &str) {
    house.kubectl(&["annotate", "--overwrite", "reconciler", NAME, &format!("innkeeper.dev/approved={digest}")]);
}

#[test]
fn m05_a_module_waits_for_approval_where_a_plan_is_required() {
    let house = house();
    let module = street(&house);
    let first = digest_of(&house, NAME);
    plan_first(&house, &json!({"plan": "Required"}));
    let mark = house.mark();
    let (code, said) = Pusher::of(&house).push(&house, &reworded(&module, "-configmap", "-configmop"), &[]);
    assert_eq!(code, Some(1), "{said}");
    let found = "of 2 objects 2 would change: 2 children created, 2 changed, 0 made anew, 2 deleted";
    assert!(said.contains(found) && said.contains("innkeeper approve custom-http"), "{said}");
    assert_eq!(digest_of(&house, NAME), first);
    assert_eq!(names(&house, "ConfigMap"), ["ping-configmap", "pong-configmap"]);
    let written = house.requests_since(&mark);
    let written = written.iter().filter(|request| request.is_write() && request.resource != "reconcilers");
    let written: Vec<String> = written.map(ToString::to_string).collect();
    assert_eq!(written, Vec::<String>::new(), "a plan writes nothing but the Reconciler's status");

    let plan = house.get("Reconciler", NAME)["status"]["plan"].clone();
    assert_eq!((&plan["objects"], &plan["childrenDeleted"]), (&json!(2), &json!(2)), "{plan}");
    assert!(plan["examples"][0].as_str().unwrap().contains("ping"), "{plan}");
    let digest = plan["digest"].as_str().unwrap();
    approve(&house, &first);
    assert_eq!(digest_of(&house, NAME), first, "exactly that digest, and no other");
    approve(&house, digest);
    house.eventually("it decides", || digest_of(&house, NAME) == digest);
    house.eventually("what was planned comes", || names(&house, "ConfigMap") == ["ping-configmop", "pong-configmop"]);

    // Who goes back waits for nobody.
    house.innkeeper(&["rollback", NAME, "--namespace", house.namespace()]);
    assert_eq!(digest_of(&house, NAME), first);
    house.eventually("what was before comes back", || {
        names(&house, "ConfigMap") == ["ping-configmap", "pong-configmap"]
    });
}

#[test]
fn m05_a_module_whose_plan_stays_within_the_bounds_takes_over_by_itself_and_another_waits() {
    let house = house();
    let module = street(&house);
    plan_first(&house, &json!({"plan": "Auto"}));
    let pusher = Pusher::of(&house);
    let other = reworded(&module, "measutosh/http-server", "measutosh/http-sorver");
    pusher.pushes(&house, &other);
    assert_eq!(house.get("Reconciler", NAME)["status"]["plan"]["childrenChanged"], 2);

    let second = digest_of(&house, NAME);
    let (code, said) = pusher.push(&house, &reworded(&other, "-configmap", "-configmop"), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(digest_of(&house, NAME), second);
    assert_eq!(loaded_of(&house, NAME)["reason"], "ApprovalNeeded");
    let said = house.innkeeper(&["approve", NAME]);
    assert!(said.contains("decides"), "{said}");
    assert_ne!(digest_of(&house, NAME), second);
}
