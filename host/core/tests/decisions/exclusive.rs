//! Lists and maps owned whole. The managedFields are as kube-apiserver 1.36 writes them; each sequence
//! of patch, apply and residue was tried against it.

use innkeeper_core::exclusive::{JsonPatchOp, foreign, has_foreign, residue};
use innkeeper_core::object::Metadata;
use innkeeper_core::paths::Path;
use serde_json::{Value, json};

const US: &str = "innkeeper.things";

/// A live object, its metadata and what we want of it.
struct Case {
    live: Value,
    meta: Metadata,
    wanted: Value,
    exclusive: Vec<Path>,
}

impl Case {
    fn new(live: Value, entries: &[(&str, &str, Value)], wanted: Value, exclusive: &[&str]) -> Self {
        let entry = |(manager, operation, fields): &(&str, &str, Value)| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields});
        let entries: Vec<_> = entries.iter().map(entry).collect();
        let meta = json!({"name": "web", "resourceVersion": "7", "managedFields": entries});
        Self {
            live,
            meta: serde_json::from_value(meta).expect("metadata"),
            wanted,
            exclusive: exclusive.iter().map(|path| Path::parse(path).expect("a path")).collect(),
        }
    }

    fn has_foreign(&self) -> bool {
        has_foreign(&self.meta, US, &self.wanted, &self.exclusive)
    }

    fn ops(&self) -> Vec<JsonPatchOp> {
        foreign(&self.live, &self.meta, US, &self.wanted, &self.exclusive)
    }

    /// Asserts that something foreign is seen, and that the patch puts this value at this pointer.
    fn settles(&self, pointer: &str, expected: Value) {
        assert!(self.has_foreign());
        let ops = json!(self.ops());
        assert_eq!(ops[0], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}));
        assert_eq!(ops[1], json!({"op": "replace", "path": pointer, "value": expected}));
        assert_eq!(ops.as_array().map(Vec::len), Some(2));
    }

    fn is_left_alone(&self) {
        assert!(!self.has_foreign());
        assert_eq!(self.ops(), []);
    }
}

fn service(live_ports: Value, entries: &[(&str, &str, Value)], wanted_ports: Value) -> Case {
    let spec = |ports| json!({"kind": "Service", "spec": {"selector": {"app": "web"}, "ports": ports}});
    let entries: Vec<_> = entries.iter().map(|(m, o, ports)| (*m, *o, json!({"f:spec": {"f:ports": ports}}))).collect();
    Case::new(spec(live_ports), &entries, spec(wanted_ports), &["spec.ports"])
}

fn port(number: i64) -> Value {
    json!({"name": format!("p{number}"), "port": number, "protocol": "TCP", "targetPort": number, "nodePort": 30000 + number})
}

