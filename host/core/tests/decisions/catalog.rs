//! What CustomResourceDefinitions say of the kinds that are served.

use std::sync::Arc;

use crate::house::{House, config_map, crd, inn, wants};
use innkeeper_core::engine::Catalog;
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::resource::Resource;
use serde_json::{Value, json};

#[test]
fn a_second_crd_of_the_same_kind_stops_nothing() {
    let mut house = House::new(|_| wants(vec![config_map("one", "1")]));
    let mut second = crd();
    second["metadata"]["name"] = json!("aaa.example.com");
    second["spec"]["names"]["plural"] = json!("aaa");
    second["status"] = json!({"conditions": [{"type": "NamesAccepted", "status": "False"}]});
    house.put(second);
    house.put(inn("x", json!({})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
}

/// The kind in two versions, of which the second is stored.
fn two_versions() -> Arc<Object> {
    let mut both = crd();
    let mut first = both["spec"]["versions"][0].clone();
    (first["name"], first["storage"]) = (json!("v0"), json!(false));
    let schema = json!({"properties": {"status": {"properties": {"observedGeneration": {"type": "integer"}}}}});
    first["schema"]["openAPIV3Schema"] = schema;
    both["spec"]["versions"].as_array_mut().unwrap().insert(0, first);
    parsed(&both)
}

fn parsed(value: &Value) -> Arc<Object> {
    Arc::new(Object::parse(&value.to_string(), None).unwrap())
}

fn kind(version: &str) -> Kind {
    Kind::new("example.com", version, "Inn")
}

#[test]
fn of_several_versions_the_one_that_is_stored_is_first_and_each_holds_what_its_schema_says() {
    let mut catalog = Catalog::default();
    catalog.put(&two_versions());
    let crd = catalog.crd(&kind("v1").group_kind()).unwrap();
    let versions: Vec<(&str, bool, bool)> = crd
        .versions
        .iter()
        .map(|(resource, holds)| (resource.kind.version.as_str(), holds.conditions, holds.observed_generation))
        .collect();
    assert_eq!(versions, [("v1", true, true), ("v0", false, true)]);
    assert_eq!(catalog.any(&kind("v1").group_kind()).unwrap().kind, kind("v1"));
    assert_eq!(catalog.resource(&kind("v0")).unwrap().kind, kind("v0"));
    assert!(catalog.resource(&kind("v9")).is_none());
}

#[test]
fn a_kind_is_served_while_its_definition_is_established_and_there() {
    let mut catalog = Catalog::default();
    assert!(catalog.is_unknown(&kind("v1")) && catalog.should_ask(&kind("v1")));
    let mut early = crd();
    early["status"] = json!({});
    catalog.put(&parsed(&early));
    assert!(catalog.resource(&kind("v1")).is_none(), "the API server does not serve it yet");
    assert!(!catalog.is_unknown(&kind("v1")) && !catalog.should_ask(&kind("v1")), "its definition will tell");
    catalog.put(&parsed(&crd()));
    assert!(catalog.resource(&kind("v1")).is_some());
    assert!(catalog.remove("inns.example.com") && !catalog.remove("inns.example.com"));
    assert!(catalog.resource(&kind("v1")).is_none() && catalog.crd(&kind("v1").group_kind()).is_none());
    assert!(!catalog.is_unknown(&kind("v1")) && catalog.should_ask(&kind("v1")));
}

#[test]
fn what_discovery_said_of_a_kind_holds_until_a_definition_of_it_goes() {
    let mut catalog = Catalog::default();
    let (ours, other) = (kind("v1"), Kind::new("example.com", "v1", "Tower"));
    for kind in [&ours, &other] {
        let resource = Resource { kind: kind.clone(), plural: "x".into(), namespaced: true };
        catalog.discovered(kind, Some(Arc::new(resource)));
        assert!(catalog.resource(kind).is_some() && !catalog.should_ask(kind));
    }
    catalog.put(&parsed(&crd()));
    catalog.remove("inns.example.com");
    assert!(catalog.resource(&ours).is_none());
    assert!(catalog.resource(&other).is_some(), "another kind");
}
