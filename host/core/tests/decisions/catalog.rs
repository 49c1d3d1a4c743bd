//! What CustomResourceDefinitions say of the kinds that are served.

use crate::house::{House, config_map, crd, inn, wants};
use serde_json::json;

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