/// What one who brought the whole entry owns of it: defaults too.
fn whole() -> Value {
    json!({".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}})
}

/// What we own of an entry of which we state name and port.
fn stated() -> Value {
    json!({".": {}, "f:name": {}, "f:port": {}})
}

#[test]
fn a06_a_service_port_edited_by_hand_is_replaced_by_ours() {
    let theirs = json!({"k:{\"port\":81,\"protocol\":\"TCP\"}": whole()});
    let ours = json!({"k:{\"port\":90,\"protocol\":\"TCP\"}": stated()});
    let live = json!([{"name": "http", "port": 81, "protocol": "TCP", "targetPort": 81}, port(90)]);
    let wanted = json!([{"name": "http", "port": 80}, {"name": "p90", "port": 90}]);
    service(live, &[(US, "Apply", ours), ("kubectl-patch", "Update", theirs)], wanted)
        .settles("/spec/ports", json!([port(90), {"name": "http", "port": 80}]));
}

#[test]
fn a06_the_only_port_edited_by_hand_leaves_no_empty_list_on_the_way() {
    let theirs = json!({"k:{\"port\":81,\"protocol\":\"TCP\"}": whole()});
    let live = json!([{"name": "http", "port": 81, "protocol": "TCP", "targetPort": 81}]);
    let wanted = json!([{"name": "http", "port": 80}]);
    service(live, &[("kubectl-patch", "Update", theirs)], wanted.clone()).settles("/spec/ports", wanted);
}

#[test]
fn a06_names_that_change_places_do_not_collide_on_the_way() {
    let entry =
        json!({"k:{\"port\":80,\"protocol\":\"TCP\"}": stated(), "k:{\"port\":82,\"protocol\":\"TCP\"}": stated()});
    let theirs = json!({"k:{\"port\":81,\"protocol\":\"TCP\"}": whole()});
    let live = json!([{"name": "a", "port": 80, "protocol": "TCP"}, {"name": "b", "port": 81, "protocol": "TCP"},
                      {"name": "old", "port": 82, "protocol": "TCP"}]);
    let wanted = json!([{"name": "b", "port": 80}, {"name": "a", "port": 83}]);
    service(live, &[(US, "Apply", entry), ("kubectl", "Update", theirs)], wanted)
        .settles("/spec/ports", json!([{"name": "b", "port": 80, "protocol": "TCP"}, {"name": "a", "port": 83}]));
}

#[test]
fn a06_an_udp_port_added_by_hand_is_not_our_tcp_one() {
    let ours = json!({"k:{\"port\":53,\"protocol\":\"TCP\"}": stated()});
    let theirs = json!({"k:{\"port\":53,\"protocol\":\"UDP\"}": whole()});
    let tcp = json!({"name": "dns", "port": 53, "protocol": "TCP"});
    let live = json!([tcp, {"name": "udp", "port": 53, "protocol": "UDP"}]);
    service(live, &[(US, "Apply", ours), ("kubectl", "Update", theirs)], json!([{"name": "dns", "port": 53}]))
        .settles("/spec/ports", json!([tcp]));
}

#[test]
fn a06_who_created_the_object_may_keep_owning_our_entries_and_their_defaults() {
    let key = "k:{\"port\":80,\"protocol\":\"TCP\"}";
    let entries = [
        (US, "Apply", json!({key: stated()})),
        ("kubectl-create", "Update", json!({".": {}, key: whole()})),
        ("kubectl-edit", "Update", json!({key: {"f:nodePort": {}, "f:appProtocol": {}}})),
    ];
    service(json!([port(80)]), &entries, json!([{"name": "p80", "port": 80}])).is_left_alone();
}

#[test]
fn a06_our_own_update_entry_is_not_foreign_and_is_dropped_afterwards() {
    let key = "k:{\"port\":80,\"protocol\":\"TCP\"}";
    let entries = [
        ("kubectl", "Update", json!({})),
        (US, "Update", json!({key: whole()})),
        (US, "Apply", json!({key: stated()})),
        (US, "Update", json!({})),
    ];
    let case = service(json!([port(80)]), &entries, json!([{"name": "p80", "port": 80}]));
    case.is_left_alone();
    let ops = json!(residue(&case.meta, US));
    let expected = json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "remove", "path": "/metadata/managedFields/3"},
        {"op": "remove", "path": "/metadata/managedFields/1"},
    ]);
    assert_eq!(ops, expected);
    assert_eq!(residue(&case.meta, "kubectl-create"), []);
}

#[test]
fn a06_a_key_added_to_data_goes() {
    let theirs = ("kubectl-edit", "Update", json!({"f:data": {"f:evil/~": {}}}));
    let ours = (US, "Apply", json!({"f:data": {"f:a": {}}}));
    let live = json!({"data": {"a": "1", "evil/~": "x", "admitted": "y"}});
    let wanted = json!({"data": {"a": "1"}});
    Case::new(live.clone(), &[ours.clone(), theirs.clone()], wanted.clone(), &["data"])
        .settles("/data", json!({"a": "1", "admitted": "y"}));
    Case::new(live.clone(), &[ours.clone(), theirs.clone()], wanted.clone(), &[]).is_left_alone();
    Case::new(live.clone(), &[ours, theirs.clone()], wanted, &["binaryData"]).is_left_alone();
    // Nothing is wanted there, and nothing else is there: the map goes too.
    let case = Case::new(json!({"data": {"evil/~": "x"}}), &[theirs], json!({}), &["data"]);
    assert_eq!(json!(case.ops()[1]), json!({"op": "remove", "path": "/data"}));
}

#[test]
fn a06_a_set_keeps_what_is_wanted() {
    let entries = [
        (US, "Apply", json!({"f:spec": {"f:set": {"v:1": {}}}})),
        ("kubectl", "Update", json!({"f:spec": {"f:set": {"v:1": {}, "v:5": {}}}})),
    ];
    let wanted = json!({"spec": {"set": [1, 2]}});
    Case::new(json!({"spec": {"set": [5, 1]}}), &entries, wanted, &["spec.set"]).settles("/spec/set", json!([1, 2]));
}

