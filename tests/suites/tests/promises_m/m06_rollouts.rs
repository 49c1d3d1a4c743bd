//! M06: another module takes over step by step, waits for its objects, and is left by itself where it fails.

use innkeeper_suites::{House, condition, forge, reworded};
use serde_json::{Value, json};

use crate::m05_plan::{names, street};
use crate::pusher::{Pusher, digest_of, house, loaded_of, start_host};
use crate::told::is_told;

pub(crate) const NAME: &str = "custom-http";

fn roll_out(house: &House, name: &str, rollout: &Value) {
    let patch = json!({"spec": {"rollout": rollout}});
    house.patch("reconciler", name, &patch.to_string());
}

/// Two objects of custom-http, of which ping is a canary, and the module that decides for them.
fn street_with_a_canary(house: &House) -> Vec<u8> {
    let module = street(house);
    house.kubectl(&["label", "kindcustomhttp", "ping", "tier=canary"]);
    module
}

/// The module that names its ConfigMaps otherwise takes over for the canary, and for no other until that is resumed.
pub(crate) fn stopped_at_the_canary(house: &House) -> [String; 2] {
    let module = street_with_a_canary(house);
    let first = digest_of(house, NAME);
    roll_out(house, NAME, &json!({"steps": ["tier=canary"], "pause": "1s", "paused": true}));
    let (code, said) = Pusher::of(house).push(house, &reworded(&module, "-configmap", "-configmop"), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("takes over: step 1 of 2 (tier=canary)"), "{said}");
    house.eventually("the canary has what the new one wants", || {
        names(house, "ConfigMap") == ["ping-configmop", "pong-configmap"]
    });
    let rolling = house.get("Reconciler", NAME)["status"]["rollout"]["digest"].as_str().unwrap().to_owned();
    [first, rolling]
}

/// Which module decides for which object, by `innkeeper get`.
fn decided(house: &House) -> Vec<(String, String)> {
    let rows: Value = serde_json::from_str(&house.innkeeper(&["get", NAME, "-o", "json"])).unwrap();
    let word = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (word(row, "name"), word(row, "digest"))).collect()
}

