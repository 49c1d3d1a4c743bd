//! Requests whose answers were lost: what they may have made is found again before anything is given up for it.

use std::sync::Arc;

use crate::house::{Api, House, config_map, crd, inn, manifest, reconciler, wants};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Child, Contribution, Failure, Manifest, Outcome, Phase, Request};
use innkeeper_core::engine::Input;
use innkeeper_core::kind::Kind;
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

/// A guest that wants a ConfigMap `far` in namespace `b`, one `near` beside its object, or gives `data.ours` to ConfigMap `one`, as the spec says.
fn guest(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let far = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "far", "namespace": "b"}});
    let gift = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"ours": "1"}});
    let child = Child { manifest: far.to_string(), ..config_map("far", "1") };
    let contribution = Contribution { manifest: gift.to_string(), take: vec![] };
    let mut children = if object["spec"]["far"] == true { vec![child] } else { vec![] };
    children.extend((object["spec"]["near"] == true).then(|| config_map("near", "1")));
    let mut outcome = wants(children)?;
    outcome.contributions = if object["spec"]["gives"] == true { vec![contribution] } else { vec![] };
    Ok(outcome)
}

fn house() -> House {
    let mut api = Api::default();
    api.put(crd());
    let all = json!([{"group": "", "kinds": ["ConfigMap"], "reach": "All"}]);
    let spec = json!({"module": {"folder": {}}, "permissions": {"apply": all, "contribute": all}});
    api.put(reconciler(spec));
    api.put(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "a"}}));
    let mut house = House::starting(api, Box::new(guest), manifest(false));
    house.input(Input::ModulesRead);
    // Kinds are recorded and watched by the first object that needs them.
    house.put(inn("first", json!({"gives": true, "far": true})));
    house.api.delete("Inn", Some("a"), "first");
    house.settle();
    assert_eq!((house.api.children(), gift(&house)), (vec!["ConfigMap a/one".into()], Value::Null));
    house
}

/// An object whose first write to another was carried out, and neither answered nor shown by a watch; this happened
/// to the object meanwhile.
fn unanswered(spec: Value, write: &str, meanwhile: impl FnOnce(&mut House)) -> House {
    let mut house = house();
    let kind = Kind::new("", "v1", "ConfigMap");
    let resource = Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true });
    let watch = Watch::all(resource);
    assert!(house.api.watches(&watch), "{:?}", house.api.watches_of("ConfigMap"));
    house.api.hold_back(&watch);
    house.holds = Some(write.into());
    house.put(inn("x", spec));
    meanwhile(&mut house);
    assert_eq!(house.held.len(), 1);
    for answer in &mut house.held {
        let Input::Done { done, .. } = answer else { continue };
        *done = Done::Unknown("the connection was cut".into());
    }
    house
}

/// It becomes known that there is no answer, time passes, and the watch tells what it held back.
fn rest(house: &mut House) {
    house.release();
    house.pass(60_000);
    house.api.let_go();
    house.settle();
    house.pass(60_000);
}

fn delete(house: &mut House) {
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
}

fn want_nothing(house: &mut House) {
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["spec"] = json!({});
    house.put(object);
}

fn finalizers(house: &House) -> usize {
    let object = house.api.get("Inn", Some("a"), "x");
    object.and_then(|o| o["metadata"]["finalizers"].as_array()).map_or(0, Vec::len)
}

fn gift(house: &House) -> Value {
    house.api.get("ConfigMap", Some("a"), "one").unwrap()["data"]["ours"].clone()
}

const CHILD: &str = "apply ConfigMap b/far";
const GIFT: &str = "apply ConfigMap a/one";