fn deployment(containers: Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

fn in_containers(fields: Value) -> Value {
    json!({"f:spec": {"f:template": {"f:spec": {"f:containers": fields}}}})
}

#[test]
fn a06_a_renamed_container_is_replaced() {
    let live = deployment(json!([{"name": "other", "image": "x", "imagePullPolicy": "Always"}]));
    let theirs = in_containers(json!({"k:{\"name\":\"other\"}": {".": {}, "f:image": {}, "f:name": {}}}));
    let wanted = deployment(json!([{"name": "app", "image": "x"}]));
    Case::new(live, &[("kubectl", "Update", theirs)], wanted, &["spec.template.spec.containers"])
        .settles("/spec/template/spec/containers", json!([{"name": "app", "image": "x"}]));
}

#[test]
fn a06_container_ports_are_ours_in_our_containers_and_only_there() {
    let app = |ports| json!({"name": "app", "image": "x", "ports": ports});
    let side = json!({"name": "side", "image": "y", "ports": [{"containerPort": 99, "protocol": "TCP"}]});
    let live = deployment(json!([side, app(json!([{"containerPort": 81, "name": "http", "protocol": "TCP"}]))]));
    let wanted = deployment(json!([app(json!([{"containerPort": 80, "name": "http"}]))]));
    let key = |port| format!("k:{{\"containerPort\":{port},\"protocol\":\"TCP\"}}");
    let side_entry = json!({".": {}, "f:name": {}, "f:ports": {key(99): {".": {}, "f:containerPort": {}}}});
    let ours = in_containers(json!({"k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:name": {}}}));
    let injector = in_containers(json!({"k:{\"name\":\"side\"}": side_entry}));
    let hand = in_containers(json!({"k:{\"name\":\"app\"}": {"f:ports": {".": {}, key(81): {".": {}, "f:name": {}}}}}));
    let entries = [(US, "Apply", ours), ("injector", "Update", injector), ("kubectl", "Update", hand)];
    let settled = json!([{"containerPort": 80, "name": "http"}]);
    for path in ["spec.template.spec.containers[*].ports", "spec.template.spec.containers[name=app].ports"] {
        Case::new(live.clone(), &entries, wanted.clone(), &[path])
            .settles("/spec/template/spec/containers/1/ports", settled.clone());
        Case::new(live.clone(), &entries[..2], wanted.clone(), &[path]).is_left_alone();
    }
    Case::new(live.clone(), &entries, wanted.clone(), &["spec.template.spec.containers[name=side].ports"])
        .is_left_alone();
    // Overlapping paths: the second finds everything done.
    let both = ["spec.template.spec.containers", "spec.template.spec.containers[*].ports"];
    Case::new(live, &entries, wanted, &both).settles("/spec/template/spec/containers", json!([app(settled)]));
}

#[test]
fn a06_an_entry_of_a_list_inside_ours_is_foreign_a_field_is_not() {
    let ours = in_containers(json!({"k:{\"name\":\"app\"}": {".": {}, "f:name": {}, "f:image": {}, "f:args": {}}}));
    let env = in_containers(json!({"k:{\"name\":\"app\"}": {
        "f:workingDir": {}, "f:command": {}, "f:env": {".": {}, "k:{\"name\":\"Z\"}": {".": {}, "f:name": {}, "f:value": {}}}}}));
    let field = in_containers(json!({"k:{\"name\":\"app\"}": {"f:workingDir": {}, "f:command": {}}}));
    let live = deployment(json!([{"name": "app", "image": "x", "args": ["b"], "workingDir": "/w", "command": ["c"],
                                  "env": [{"name": "Z", "value": "1"}]}]));
    let wanted = deployment(json!([{"name": "app", "image": "x", "args": ["a"]}]));
    let path = ["spec.template.spec.containers"];
    Case::new(live.clone(), &[(US, "Apply", ours.clone()), ("kubectl", "Update", env)], wanted.clone(), &path).settles(
        "/spec/template/spec/containers",
        json!([{"name": "app", "image": "x", "args": ["a"], "workingDir": "/w", "command": ["c"]}]),
    );
    Case::new(live, &[(US, "Apply", ours), ("kubectl", "Update", field)], wanted, &path).is_left_alone();
}