#[test]
fn m06_a_module_takes_over_step_by_step_and_nothing_is_written_to_objects_for_it() {
    let house = house();
    let mark = house.mark();
    let [first, second] = stopped_at_the_canary(&house);
    assert_eq!(digest_of(&house, NAME), first);
    assert_eq!(
        decided(&house),
        [("ping".to_owned(), first.clone()), ("pong".to_owned(), first.clone())]
            .map(|(name, digest)| if name == "ping" { (name, second.clone()) } else { (name, digest) })
    );
    house.eventually("it is counted", || house.get("Reconciler", NAME)["status"]["rollout"]["ready"] == 1);
    let said = house.innkeeper(&["rollout", "status", NAME]);
    assert!(said.contains("1/2") && said.contains("tier=canary") && said.contains(&second[7..19]), "{said}");
    assert_eq!(loaded_of(&house, NAME)["reason"], "RollingOut");

    house.innkeeper(&["rollout", "resume", NAME]);
    house.eventually("it decides for all", || digest_of(&house, NAME) == second);
    house.eventually("all have what it wants", || names(&house, "ConfigMap") == ["ping-configmop", "pong-configmop"]);
    assert_eq!(house.get("Reconciler", NAME)["status"]["rollout"], Value::Null);
    is_told(&house, NAME, ("Normal", "RolloutFinished"), &[&second[7..19], "every object", &first[7..19]]);
    let written = house.requests_since(&mark);
    let written = written.iter().filter(|r| r.is_write() && r.resource == "kindcustomhttps" && r.subresource.is_none());
    assert_eq!(written.map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn m06_a_new_host_goes_on_where_the_one_before_was() {
    let house = house();
    let [first, second] = stopped_at_the_canary(&house);
    house.host().kill();
    start_host(&house);
    house.wait_until_quiet();
    assert_eq!(
        (names(&house, "ConfigMap"), digest_of(&house, NAME)),
        (vec!["ping-configmop".to_owned(), "pong-configmap".to_owned()], first)
    );
    house.innkeeper(&["rollout", "resume", NAME]);
    house.eventually("it decides for all", || digest_of(&house, NAME) == second);
    house.eventually("all have what it wants", || names(&house, "ConfigMap") == ["ping-configmop", "pong-configmop"]);
}

#[test]
fn m06_a_person_aborts_or_promotes() {
    let house = house();
    let [first, second] = stopped_at_the_canary(&house);
    let namespace = ["--namespace", house.namespace()];
    let said = house.innkeeper(&[&["rollout", "abort", NAME][..], &namespace].concat());
    assert!(said.contains("decides"), "{said}");
    house.eventually("the canary is as before", || names(&house, "ConfigMap") == ["ping-configmap", "pong-configmap"]);
    let status = house.get("Reconciler", NAME)["status"].clone();
    assert_eq!((&status["digest"], &status["rejected"][0]["digest"]), (&json!(first), &json!(second)));

    let source = json!({"spec": {"module": {"pushed": {}, "digest": second}}});
    house.patch("reconciler", NAME, &source.to_string());
    house.eventually("it was left", || loaded_of(&house, NAME)["reason"] == "RolledBack");
    let said = house.innkeeper(&["approve", NAME]);
    assert!(said.contains("step 1 of 2"), "{said}");
    let said = house.innkeeper(&["rollout", "promote", NAME]);
    assert!(said.contains("decides"), "{said}");
    house.eventually("all have what it wants", || names(&house, "ConfigMap") == ["ping-configmop", "pong-configmop"]);
}

#[test]
fn m06_a_module_that_fails_is_left_by_itself_for_the_one_before() {
    let house = house();
    house.delete_everywhere("Hostile");
    let pusher = Pusher::of(&house);
    pusher.pushes(&house, &forge::guest("", ""));
    let good = digest_of(&house, "hostile");
    for (name, tier) in [("canary", "canary"), ("stable", "stable")] {
        house.apply(&format!("apiVersion: test.innkeeper.dev/v1\nkind: Hostile\nmetadata: {{name: {name}, labels: {{tier: {tier}}}}}\nspec: {{}}\n"));
        house.wait_for_condition("Hostile", name, "Ready", "True");
    }
    roll_out(&house, "hostile", &json!({"steps": ["tier=canary"], "pause": "1h"}));
    let (_, said) = pusher.push(&house, &forge::guest("", "unreachable"), &[]);
    house.eventually("it is left", || loaded_of(&house, "hostile")["reason"] == "RolledBack");
    let status = house.get("Reconciler", "hostile")["status"].clone();
    assert_eq!((&status["digest"], &status["rollout"]), (&json!(good), &Value::Null), "{said}");
    let why = status["rejected"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("1 of 1 objects, more than 0") && why.contains("/canary: ") && why.contains("trapped"),
        "{why}"
    );
    is_told(&house, "hostile", ("Normal", "RolloutStep"), &["step 1 of 2 (tier=canary)"]);
    let words = ["1 of 1 objects", "/canary: ", "trapped", &good[7..19], "innkeeper approve hostile"];
    is_told(&house, "hostile", ("Warning", "RolledBack"), &words);
    house.wait_for_condition("Hostile", "canary", "Ready", "True");
    let stable = house.get("Hostile", "stable");
    assert_eq!(condition(&stable, "Ready").unwrap()["status"], "True");

    // Nothing brings it back by itself, a restart neither.
    house.host().kill();
    start_host(&house);
    house.wait_until_quiet();
    assert_eq!(
        (digest_of(&house, "hostile"), loaded_of(&house, "hostile")["reason"].clone()),
        (good, json!("RolledBack"))
    );
}
