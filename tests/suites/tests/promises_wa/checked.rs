//! A03: the whole outcome is checked before the first write. One bad child refuses it, with the reason.

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::bench::{
    KIND, KUBECTL, bench_with, children_of, cluster_role, config_map, event_says, lines, object, stalled,
    wait_until_ready, widen, within,
};

/// A bad child beside good ones: nothing is written but what says why.
fn one_bad_child_refuses_the_outcome(house: &House, name: &str, bad: &[Value], words: &[&str]) {
    let mark = house.mark();
    let children = [&[config_map("good", "text")][..], bad, &[config_map("better", "text")]].concat();
    house.apply(&bench_with(name, &children));
    let message = stalled(house, name, "OutcomeRefused");
    for word in words {
        assert!(message.contains(word), "the condition says {word:?}: {message}");
    }
    assert_eq!(condition(&object(house, name), "Ready").unwrap()["status"], "False");
    event_says(house, name, "OutcomeRefused", words);
    let writes: Vec<_> = house.requests_since(&mark).into_iter().filter(|request| request.is_write()).collect();
    let about_it = |resource: &str| matches!(resource, "workbenches" | "events");
    let others: Vec<_> = writes.into_iter().filter(|write| !about_it(&write.resource)).collect();
    assert!(others.is_empty(), "nothing else is written:\n{}", lines(&others));
    for good in ["good", "better"] {
        assert!(house.find("ConfigMap", good).is_none(), "not even the good child {good}");
    }
}

#[test]
fn a03_a_child_of_a_kind_that_is_not_permitted_refuses_the_outcome() {
    let house = House::shared();
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "power"}, "rules": []});
    let words = ["not permitted", "spec.permissions.apply", "Role.rbac.authorization.k8s.io"];
    one_bad_child_refuses_the_outcome(&house, "one", &[role], &words);
}

#[test]
fn a03_a_child_in_a_namespace_that_is_not_permitted_refuses_the_outcome() {
    let house = House::shared();
    // Every other namespace may be permitted by now; those of Kubernetes itself must be named.
    widen(&house, "workbench");
    let child = within(config_map("paper", "text"), "kube-system");
    let words = ["not permitted", "spec.permissions.apply", "does not reach", "kube-system"];
    one_bad_child_refuses_the_outcome(&house, "one", &[child], &words);
}

#[test]
fn a03_a_child_whose_name_is_not_legal_refuses_the_outcome() {
    let house = House::shared();
    for (n, name) in ["../x", "Not-Legal", "a/b", "..", "", "a?b"].into_iter().enumerate() {
        let words = if name.is_empty() { vec!["metadata.name"] } else { vec!["not a legal name", name] };
        one_bad_child_refuses_the_outcome(&house, &format!("bench-{n}"), &[config_map(name, "text")], &words);
    }
}

#[test]
fn a03_a_child_whose_namespace_is_not_legal_refuses_the_outcome() {
    let house = House::shared();
    for (n, namespace) in ["../kube-system", "Not-Legal", "a.b"].into_iter().enumerate() {
        let child = within(config_map("paper", "text"), namespace);
        let words = ["not a legal namespace", namespace];
        one_bad_child_refuses_the_outcome(&house, &format!("bench-{n}"), &[child], &words);
    }
}

#[test]
fn a03_a_cluster_scoped_child_that_states_a_namespace_refuses_the_outcome() {
    let house = House::shared();
    widen(&house, "workbench");
    let role = within(cluster_role("power"), house.namespace());
    one_bad_child_refuses_the_outcome(&house, "one", &[role], &["power", "cluster-scoped", "namespace"]);
}

#[test]
fn a03_a_child_that_is_asked_for_twice_refuses_the_outcome() {
    let house = House::shared();
    // With and without its namespace it is the same object.
    let twice = [config_map("paper", "text"), within(config_map("paper", "other"), house.namespace())];
    one_bad_child_refuses_the_outcome(&house, "one", &twice, &["paper", "asked for twice"]);
}

#[test]
fn a03_an_object_that_is_its_own_child_refuses_the_outcome() {
    let house = House::shared();
    widen(&house, "workbench");
    let itself = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": {"name": "one"}, "spec": {}});
    one_bad_child_refuses_the_outcome(&house, "one", &[itself], &["one", "is the object itself"]);
}

#[test]
fn a03_a_child_of_a_kind_that_does_not_exist_refuses_the_outcome() {
    let house = House::shared();
    let unknown = json!({"apiVersion": "nowhere.example/v1", "kind": "Unicorn", "metadata": {"name": "one"}});
    one_bad_child_refuses_the_outcome(&house, "one", &[unknown], &["Unicorn", "nowhere.example/v1", "serves no kind"]);
}

#[test]
fn a03_a_refused_outcome_leaves_what_is_there_as_it_is_and_a_good_one_goes_on() {
    let house = House::shared();
    house.apply(&bench_with("one", &[config_map("paper", "first"), config_map("pencil", "first")]));
    wait_until_ready(&house, "one");
    let before = ["paper", "pencil"].map(|name| house.get("ConfigMap", name));
    let change = |children: &[Value]| {
        let patch = json!({"spec": children_of(children)}).to_string();
        house.patch(KUBECTL, "one", &patch);
    };
    // It would change one child and prune the other.
    change(&[config_map("paper", "second"), config_map("Not-Legal", "text")]);
    stalled(&house, "one", "OutcomeRefused");
    assert_eq!(["paper", "pencil"].map(|name| house.get("ConfigMap", name)), before, "what was there is as it was");
    change(&[config_map("paper", "second")]);
    wait_until_ready(&house, "one");
    assert_eq!(house.get("ConfigMap", "paper")["data"], json!({"text": "second"}));
    house.eventually("what is no longer wanted goes", || house.find("ConfigMap", "pencil").is_none());
}
