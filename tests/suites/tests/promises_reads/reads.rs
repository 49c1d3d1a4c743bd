//! W03: every read is tracked without being declared, and a change in what was viewed leads to a call for exactly
//! the objects that read it.

use serde_json::{Value, json};

use crate::bench::{KIND, bench, calls_by, config_map, house, looking, seen, wait_until_seen};

/// A hundred objects that look elsewhere: at other names, labels, fields, kinds and namespaces.
fn bystanders() -> String {
    let look = |n: usize| match n % 5 {
        0 => json!({"kind": "ConfigMap", "name": format!("other-{n}"), "view": "full"}),
        1 => json!({"kind": "ConfigMap", "labels": format!("app=other-{n}"), "view": "full"}),
        2 => json!({"kind": "ConfigMap", "fields": {"data.text": format!("other-{n}")}, "view": "full"}),
        3 => json!({"kind": "Secret", "view": "full"}),
        _ => json!({"kind": "ConfigMap", "namespace": "default", "labels": "app", "view": "full"}),
    };
    let items: Vec<Value> = (0..100)
        .map(|n| serde_json::from_str(&bench(&format!("bystander-{n}"), &json!({"looks": [look(n)]}))).unwrap())
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[test]
fn w03_a_change_of_what_was_viewed_leads_to_a_call_for_exactly_those_who_read_it() {
    let house = house();
    house.apply(&bystanders());
    house.apply(&looking("by-name", &json!({"kind": "ConfigMap", "name": "paper", "view": "spec"})));
    house.apply(&looking("by-label", &json!({"kind": "ConfigMap", "labels": "app=web", "view": "digest"})));
    house.apply(&looking("by-field", &json!({"kind": "ConfigMap", "fields": {"data.text": "red"}})));
    for (name, nothing) in [("by-name", json!([])), ("by-label", json!([])), ("by-field", json!([]))] {
        wait_until_seen(&house, name, &nothing);
    }
    house.eventually("the last bystander is ready", || seen(&house, "bystander-99").is_array());
    house.wait_until_quiet();

    // Each is called for the change, and once more since its own status, an input too, says what it saw.
    let two = |readers: usize| readers..=2 * readers;
    let not_found = calls_by(&house, || house.apply(&config_map("paper", "db", "blue")));
    assert!(two(1).contains(&not_found), "what was not found is there now: {not_found} calls");
    assert_eq!(seen(&house, "by-name")[0]["data"], json!({"text": "blue"}));

    let field = calls_by(&house, || house.apply(&config_map("paper", "db", "red")));
    assert!(two(2).contains(&field), "its data changed, and it came into a list by field: {field} calls");
    assert_eq!(seen(&house, "by-field"), json!(["paper"]));

    let label = calls_by(&house, || house.apply(&config_map("paper", "web", "red")));
    assert!(two(1).contains(&label), "it came into a list by label: {label} calls");
    assert_eq!(seen(&house, "by-label").as_array().unwrap().len(), 1);

    let unseen = calls_by(&house, || {
        house.kubectl(&["annotate", "configmap", "paper", "note=x"]);
        house.kubectl(&["label", "configmap", "paper", "more=x"]);
    });
    assert_eq!(unseen, 0, "nobody views that part of it");

    let elsewhere = calls_by(&house, || house.apply(&config_map("pencil", "none", "none")));
    assert_eq!(elsewhere, 0, "nobody looks there");

    let gone = calls_by(&house, || drop(house.kubectl(&["delete", "configmap", "paper"])));
    assert!(two(3).contains(&gone), "it is gone for all who saw it: {gone} calls");
    for name in ["by-name", "by-label", "by-field"] {
        assert_eq!(seen(&house, name), json!([]), "{name}");
    }
}

#[test]
fn w03_lists_are_sorted_and_reach_as_far_as_the_reconciler_permits() {
    let house = house();
    let other = house.another_namespace();
    for (namespace, name) in [(other.as_str(), "a"), (house.namespace(), "b"), (house.namespace(), "a")] {
        house.kubectl(&["create", "configmap", name, "--namespace", namespace, "--from-literal=text=sorted"]);
    }
    let everywhere =
        json!({"kind": "ConfigMap", "namespace": "*", "fields": {"data.text": "sorted"}, "view": "metadata"});
    house.apply(&looking("everywhere", &everywhere));
    house.apply(&looking("here", &json!({"kind": "ConfigMap", "fields": {"data.text": "sorted"}})));
    house.apply(&looking("there", &json!({"kind": "ConfigMap", "namespace": other, "name": "a"})));
    house.apply(&looking("system", &json!({"kind": "ConfigMap", "namespace": "kube-system"})));
    house.apply(&looking("unlisted", &json!({"apiVersion": "apps/v1", "kind": "Deployment"})));
    house.apply(&looking("cluster", &json!({"kind": "Namespace", "name": house.namespace()})));
    house.apply(&looking(
        "own",
        &json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "fields": {"metadata.name": "own"}}),
    ));
    wait_until_seen(&house, "here", &json!(["a", "b"]));
    wait_until_seen(&house, "there", &json!(["a"]));
    wait_until_seen(&house, "cluster", &json!([house.namespace()]));
    wait_until_seen(&house, "own", &json!(["own"]));
    house.eventually("it sees three", || seen(&house, "everywhere").as_array().is_some_and(|all| all.len() == 3));
    let of = |o: &Value| (o["namespace"].as_str().unwrap().to_owned(), o["name"].as_str().unwrap().to_owned());
    let order: Vec<(String, String)> = seen(&house, "everywhere").as_array().unwrap().iter().map(of).collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(order, sorted);
    for (name, words) in [("system", "namespace kube-system"), ("unlisted", "does not list Deployment.apps")] {
        house.eventually(&format!("{name} is denied"), || {
            let denied = seen(&house, name)["denied"].as_str().unwrap_or_default().to_owned();
            if denied.contains(words) { Ok(()) } else { Err(seen(&house, name).to_string()) }
        });
    }
}

#[test]
fn w03_a_selector_that_makes_no_sense_is_told_on_the_object() {
    let house = house();
    house.apply(&looking("wrong", &json!({"kind": "ConfigMap", "labels": "app in web"})));
    house.eventually("it is stalled", || {
        let stalled = innkeeper_suites::condition(&house.get(KIND, "wrong"), "Stalled").unwrap_or_default();
        let message = stalled["message"].as_str().unwrap_or_default().to_owned();
        if message.contains("`app in web`") { Ok(()) } else { Err(stalled.to_string()) }
    });
    house.apply(&looking("wrong", &json!({"kind": "ConfigMap", "labels": "app in (web)"})));
    wait_until_seen(&house, "wrong", &json!([]));
}