#[test]
fn entries_about_status_are_not_looked_at() {
    let mut case = service(
        json!([port(80)]),
        &[("kcm", "Update", json!({"k:{\"port\":80,\"protocol\":\"TCP\"}": {}}))],
        json!([]),
    );
    assert!(case.has_foreign());
    case.meta.managed_fields[0].subresource = "status".into();
    case.is_left_alone();
}

#[test]
fn what_was_handed_over_is_nobody_elses() {
    let released = ("innkeeper.released", "Apply", json!({"f:data": {"f:a": {}}}));
    let live = json!({"data": {"a": "1"}});
    Case::new(live, &[released], json!({"data": {}}), &["data"]).is_left_alone();
}

#[test]
fn a_set_of_which_we_want_nothing_goes_and_what_admission_added_to_it_stays() {
    let theirs = ("kubectl", "Update", json!({"f:spec": {"f:set": {"v:1": {}, "v:5": {}}}}));
    let case = |live: Value| {
        Case::new(json!({"spec": {"set": live}}), std::slice::from_ref(&theirs), json!({}), &["spec.set"])
    };
    let removed = json!(case(json!([5, 1])).ops()[1]);
    assert_eq!(removed, json!({"op": "remove", "path": "/spec/set"}));
    case(json!([5, 7, 1])).settles("/spec/set", json!([7]));
}

#[test]
fn a_map_that_somebody_owns_as_one_goes_where_nothing_is_wanted() {
    let theirs = ("kubectl", "Update", json!({"f:spec": {"f:selector": {}}}));
    let live = json!({"spec": {"selector": {"app": "web", "tier": "front"}}});
    let case = Case::new(live.clone(), std::slice::from_ref(&theirs), json!({"spec": {}}), &["spec.selector"]);
    assert_eq!(json!(case.ops()[1]), json!({"op": "remove", "path": "/spec/selector"}));
    let wanted = json!({"spec": {"selector": {"app": "web"}}});
    Case::new(live, &[theirs], wanted, &["spec.selector"]).is_left_alone();
}

#[test]
fn a_wanted_null_is_nothing_and_an_empty_map_that_is_wanted_stays() {
    let theirs = ("kubectl", "Update", json!({"f:data": {"f:evil": {}}}));
    let live = json!({"data": {"evil": "x"}});
    Case::new(live.clone(), std::slice::from_ref(&theirs), json!({"data": {"none": null}}), &["data"])
        .settles("/data", json!({}));
    Case::new(live, &[theirs], json!({"data": {}}), &["data"]).settles("/data", json!({}));
}

#[test]
fn a_place_of_a_simple_value_is_set_to_what_is_wanted() {
    let theirs =
        ("kubectl", "Update", json!({"f:spec": {"f:containers": {"k:{\"name\":\"b\"}": {".": {}, "f:name": {}}}}}));
    let live = json!({"spec": {"containers": [{"name": "a", "env": {"deep": {"x": 1}}}, {"name": "b"}]}});
    let wanted = json!({"spec": {"containers": [{"name": "a", "env": 7}]}});
    Case::new(live, &[theirs], wanted, &["spec.containers"])
        .settles("/spec/containers", json!([{"name": "a", "env": 7}]));
}

