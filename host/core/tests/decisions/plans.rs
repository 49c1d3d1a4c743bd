//! Plans: what another module would change, worked out from what both say of the same (promise M05).

use std::sync::Arc;

use crate::house::{House, config_map, inn, manifest, rooms, served};
use innkeeper_core::contract::{Child, Failure, Hold, Outcome, Policy, Removal};
use innkeeper_core::engine::Survey;
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::plan::{Difference, Said, compare, kinds};
use innkeeper_core::resource::Resource;
use serde_json::{Value, json};

/// A house with an inn that has the room `one`.
fn house() -> House {
    let mut house = House::new(rooms);
    house.put(inn("moon", json!({"rooms": ["one"]})));
    house
}

fn survey(house: &House) -> Survey {
    house.engine.survey("inn").unwrap().unwrap()
}

fn said(children: Vec<Child>) -> Said {
    Ok(Outcome { children, ..Outcome::default() })
}

fn child(manifest: &Value, policy: Policy) -> Child {
    Child { manifest: manifest.to_string(), policy, ..config_map("x", "") }
}

/// What another module would change for the only inn.
fn planned(before: Option<&Said>, after: &Said) -> Difference {
    let survey = survey(&house());
    let asked = &survey.asked[0];
    let resource = |kind: &Kind| {
        let plural = format!("{}s", kind.kind.to_lowercase());
        Some(Arc::new(Resource { kind: kind.clone(), plural, namespaced: true }))
    };
    compare((asked.object().as_ref(), &*survey.binding, asked.children()), before, after, &resource)
}

/// The same as lines.
fn told(before: &Said, after: &Said) -> Vec<String> {
    lines(&planned(Some(before), after))
}

fn lines(difference: &Difference) -> Vec<String> {
    difference.changes.iter().map(|c| format!("{:?} {} {}", c.how, c.kind, c.name)).collect()
}

#[test]
fn the_same_children_are_no_difference_however_they_are_written() {
    let one = said(vec![config_map("one", "1"), config_map("two", "2")]);
    let other = said(vec![config_map("two", "2"), config_map("one", "1")]);
    let difference = planned(Some(&one), &other);
    assert!(difference.is_none(), "{difference:?}");
}

#[test]
fn children_are_created_changed_and_deleted() {
    let before = said(vec![config_map("gone", "1"), config_map("other", "1"), config_map("same", "1")]);
    let after = said(vec![config_map("new", "1"), config_map("other", "2"), config_map("same", "1")]);
    assert_eq!(told(&before, &after), ["Deleted ConfigMap gone", "Created ConfigMap new", "Changed ConfigMap other"]);
    let difference = planned(Some(&before), &after);
    let other = &difference.changes[2];
    assert_eq!((&other.before["data"]["x"], &other.after["data"]["x"]), (&json!("1"), &json!("2")));
    assert_eq!(other.after["metadata"], json!({"name": "other", "namespace": "a"}), "without the host's own marks");
}

#[test]
fn what_is_kept_or_only_created_is_not_changed() {
    let map =
        |word: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"x": word}});
    let with = |word: &str, policy| said(vec![child(&map(word), policy)]);
    assert_eq!(told(&with("1", Policy::CreateOnly), &with("2", Policy::CreateOnly)), Vec::<String>::new());
    assert_eq!(told(&with("1", Policy::Keep), &said(vec![])), Vec::<String>::new());
    assert_eq!(told(&said(vec![]), &with("1", Policy::Keep)), Vec::<String>::new());
    assert_eq!(told(&said(vec![]), &with("1", Policy::CreateOnly)), ["Created ConfigMap m"]);
    assert_eq!(told(&with("1", Policy::CreateOnly), &said(vec![])), ["Deleted ConfigMap m"]);
}

