//! Contributions: fields on objects that are not children. A04: only by permission. D01: a finalizer is there before
//! the first of them, and until the last is withdrawn.

use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use crate::bench::{Bench, KIND, config_map, deeds, deployment, holders, is_quiet, patch, stalled};

const CHILDREN: &str = "innkeeper.dev/children";

/// Somebody's ConfigMap.
fn theirs(house: &House, name: &str, word: &str) {
    let word = format!("--from-literal=theirs={word}");
    house.kubectl(&["create", "configmap", name, &word, "--field-manager=neighbour"]);
}

/// Fields for a ConfigMap, of which these may be taken from others.
fn fields(name: &str, data: Value, take: &[&str]) -> Value {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
    json!([{"manifest": manifest, "take": take}])
}

fn data(house: &House, name: &str) -> Value {
    house.find("ConfigMap", name).unwrap_or_default()["data"].clone()
}

fn finalizers(house: &House, name: &str) -> Value {
    house.find(KIND, name).unwrap_or_default()["metadata"]["finalizers"].clone()
}

/// Nothing of ours is left on an object.
fn is_untouched(house: &House, name: &str) {
    house.eventually("nothing of ours is left on it", || {
        let live = house.find("ConfigMap", name).unwrap_or_default();
        let managers = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let is_so = managers.iter().all(|entry| entry["manager"] == "neighbour")
            && live["metadata"]["annotations"].is_null()
            && live["data"] == json!({"theirs": "yes"});
        if is_so { Ok(()) } else { Err(live.to_string()) }
    });
}

#[test]
fn contributed_fields_are_set_changed_and_withdrawn_and_the_object_stays_its_owners() {
    let house = House::shared();
    theirs(&house, "shared", "yes");
    let before = uid(&house.get("ConfigMap", "shared"));
    Bench::new("one").with("contributions", fields("shared", json!({"a": "1", "b": "2"}), &[])).apply_ready(&house);
    assert_eq!(data(&house, "shared"), json!({"theirs": "yes", "a": "1", "b": "2"}));
    let live = house.find("ConfigMap", "shared").unwrap();
    let owner = uid(&house.get(KIND, "one"));
    assert_eq!(holders(&live, "/f:data/f:a"), [format!("innkeeper.{owner}")]);
    for field in ["labels", "ownerReferences"] {
        assert!(live["metadata"][field].is_null(), "it is no child: {live}");
    }
    is_quiet(&house);

    let mark = house.mark();
    Bench::new("one").with("contributions", fields("shared", json!({"a": "3"}), &[])).apply_ready(&house);
    house.eventually("it is changed", || data(&house, "shared") == json!({"theirs": "yes", "a": "3"}));
    // What is contributed and removed by hand comes back, and the rest is nobody's business.
    patch(&house, "configmap", "shared", "somebody", &json!({"data": {"a": null, "more": "theirs"}}));
    house.eventually("it is back", || data(&house, "shared") == json!({"theirs": "yes", "a": "3", "more": "theirs"}));
    is_quiet(&house);
    assert_eq!(deeds(&house, &mark, "configmaps"), ["patch 200", "patch 200"], "no one apply each");

    patch(&house, "configmap", "shared", "somebody", &json!({"data": {"more": null}}));
    Bench::new("one").apply_ready(&house);
    house.eventually("it is withdrawn", || data(&house, "shared") == json!({"theirs": "yes"}));
    assert_eq!(uid(&house.get("ConfigMap", "shared")), before);
    house.eventually("the finalizer goes", || finalizers(&house, "one").is_null());
}

#[test]
fn contributed_fields_wait_for_what_is_not_there_and_never_create_it() {
    let house = House::shared();
    let asked = || fields("late", json!({"a": "1"}), &[]);
    Bench::new("one").with("contributions", asked()).with("verdicts", json!(true)).apply(&house);
    house.eventually("it says that it is not there", || {
        let object = house.get(KIND, "one");
        let told = condition(&object, "Reconciling").unwrap_or_default();
        let verdict = object["status"]["verdicts"]["contributions"][0].to_string();
        let is_so = told["message"].as_str().is_some_and(|m| m.contains("late") && m.contains("not there"))
            && verdict.contains("ConfigMap/late: State::Absent");
        if is_so { Ok(()) } else { Err(object["status"].to_string()) }
    });
    is_quiet(&house);
    assert!(house.find("ConfigMap", "late").is_none());
    for _ in 0..2 {
        theirs(&house, "late", "yes");
        house.eventually("it comes, and the fields are set", || {
            data(&house, "late") == json!({"theirs": "yes", "a": "1"})
        });
        house.wait_for_condition(KIND, "one", "Ready", "True");
        house.delete("configmap", "late");
        house.eventually("it is missed", || {
            condition(&house.get(KIND, "one"), "Ready").is_some_and(|ready| ready["status"] == "False")
        });
    }
    assert!(house.find("ConfigMap", "late").is_none());
}

