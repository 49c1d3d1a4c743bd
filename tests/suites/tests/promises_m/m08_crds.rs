//! M08: a module's CustomResourceDefinition comes with it where that is permitted, and never loses or breaks what is there.

use innkeeper_suites::{House, guest, rebuilt, reworded};
use serde_json::{Value, json};

use crate::by_kubectl::{NAME, decides, name_it, put, says};

const CRD: &str = "kindofitsownxxs.groupsm.measutosh.dev";
const KIND: &str = "KindOfItsOwnXx";

/// custom-http for a kind that nobody else has, by any of its names: kubectl remembers those it has seen.
fn module() -> Vec<u8> {
    let words = [
        ("groupsp.measutosh.dev", "groupsm.measutosh.dev"),
        ("KindCustomHttp", KIND),
        ("kindcustomhttp", "kindofitsownxx"),
        (r#""customhttp""#, r#""itsownxxxx""#),
        (r#""kch""#, r#""kxx""#),
    ];
    words.into_iter().fold(guest(NAME), |module, (old, new)| reworded(&module, old, new))
}

/// A house in which that module decides and has brought its CustomResourceDefinition, and an object of it is kept.
fn house() -> House {
    let house = House::alone(&[]);
    // A test that failed may have left it.
    if !definition(&house).is_null() {
        house.delete_crd(CRD);
    }
    house.start_host();
    put(&house, &module());
    name_it(&house);
    house.eventually("its kind is missing", || {
        house.get("Reconciler", NAME).to_string().contains("no CustomResourceDefinition serves KindOfItsOwnXx.groupsm")
    });
    assert!(definition(&house).is_null(), "nobody permitted it");
    house.patch("reconciler", NAME, r#"{"spec": {"crd": "Apply"}}"#);
    house.eventually("the module brings it", || !definition(&house).is_null());
    house.kubectl(&["wait", "--for=condition=Established", "crd", CRD]);
    web(&house, 8080, "one");
    house
}

fn definition(house: &House) -> Value {
    house.find("CustomResourceDefinition", CRD).unwrap_or_default()
}

/// An object of it is changed, and the change arrives.
fn web(house: &House, port: u16, greeting: &str) {
    let spec = json!({"replicaCount": 0, "port": port, "configMapData": {"greeting": greeting}});
    let object = json!({
        "apiVersion": "groupsm.measutosh.dev/v1", "kind": KIND, "metadata": {"name": "web"}, "spec": spec,
    });
    house.apply(&object.to_string());
    house.eventually("the change arrives", || {
        house.find("ConfigMap", "web-configmap").is_some_and(|map| map["data"]["greeting"] == greeting)
    });
}

fn leave(house: &House) {
    house.delete("reconciler", NAME);
    house.delete_crd(CRD);
}

#[test]
fn m08_a_crd_that_somebody_changed_by_hand_is_applied_again_with_the_next_module_and_one_that_is_as_it_was_is_not() {
    let house = house();
    let first = decides(&house);
    let mark = house.mark();
    put(&house, &rebuilt(&module()));
    house.eventually("the next one decides", || decides(&house) != first);
    let second = decides(&house);
    let written = house.requests_since(&mark);
    let written = written.iter().filter(|r| r.is_write() && r.resource == "customresourcedefinitions");
    assert_eq!(written.map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());

    let path = "/spec/versions/0/schema/openAPIV3Schema/description";
    let by_hand = json!([{"op": "replace", "path": path, "value": "By hand."}]);
    house.kubectl(&["patch", "crd", CRD, "--type=json", "-p", &by_hand.to_string()]);
    put(&house, &rebuilt(&rebuilt(&module())));
    house.eventually("the next one decides", || decides(&house) != second);
    assert!(!definition(&house).to_string().contains("By hand."));
    leave(&house);
}

#[test]
fn m08_a_module_brings_its_crd_where_that_is_permitted_and_the_next_one_upgrades_it() {
    let house = house();
    let first = decides(&house);
    put(&house, &reworded(&module(), "How many servers run.", "How many shall there?"));
    house.eventually("the next one decides", || decides(&house) != first);
    assert!(definition(&house).to_string().contains("How many shall there?"));
    web(&house, 8080, "two");
    // One that decided before decides again with what is there.
    put(&house, &module());
    house.eventually("the one before decides again", || decides(&house) == first);
    assert!(definition(&house).to_string().contains("How many shall there?"));
    web(&house, 8080, "three");
    leave(&house);
}

#[test]
fn m08_a_crd_that_would_lose_or_break_what_is_there_is_refused_with_the_list() {
    let house = house();
    let (first, before) = (decides(&house), definition(&house)["spec"].clone());
    put(&house, &reworded(&module(), "configMapData", "configMapText"));
    says(&house, "CRDRefused", "v1: spec.configMapData would be dropped");
    put(&house, &reworded(&module(), r#""maximum":65535"#, r#""maximum":   80"#));
    says(&house, "CRDRefused", "/web: spec.port: Invalid value: 8080");
    assert_eq!((decides(&house), definition(&house)["spec"].clone()), (first.clone(), before));
    web(&house, 80, "it serves");
    house.eventually("the object does not stand against it any more", || decides(&house) != first);
    let port = "/versions/0/schema/openAPIV3Schema/properties/spec/properties/port/maximum";
    assert_eq!(definition(&house)["spec"].pointer(port), Some(&json!(80)));
    leave(&house);
}