#[test]
fn a_change_of_a_field_that_cannot_be_changed_makes_the_child_anew_where_that_is_asked_for() {
    let sealed = |word: &str, policy| {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "immutable": true,
            "data": {"x": word}});
        said(vec![child(&manifest, policy)])
    };
    assert_eq!(told(&sealed("1", Policy::Recreate), &sealed("2", Policy::Recreate)), ["Recreated ConfigMap m"]);
    assert_eq!(told(&sealed("1", Policy::Apply), &sealed("2", Policy::Apply)), ["Changed ConfigMap m"]);
    let secret = |kind: &str, word: &str| {
        let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": kind,
            "stringData": {"x": word}});
        said(vec![child(&manifest, Policy::Recreate)])
    };
    assert_eq!(told(&secret("a", "1"), &secret("b", "1")), ["Recreated Secret s"]);
    assert_eq!(told(&secret("a", "1"), &secret("a", "2")), ["Changed Secret s"]);
}

#[test]
fn what_is_removed_or_made_anew_by_its_uid_is_a_difference() {
    let removal = |uid: &str| Removal {
        key: Key::new(Kind::new("", "v1", "ConfigMap"), None, "one".into()),
        uid: uid.into(),
        before_wave: None,
    };
    let children = || vec![config_map("one", "1")];
    let removing = |uid: &str| Ok(Outcome { remove: vec![removal(uid)], ..Outcome::default() });
    let replacing = |uid: &str| Ok(Outcome { replace: vec![removal(uid)], children: children(), ..Outcome::default() });
    assert_eq!(told(&said(vec![]), &removing("1")), ["Deleted ConfigMap one"]);
    assert!(planned(Some(&removing("1")), &removing("1")).is_none(), "it asked for that before");
    assert_eq!(told(&removing("1"), &removing("2")), ["Deleted ConfigMap one"], "another object of that name");
    assert_eq!(told(&said(children()), &replacing("1")), ["Recreated ConfigMap one"]);
    assert!(planned(Some(&replacing("1")), &replacing("1")).is_none());
}

#[test]
fn values_of_secrets_are_not_shown_only_which_of_them_differ() {
    let secret = |word: &str| {
        let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
            "stringData": {"a": "same", "b": word}});
        said(vec![child(&manifest, Policy::Apply)])
    };
    let difference = planned(Some(&secret("hunter2")), &secret("hunter3"));
    let change = &difference.changes[0];
    assert_eq!(change.before["stringData"], json!({"a": "***", "b": "*** (before)"}));
    assert_eq!(change.after["stringData"], json!({"a": "***", "b": "*** (after)"}));
    assert!(!serde_json::to_string(&difference).unwrap().contains("hunter"));
}

