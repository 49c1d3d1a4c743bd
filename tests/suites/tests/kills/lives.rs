//! The lives: children that garbage collection removes, one that only a finalizer reaches, a guest with work to do at
//! the end, and every policy of the contract.

use innkeeper_controlplane::Fault;
use innkeeper_suites::House;
use serde_json::json;

use crate::life::{Life, Stage};

const WEB: Life = Life {
    guest: "custom-http",
    kind: "KindCustomHttp",
    plural: "kindcustomhttps",
    created: include_str!("web.yaml"),
    created_children: include_str!("web.children.yaml"),
    changed: include_str!("web.changed.yaml"),
    changed_children: include_str!("web.changed.children.yaml"),
    besides: |_, _| Ok(()),
};

const FAR: Life = Life {
    guest: "workbench",
    kind: "Workbench",
    plural: "workbenches",
    created: include_str!("far.yaml"),
    created_children: include_str!("far.children.yaml"),
    changed: include_str!("far.changed.yaml"),
    changed_children: include_str!("far.changed.children.yaml"),
    besides: |_, _| Ok(()),
};

const LAST: Life = Life {
    guest: "final-bench",
    kind: "FinalBench",
    plural: "finalbenches",
    created: include_str!("last.yaml"),
    created_children: include_str!("last.children.yaml"),
    changed: include_str!("last.changed.yaml"),
    changed_children: include_str!("last.changed.children.yaml"),
    besides: |_, _| Ok(()),
};

const ALL: Life = Life {
    guest: "workbench",
    kind: "Workbench",
    plural: "workbenches",
    created: include_str!("all.yaml"),
    created_children: include_str!("all.children.yaml"),
    changed: include_str!("all.changed.yaml"),
    changed_children: include_str!("all.changed.children.yaml"),
    besides: what_is_set_on_other_objects,
};

#[test]
fn children_that_garbage_collection_removes_the_host_killed_before_each_write() {
    WEB.is_killed_at_every_write(Fault::BeforeWrite, |_| {});
}

#[test]
fn children_that_garbage_collection_removes_the_host_killed_before_each_answer() {
    WEB.is_killed_at_every_write(Fault::AfterWrite, |_| {});
}

#[test]
fn a_child_in_another_namespace_the_host_killed_before_each_write() {
    FAR.is_killed_at_every_write(Fault::BeforeWrite, permit_another_namespace);
}

#[test]
fn a_child_in_another_namespace_the_host_killed_before_each_answer() {
    FAR.is_killed_at_every_write(Fault::AfterWrite, permit_another_namespace);
}

#[test]
fn a_guest_with_work_at_the_end_the_host_killed_before_each_write() {
    LAST.is_killed_at_every_write(Fault::BeforeWrite, |_| {});
}

#[test]
fn a_guest_with_work_at_the_end_the_host_killed_before_each_answer() {
    LAST.is_killed_at_every_write(Fault::AfterWrite, |_| {});
}

#[test]
fn every_policy_of_the_contract_the_host_killed_before_each_write() {
    ALL.is_killed_at_every_write(Fault::BeforeWrite, put_an_object_of_somebody_else);
}

#[test]
fn every_policy_of_the_contract_the_host_killed_before_each_answer() {
    ALL.is_killed_at_every_write(Fault::AfterWrite, put_an_object_of_somebody_else);
}

fn put_an_object_of_somebody_else(house: &House) {
    house.apply(
        &json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"theirs": "yes"},
        })
        .to_string(),
    );
}

/// The contribution to the object of somebody else, and the label of the object itself.
fn what_is_set_on_other_objects(house: &House, stage: Stage) -> Result<(), String> {
    let word = match stage {
        Stage::Created => "one",
        Stage::Changed => "two",
        Stage::Deleted => "",
    };
    let data = house.get("ConfigMap", "shared")["data"].clone();
    let wanted = if word.is_empty() { json!({"theirs": "yes"}) } else { json!({"theirs": "yes", "ours": word}) };
    if data != wanted {
        return Err(format!("the object of somebody else holds {data}, not {wanted}"));
    }
    let label = house.find("Workbench", "all").map(|object| object["metadata"]["labels"]["word"].clone());
    match label {
        Some(label) if label != word => Err(format!("the label of the object is {label}, not {word}")),
        _ => Ok(()),
    }
}

/// The namespace `elsewhere`, and the permission to have children there.
fn permit_another_namespace(house: &House) {
    if house.find("Namespace", "elsewhere").is_none() {
        house.kubectl(&["create", "namespace", "elsewhere"]);
    }
    let all = r#"{"spec": {"permissions": {"apply": [{"group": "", "kinds": ["ConfigMap"], "reach": "All"}]}}}"#;
    house.patch("reconciler", "workbench", all);
}