#[test]
fn a_child_abroad_whose_making_was_not_answered_goes_with_its_object() {
    let mut house = unanswered(json!({"far": true}), CHILD, delete);
    rest(&mut house);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

#[test]
fn a_child_abroad_whose_making_was_not_answered_is_pruned_when_it_is_not_wanted_any_more() {
    let mut house = unanswered(json!({"far": true}), CHILD, want_nothing);
    rest(&mut house);
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    assert_eq!(finalizers(&house), 0);
}

#[test]
fn a_contribution_that_was_not_answered_is_withdrawn_before_its_object_goes() {
    let mut house = unanswered(json!({"gives": true}), GIFT, delete);
    assert_eq!(gift(&house), "1");
    house.api.delete("Inn", Some("a"), "x");
    house.settle();
    rest(&mut house);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert_eq!(gift(&house), Value::Null);
}

#[test]
fn a_contribution_that_was_not_answered_is_withdrawn_when_it_is_not_wanted_any_more() {
    let mut house = unanswered(json!({"gives": true}), GIFT, want_nothing);
    rest(&mut house);
    assert_eq!(gift(&house), Value::Null);
    assert_eq!(finalizers(&house), 0);
}

#[test]
fn while_nobody_can_look_the_finalizer_stays() {
    for (spec, write) in [(json!({"far": true}), CHILD), (json!({"gives": true}), GIFT)] {
        for (goes, meanwhile) in [(false, want_nothing as fn(&mut House)), (true, delete)] {
            let told = format!("{write}, goes: {goes}");
            let mut house = unanswered(spec.clone(), write, meanwhile);
            house.api.refuses = Some(Box::new(|action| {
                let looks = matches!(action, Action::Look(_));
                looks.then(|| Done::Unknown("no answer".into()))
            }));
            house.release();
            house.pass(1_000);
            assert_eq!(finalizers(&house), 1, "{told}");
            let trouble = house.ended.last().and_then(|(_, ended)| ended.trouble.clone()).unwrap_or_default();
            assert!(trouble.contains("not known"), "{told}: {trouble}");
            house.api.refuses = None;
            rest(&mut house);
            assert_eq!(finalizers(&house), 0, "{told}");
            assert_eq!((house.api.children(), gift(&house)), (vec!["ConfigMap a/one".into()], Value::Null), "{told}");
        }
    }
}

#[test]
fn a_name_that_was_never_made_and_that_nobody_wants_is_forgotten() {
    let mut house = house();
    house.api.refuse(CHILD, Done::Unknown("the connection was cut".into()));
    house.put(inn("x", json!({"far": true})));
    house.api.refuses = None;
    want_nothing(&mut house);
    rest(&mut house);
    house.requests();
    house.ended.clear();
    let mut touched = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    touched["metadata"]["managedFields"] = json!([{"manager": "somebody", "operation": "Update", "fieldsV1": {}}]);
    house.put(touched);
    assert!(!house.ended.is_empty(), "it is looked at");
    assert!(house.ended.iter().all(|(_, ended)| ended.skipped), "it came to rest");
    assert_eq!(house.requests(), Vec::<String>::new());
}

#[test]
fn a_child_whose_making_was_not_answered_is_one_beside_others() {
    let mut house = house();
    let kind = Kind::new("", "v1", "ConfigMap");
    let watch = Watch::all(Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true }));
    house.put(inn("x", json!({"near": true})));
    house.api.hold_back(&watch);
    house.loses = Some(CHILD.into());
    house.requests();
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["spec"] = json!({"near": true, "far": true});
    house.put(object);
    assert_eq!(house.loses, None);
    house.pass(10_000);
    let asked = house.requests();
    assert!(asked.contains(&"look ConfigMap b/far".to_owned()), "{asked:?}");
    let applied: Vec<&String> = asked.iter().filter(|request| request.starts_with("apply")).collect();
    assert_eq!(applied, [CHILD], "it is as it should be");
    // The watch shows what was found only now; the object does not go before that.
    delete(&mut house);
    house.pass(1_000);
    house.api.let_go();
    house.settle();
    house.pass(60_000);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(!house.api.children().contains(&"ConfigMap b/far".to_owned()), "{:?}", house.api.children());
}

#[test]
fn what_another_object_made_where_our_claim_was_not_answered_is_not_ours_to_remove() {
    let mut house = house();
    house.api.refuses = Some(Box::new(|action| match action {
        Action::Apply { manifest, .. } if manifest.to_string().contains("Inn.example.com/a/x") => {
            Some(Done::Unknown("the connection was cut".into()))
        }
        _ => None,
    }));
    house.put(inn("x", json!({"near": true})));
    house.put(inn("y", json!({"near": true})));
    want_nothing(&mut house);
    (0..3).for_each(|_| house.pass(10_000));
    let asked = house.requests();
    assert!(!asked.contains(&"delete ConfigMap a/near".to_owned()), "{asked:?}");
}

#[test]
fn a_child_whose_making_was_not_answered_goes_though_others_were_known() {
    let mut house = house();
    let kind = Kind::new("", "v1", "ConfigMap");
    let watch = Watch::all(Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true }));
    house.put(inn("x", json!({"near": true})));
    house.api.hold_back(&watch);
    house.holds = Some(CHILD.into());
    let wants = |house: &mut House, spec: Value| {
        let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        object["spec"] = spec;
        house.put(object);
    };
    wants(&mut house, json!({"near": true, "far": true}));
    wants(&mut house, json!({"near": true}));
    for answer in &mut house.held {
        let Input::Done { done, .. } = answer else { continue };
        *done = Done::Unknown("the connection was cut".into());
    }
    house.release();
    house.pass(60_000);
    delete(&mut house);
    house.api.let_go();
    house.settle();
    house.pass(60_000);
    assert!(house.api.get("Inn", Some("a"), "x").is_none());
    assert!(!house.api.children().contains(&"ConfigMap b/far".to_owned()), "{:?}", house.api.children());
}

#[test]
fn a_child_that_kubernetes_reaches_holds_its_object_only_where_it_must_go_first() {
    for ordered in [false, true] {
        let mut api = Api::default();
        api.put(crd());
        let finishes = |request: &Request| {
            let finished = request.phase == Phase::Finalize;
            guest(request).map(|outcome| Outcome { finished, ..outcome })
        };
        let module = Manifest { ordered_deletion: ordered, ..manifest(true) };
        let mut house = House::starting(api, Box::new(finishes), module);
        house.input(Input::ModulesRead);
        // The kind is recorded and watched by the first object that needs it.
        house.put(inn("x", json!({"near": true})));
        house.api.delete("ConfigMap", Some("a"), "near");
        want_nothing(&mut house);
        let kind = Kind::new("", "v1", "ConfigMap");
        let resource = Arc::new(Resource { kind, plural: "configmaps".into(), namespaced: true });
        house.api.hold_back(&Watch::children(resource));
        house.loses = Some("apply ConfigMap a/near".into());
        let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        object["spec"] = json!({"near": true});
        house.put(object);
        assert_eq!(house.loses, None);
        house.api.refuses = Some(Box::new(|action| {
            let looks = matches!(action, Action::Look(at) if at.name == "near");
            looks.then(|| Done::Unknown("no answer".into()))
        }));
        delete(&mut house);
        house.pass(10_000);
        assert_eq!(house.api.get("Inn", Some("a"), "x").is_some(), ordered, "ordered: {ordered}");
    }
}