#[test]
fn what_is_said_of_the_object_itself_is_a_difference() {
    let with = |status: &str, hold: Option<&str>| {
        let hold = hold.map(|reason| Hold { reason: reason.into(), message: String::new() });
        Ok(Outcome { status: Some(status.into()), hold, ..Outcome::default() })
    };
    let same = planned(Some(&with(r#"{"a":1,"b":2}"#, None)), &with(r#"{"b":2,"a":1}"#, None));
    assert!(same.is_none());
    let other = planned(Some(&with(r#"{"a":1}"#, None)), &with(r#"{"a":2}"#, Some("Waiting")));
    let (before, after) = other.itself.clone().unwrap();
    assert_eq!(before, json!({"status": {"a": 1}}));
    assert_eq!(after, json!({"status": {"a": 2}, "hold": {"reason": "Waiting", "message": ""}}));
    assert!(!other.is_none());
}

#[test]
fn a_module_without_an_opinion_changes_nothing_and_says_why() {
    let before = said(vec![config_map("one", "1")]);
    let limit = || Failure::Limit { bound: "time", detail: "it took 200 ms".into() };
    let difference = planned(Some(&before), &Err(limit()));
    assert_eq!((lines(&difference), difference.limit), (vec![], Some("time")));
    assert!(difference.failure.as_ref().unwrap().contains("200 ms") && !difference.is_none());
    let both = planned(Some(&Err(limit())), &Err(limit()));
    assert!(both.failed_before && both.is_none(), "it was so before");
    let not_permitted = child(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}), Policy::Apply);
    let refused = planned(Some(&before), &said(vec![not_permitted]));
    assert!(refused.failure.unwrap().contains("not permitted"));
}

#[test]
fn where_the_module_before_has_no_opinion_the_children_that_are_there_stand_for_it() {
    let failed = Err(Failure::Trap("oh".into()));
    let same = said(vec![config_map("one", "1")]);
    assert_eq!(told(&failed, &same), Vec::<String>::new());
    let other = said(vec![config_map("one", "2"), config_map("two", "1")]);
    assert_eq!(told(&failed, &other), ["Changed ConfigMap one", "Created ConfigMap two"]);
    assert_eq!(told(&failed, &said(vec![])), ["Deleted ConfigMap one"]);
}

#[test]
fn every_kind_that_is_spoken_of_is_to_be_resolved() {
    let spoken = kinds(&said(vec![config_map("one", "1")]));
    assert_eq!(spoken.into_iter().collect::<Vec<_>>(), [Kind::new("", "v1", "ConfigMap")]);
    assert!(kinds(&Err(Failure::Trap("oh".into()))).is_empty());
}

#[test]
fn a_survey_holds_every_object_that_a_guest_is_asked_about() {
    let mut house = house();
    house.put(inn("sun", json!({"rooms": []})));
    let mut paused = inn("star", json!({"rooms": []}));
    paused["metadata"]["annotations"] = json!({"innkeeper.dev/paused": "true"});
    house.put(paused);
    let survey = survey(&house);
    let names: Vec<&str> = survey.asked.iter().map(|asked| asked.object().key.name.as_str()).collect();
    assert_eq!((names, survey.left_out), (vec!["moon", "sun"], 1));
    let asked = &survey.asked[0];
    assert_eq!(asked.children().len(), 1);
    let (request, _) = asked.question();
    assert_eq!(request.children.len(), 1);
    let object: Value = serde_json::from_str(&request.object).unwrap();
    assert_eq!(object["spec"]["rooms"], json!(["one"]));
}

#[test]
fn a_survey_is_what_the_guest_is_asked_in_earnest() {
    let mut house = house();
    let (surveyed, _) = survey(&house).asked[0].question();
    let seen = std::rc::Rc::new(std::cell::RefCell::new(None));
    let given = seen.clone();
    house.guest = Box::new(move |request| {
        *given.borrow_mut() = Some(request.clone());
        rooms(request)
    });
    let mut object = house.api.get("Inn", Some("a"), "moon").unwrap().clone();
    object["metadata"]["annotations"] = json!({"innkeeper.dev/reconcile-now": "1"});
    house.put(object);
    let in_earnest = seen.borrow().clone().unwrap();
    assert_eq!((in_earnest.children, in_earnest.config), (surveyed.children, surveyed.config));
}

#[test]
fn who_only_watches_looks_at_no_object_and_can_take_a_survey() {
    let api = house().api;
    let mut house = House::watching(api, Box::new(rooms), manifest(false));
    assert_eq!(survey(&house).asked.len(), 1);
    house.put(inn("sun", json!({"rooms": ["two"]})));
    assert_eq!((house.calls, house.requests.clone()), (0, vec![]));
    assert_eq!(survey(&house).asked.len(), 2);
}

#[test]
fn there_is_no_survey_of_what_is_not_kept_and_it_says_why() {
    let house = House::new(rooms);
    assert!(house.engine.survey("tavern").is_err_and(|why| why.contains("no Reconciler tavern")));
    let mut house = House::starting(served(), Box::new(rooms), manifest(false));
    assert!(house.engine.survey("inn").is_ok_and(|survey| survey.is_none()), "modules are being read");
    house.input(innkeeper_core::engine::Input::ModulesRead);
    assert_eq!(survey(&house).asked.len(), 0);
    house.api.delete("CustomResourceDefinition", None, "inns.example.com");
    house.settle();
    assert!(house.engine.survey("inn").is_err_and(|why| why.contains("CustomResourceDefinition")));
}
