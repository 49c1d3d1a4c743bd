//! Labels and annotations that a guest sets on the object itself.

use crate::house::House;
use crate::house::script::{liberal, say, says};
use innkeeper_core::action::{Action, Done};
use serde_json::{Value, json};

fn metadata(house: &House) -> Value {
    house.api.get("Inn", Some("a"), "x").unwrap()["metadata"].clone()
}

fn applied(house: &mut House) -> usize {
    house.requests().iter().filter(|request| *request == "apply Inn a/x").count()
}

#[test]
fn they_are_set_once_changed_and_withdrawn() {
    let mut house = liberal();
    say(&mut house, json!({"labels": {"stars": "5"}, "annotations": {"note": "fine"}}));
    assert_eq!(
        (&metadata(&house)["labels"]["stars"], &metadata(&house)["annotations"]["note"]),
        (&json!("5"), &json!("fine"))
    );
    assert_eq!(
        metadata(&house)["managedFields"][0]["manager"],
        "innkeeper.Inn.example.com-own",
        "told from the children's"
    );
    assert_eq!(applied(&mut house), 1);
    say(&mut house, json!({"labels": {"stars": "5"}, "annotations": {"note": "fine"}, "more": 1}));
    assert_eq!(applied(&mut house), 0, "they are as they should be");
    say(&mut house, json!({"labels": {"stars": "4"}, "annotations": {"note": "fine"}}));
    assert_eq!((&metadata(&house)["labels"]["stars"], applied(&mut house)), (&json!("4"), 1));
    say(&mut house, json!({"labels": {"stars": "4"}, "annotations": {"note": "poor"}}));
    assert_eq!((&metadata(&house)["annotations"]["note"], applied(&mut house)), (&json!("poor"), 1));
    say(&mut house, json!({"annotations": {"note": "poor"}}));
    assert_eq!((&metadata(&house)["labels"]["stars"], applied(&mut house)), (&Value::Null, 1));
    say(&mut house, json!({}));
    assert_eq!((&metadata(&house)["annotations"]["note"], applied(&mut house)), (&Value::Null, 1));
    say(&mut house, json!({"more": 2}));
    assert_eq!(applied(&mut house), 0, "there is nothing to withdraw any more");
}

#[test]
fn a_value_that_somebody_took_away_is_set_again() {
    let mut house = liberal();
    say(&mut house, json!({"labels": {"stars": "5"}}));
    let mut object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
    object["metadata"]["labels"]["stars"] = json!("1");
    house.put(object);
    assert_eq!(metadata(&house)["labels"]["stars"], "5");
}

#[test]
fn a_value_that_admission_changes_is_not_fought() {
    for field in ["labels", "annotations"] {
        let mut house = liberal();
        say(&mut house, json!({}));
        // Whatever is applied, this cluster makes it shout.
        let shouting = json!({field: {"stars": "FIVE"}});
        let object = house.api.get("Inn", Some("a"), "x").unwrap().clone();
        let answer = move |manager: &str| {
            let mut object = object.clone();
            object["metadata"][field] = shouting[field].clone();
            object["metadata"]["resourceVersion"] = json!("99");
            let owned = json!({"f:metadata": {format!("f:{field}"): {"f:stars": {}}}});
            object["metadata"]["managedFields"] =
                json!([{"manager": manager, "operation": "Apply", "apiVersion": "example.com/v1", "fieldsV1": owned}]);
            std::sync::Arc::new(innkeeper_core::object::Object::parse(&object.to_string(), None).unwrap())
        };
        house.api.refuses = Some(Box::new(move |action| match action {
            Action::Apply { at, manager, .. } if at.resource.kind.kind == "Inn" => {
                Some(Done::Object { object: answer(manager), created: false })
            }
            _ => None,
        }));
        house.requests();
        say(&mut house, json!({field: {"stars": "five"}}));
        (0..5).for_each(|_| house.pass(60_000));
        let asked = applied(&mut house);
        assert!((1..=3).contains(&asked), "{field}: applied {asked} times");
    }
}

#[test]
fn what_somebody_else_set_is_a_conflict_and_what_the_cluster_refuses_a_failure() {
    for (answer, reason, words) in [
        (Done::Conflict("kubectl owns it".into()), "Conflict", "kubectl owns it"),
        (Done::Forbidden("not by you".into()), "ChildFailed", "forbidden: not by you"),
        (Done::Invalid("too long".into()), "ChildFailed", "too long"),
    ] {
        let mut house = liberal();
        house.api.refuse("apply Inn a/x", answer);
        say(&mut house, json!({"labels": {"stars": "5"}, "children": [{"name": "one"}]}));
        let (told, message) = says(&house, "Stalled");
        assert_eq!(told, reason);
        assert!(message.contains(&format!("its own labels and annotations cannot be set: {words}")), "{message}");
        assert_eq!(house.api.children(), ["ConfigMap a/one"], "its children do not wait for that");
        house.api.refuses = None;
        say(&mut house, json!({"labels": {"stars": "5"}, "children": [{"name": "one"}], "more": 1}));
        assert_eq!(says(&house, "Ready").0, "ChildrenReady");
    }
}

#[test]
fn an_object_that_has_gone_meanwhile_is_left_alone() {
    let mut house = liberal();
    house.api.refuse("apply Inn a/x", Done::NotFound("gone".into()));
    say(&mut house, json!({"labels": {"stars": "5"}, "children": [{"name": "one"}]}));
    assert_eq!(house.api.children(), Vec::<String>::new());
    assert_eq!(metadata(&house)["labels"], Value::Null);
}

#[test]
fn a_guest_that_is_finished_too_early_labels_all_the_same() {
    let mut house = liberal();
    say(&mut house, json!({"labels": {"stars": "5"}, "finished": true}));
    assert_eq!(metadata(&house)["labels"]["stars"], "5");
}