#[test]
fn contributed_fields_of_somebody_else_are_taken_only_where_the_guest_says_so() {
    let house = House::shared();
    theirs(&house, "shared", "yes");
    let bench = |data: Value, take: &[&str]| {
        Bench::new("one").with("contributions", fields("shared", data, take)).apply(&house);
    };
    bench(json!({"theirs": "ours", "more": "1"}), &[]);
    stalled(&house, "one", "Conflict", &["shared", "neighbour", "data.theirs"]);
    assert_eq!(data(&house, "shared"), json!({"theirs": "yes"}));
    // One may be taken, another may not.
    patch(&house, "configmap", "shared", "somebody", &json!({"data": {"more": "2"}}));
    bench(json!({"theirs": "ours", "more": "1"}), &["data.theirs"]);
    stalled(&house, "one", "Conflict", &["shared", "somebody", "data.more"]);
    assert_eq!(data(&house, "shared"), json!({"theirs": "yes", "more": "2"}));
    bench(json!({"theirs": "ours"}), &["data.theirs"]);
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert_eq!(data(&house, "shared"), json!({"theirs": "ours", "more": "2"}));
    is_quiet(&house);
    // It resolves by itself when the other lets go.
    bench(json!({"more": "1"}), &[]);
    stalled(&house, "one", "Conflict", &["somebody", "data.more"]);
    patch(&house, "configmap", "shared", "somebody", &json!({"data": {"more": null}}));
    house.wait_for_condition(KIND, "one", "Ready", "True");
    assert_eq!(data(&house, "shared")["more"], "1");
}

#[test]
fn contributed_fields_reach_into_lists_by_key() {
    let house = House::shared();
    house.apply(&deployment("web", "web", &json!({"nowhere": "yes"})).to_string());
    let env = json!([{"name": "COLOUR", "value": "blue"}]);
    let pod = json!({"spec": {"containers": [{"name": "app", "image": "example.com/app:9", "env": env}]}});
    let manifest =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": pod}});
    let take = ["spec.template.spec.containers[name=app].image"];
    Bench::new("one").with("contributions", json!([{"manifest": manifest, "take": take}])).apply_ready(&house);
    let container = house.get("Deployment", "web").pointer("/spec/template/spec/containers/0").cloned().unwrap();
    assert_eq!((&container["image"], &container["env"][0]["value"]), (&json!("example.com/app:9"), &json!("blue")));
    is_quiet(&house);
}

#[test]
fn a04_contributions_need_a_permission() {
    let house = House::shared();
    house.kubectl(&["create", "secret", "generic", "shared"]);
    let manifest =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shared"}, "stringData": {"a": "1"}});
    Bench::new("one")
        .child(config_map("child", "1"))
        .with("contributions", json!([{"manifest": manifest}]))
        .apply(&house);
    stalled(&house, "one", "OutcomeRefused", &["spec.permissions.contribute of the Reconciler", "Secret"]);
    assert!(house.find("ConfigMap", "child").is_none(), "nothing is written");
    assert!(house.get("Secret", "shared")["data"].is_null());
}

#[test]
fn d01_a_contribution_needs_a_finalizer_before_it_is_written_and_is_withdrawn_when_the_object_goes() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    theirs(&house, "shared", "yes");
    let mark = house.mark();
    Bench::new("one").with("contributions", fields("shared", json!({"a": "1"}), &[])).apply_ready(&house);
    assert_eq!(finalizers(&house, "one"), json!([CHILDREN]));
    let kinds = house.get("Reconciler", "workbench")["status"]["kinds"].clone();
    let listed = json!({"group": "", "version": "v1", "kind": "ConfigMap", "contributed": true});
    assert!(kinds.as_array().is_some_and(|all| all.contains(&listed)), "the kind is in its list: {kinds}");
    let requests = house.requests_since(&mark);
    let first = |resource: &str, has: &str| {
        requests.iter().position(|r| r.verb == "patch" && r.resource == resource && r.uri.contains(has))
    };
    let (taken, written) = (first("workbenches", "one?"), first("configmaps", "shared"));
    assert!(taken.is_some() && taken < written, "the finalizer is first: {requests:#?}");

    house.kubectl(&["delete", "workbench", "one", "--wait=true"]);
    is_untouched(&house, "shared");
}

#[test]
fn d01_a_contribution_is_found_and_withdrawn_by_a_host_and_a_reconciler_that_did_not_make_it() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    theirs(&house, "shared", "yes");
    let asked = || fields("shared", json!({"a": "1"}), &[]);
    Bench::new("one").with("contributions", asked()).apply_ready(&house);
    house.wait_until_quiet();
    house.host().kill();
    let mark = house.mark();
    house.start_host();
    house.wait_until_quiet();
    let done = [deeds(&house, &mark, "configmaps"), deeds(&house, &mark, "workbenches")].concat();
    assert_eq!(done, Vec::<String>::new(), "a restart reads and writes nothing for it");

    // It is no longer asked for while nobody looks, and the list of kinds is lost with the Reconciler.
    house.host().kill();
    Bench::new("one").apply(&house);
    house.lose_reconciler("workbench");
    house.start_host();
    is_untouched(&house, "shared");
    house.eventually("the finalizer goes", || finalizers(&house, "one").is_null());

    // A deletion while nobody looks.
    Bench::new("one").with("contributions", asked()).apply_ready(&house);
    house.host().kill();
    house.begin_deletion("workbench", "one");
    house.start_host();
    house.eventually("it goes", || house.find(KIND, "one").is_none());
    is_untouched(&house, "shared");
}