#[test]
fn an_entry_that_nobody_holds_is_the_wanted_one_if_its_neighbours_keys_agree() {
    let theirs = (
        "kubectl",
        "Update",
        json!({"f:spec": {"f:ports": {"k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}),
    );
    let live = json!([{"port": 80, "protocol": "TCP", "admitted": true}, {"port": 81, "protocol": "TCP"}]);
    let spec = |ports: Value| json!({"spec": {"ports": ports}});
    let wanted = |port: Value| {
        Case::new(spec(live.clone()), std::slice::from_ref(&theirs), spec(json!([port])), &["spec.ports"])
    };
    let held = json!([{"port": 80, "protocol": "TCP", "admitted": true, "name": "web"}]);
    wanted(json!({"port": 80, "protocol": "TCP", "name": "web"})).settles("/spec/ports", held);
    let beside = json!([{"port": 80, "protocol": "TCP", "admitted": true}, {"port": 82, "protocol": "TCP"}]);
    wanted(json!({"port": 82, "protocol": "TCP"})).settles("/spec/ports", beside);
}

#[test]
fn what_is_wanted_of_a_set_is_not_foreign_whoever_holds_it() {
    let ours = (US, "Apply", json!({"f:spec": {"f:set": {"v:1": {}, "v:2": {}}}}));
    let theirs = ("kubectl", "Update", json!({"f:spec": {"f:set": {"v:1": {}}}}));
    let spec = json!({"spec": {"set": [1, 2]}});
    Case::new(spec.clone(), &[ours, theirs], spec, &["spec.set"]).is_left_alone();
}

#[test]
fn a_list_that_somebody_owns_as_one_goes_where_nothing_is_wanted() {
    let theirs = ("kubectl", "Update", json!({"f:spec": {"f:args": {}}}));
    let case = Case::new(json!({"spec": {"args": ["a"]}}), &[theirs], json!({"spec": {}}), &["spec.args"]);
    assert_eq!(json!(case.ops()[1]), json!({"op": "remove", "path": "/spec/args"}));
}

/// Containers owned whole, of which ours takes a value from a ConfigMap: managers track that place as one.
fn value_from(live: Value, wanted: Value) -> Case {
    let env = |from: Value| json!([{"name": "WORD", "valueFrom": {"configMapKeyRef": from}}]);
    let containers = |from: Value| json!({"spec": {"containers": [{"name": "a", "env": env(from)}]}});
    let mut there = containers(live);
    there["spec"]["containers"].as_array_mut().expect("a list").push(json!({"name": "b"}));
    let ours = json!({"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:env": {"k:{\"name\":\"WORD\"}": {
        ".": {}, "f:name": {}, "f:valueFrom": {"f:configMapKeyRef": {}}}}}});
    let theirs = json!({"k:{\"name\":\"b\"}": {".": {}, "f:name": {}}});
    let entries = [
        (US, "Apply", json!({"f:spec": {"f:containers": ours}})),
        ("kubectl", "Update", json!({"f:spec": {"f:containers": theirs}})),
    ];
    Case::new(there, &entries, containers(wanted), &["spec.containers"])
}

#[test]
fn what_is_ours_as_one_is_as_we_want_it_and_keeps_no_field_that_we_want_no_more() {
    let wanted = json!({"name": "words", "key": "first"});
    let case = value_from(json!({"name": "words", "key": "first", "optional": true}), wanted.clone());
    let entry = json!({"name": "WORD", "valueFrom": {"configMapKeyRef": wanted}});
    case.settles("/spec/containers", json!([{"name": "a", "env": [entry]}]));
}

#[test]
fn a_map_that_somebody_owns_as_one_inside_an_entry_of_ours_stays() {
    let ours = json!({"k:{\"name\":\"a\"}": {".": {}, "f:name": {}}});
    let theirs = json!({"k:{\"name\":\"a\"}": {"f:limits": {}}, "k:{\"name\":\"b\"}": {".": {}, "f:name": {}}});
    let entries = [
        (US, "Apply", json!({"f:spec": {"f:containers": ours}})),
        ("kubectl", "Update", json!({"f:spec": {"f:containers": theirs}})),
    ];
    let kept = json!({"name": "a", "limits": {"cpu": "1"}});
    let live = json!({"spec": {"containers": [kept, {"name": "b"}]}});
    let wanted = json!({"spec": {"containers": [{"name": "a"}]}});
    Case::new(live, &entries, wanted, &["spec.containers"]).settles("/spec/containers", json!([kept]));
}

#[test]
fn what_admission_put_into_a_map_of_which_we_want_nothing_stays() {
    let theirs = ("kubectl", "Update", json!({"f:data": {"f:evil": {}}}));
    let live = json!({"data": {"evil": "x", "admitted": "y"}});
    Case::new(live, &[theirs], json!({}), &["data"]).settles("/data", json!({"admitted": "y"}));
}

#[test]
fn a_wanted_map_that_somebody_owns_as_one_beside_us_is_not_emptied() {
    let theirs = ("kubectl", "Update", json!({"f:spec": {"f:selector": {}, "f:other": {}}}));
    let live = json!({"spec": {"selector": {"app": "web"}, "other": "1"}});
    let wanted = json!({"spec": {"selector": {"app": "web"}}});
    Case::new(live, &[theirs], wanted, &["spec"]).settles("/spec", json!({"selector": {"app": "web"}}));
}
