//! Outcomes that no host may carry out: each is refused as a whole, in words that say which child and why.

use innkeeper_suites::uid;
use serde_json::{Value, json};

use crate::inn::{Inn, KIND, config_map, misdeed};

/// A spec that asks for these children.
fn wants(children: &[Value]) -> Value {
    json!({"children": children.iter().map(Value::to_string).collect::<Vec<_>>()})
}

fn named(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

/// A ConfigMap whose metadata says this besides its name.
fn with(field: &str, value: Value) -> Value {
    let mut child = named("stray");
    child["metadata"][field] = value;
    child
}

#[test]
fn an_outcome_that_reaches_too_far_is_refused_as_a_whole() {
    let inn = Inn::open();
    let refused = |name: &str, bad: Value, words: &[&str]| {
        // A good child beside the bad one is not applied either.
        inn.turns(name, &wants(&[named("stray"), bad]), "OutcomeRefused", words);
        assert!(inn.house.find("ConfigMap", "stray").is_none());
    };
    refused("kube", with("namespace", "kube-system".into()), &["not permitted", "kube-system"]);
    refused("elsewhere", with("namespace", "default".into()), &["not permitted", "default"]);
    refused("path", named("../x"), &["\"../x\"", "not a legal name"]);
    refused("twice", named("stray"), &["stray", "asked for twice"]);
    let kind = json!({"apiVersion": "no.such/v1", "kind": "Nothing", "metadata": {"name": "x"}});
    refused("nothing", kind, &["serves no kind no.such/v1 Nothing"]);
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "stray.example.com"}});
    refused("crd", crd, &["not permitted", "CustomResourceDefinition"]);
    let itself = json!({"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "metadata": {"name": "parent"}});
    refused("parent", itself, &["is the object itself"]);
}

#[test]
fn an_answer_for_another_object_is_refused() {
    let inn = Inn::open();
    let victim = inn.good("victim");
    let owner = json!([{"apiVersion": "test.innkeeper.dev/v1", "kind": KIND, "name": "victim", "uid": victim.0}]);
    let label = json!({"innkeeper.dev/object-uid": victim.0});
    let refused = |name: &str, bad: Value, words: &[&str]| inn.turns(name, &wants(&[bad]), "OutcomeRefused", words);
    refused("owner", with("ownerReferences", owner), &["metadata.ownerReferences is not a guest's to set"]);
    refused("label", with("labels", label), &["innkeeper.dev/object-uid is the host's"]);
    refused("uid", with("uid", victim.0.clone()), &["metadata.uid is not a guest's to set"]);
    assert_eq!(inn.good("victim"), victim);

    // Its child is no child of another, under whatever name it is asked for.
    inn.apply("thief", &wants(&[named("victim")]));
    let message = inn.stalled("thief", "Conflict");
    assert!(message.contains("victim"), "{message}");
    assert_eq!(inn.good("victim"), victim);

    // Nor may another remove it.
    let child = inn.house.get("ConfigMap", "victim");
    inn.apply("killer", &json!({"remove": [{"name": "victim", "uid": uid(&child)}]}));
    let message = inn.stalled("killer", "ChildFailed");
    assert!(message.contains("victim"), "{message}");
    assert_eq!(inn.good("victim"), victim);
    inn.others_are_kept();
}

#[test]
fn a_guest_that_stops_says_its_last_words() {
    let inn = Inn::open();
    inn.turns("trap", &misdeed("Trap", 0), "GuestTrapped", &["the guest trapped", "unreachable"]);
    let words = ["the guest trapped", "its last words", "the spec says that this guest panics"];
    inn.turns("panic", &misdeed("Panic", 0), "GuestTrapped", &words);
}

#[test]
fn an_outcome_that_never_stays_and_one_that_comes_at_once_leave_others_alone() {
    let inn = Inn::open();
    let flips = |misdeed: &str| json!({"children": [config_map("restless")], "misdeed": misdeed, "amount": 1});
    for misdeed in ["Flip", "Requeue"] {
        inn.apply("restless", &flips(misdeed));
        inn.house.eventually("its child is there", || inn.house.find("ConfigMap", "restless").is_some());
        inn.others_are_kept();
    }
    inn.good("restless");
}
