//! The three lives: children that garbage collection removes, one that only a finalizer reaches, and a
//! guest with work to do at the end.

use innkeeper_controlplane::Fault;
use innkeeper_suites::House;

use crate::life::Life;

const WEB: Life = Life {
    guest: "custom-http",
    kind: "KindCustomHttp",
    plural: "kindcustomhttps",
    created: include_str!("web.yaml"),
    created_children: include_str!("web.children.yaml"),
    changed: include_str!("web.changed.yaml"),
    changed_children: include_str!("web.changed.children.yaml"),
};

const FAR: Life = Life {
    guest: "workbench",
    kind: "Workbench",
    plural: "workbenches",
    created: include_str!("far.yaml"),
    created_children: include_str!("far.children.yaml"),
    changed: include_str!("far.changed.yaml"),
    changed_children: include_str!("far.changed.children.yaml"),
};

const LAST: Life = Life {
    guest: "final-bench",
    kind: "FinalBench",
    plural: "finalbenches",
    created: include_str!("last.yaml"),
    created_children: include_str!("last.children.yaml"),
    changed: include_str!("last.changed.yaml"),
    changed_children: include_str!("last.changed.children.yaml"),
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

/// The namespace `elsewhere`, and the permission to have children there.
fn permit_another_namespace(house: &House) {
    if house.find("Namespace", "elsewhere").is_none() {
        house.kubectl(&["create", "namespace", "elsewhere"]);
    }
    let all = r#"{"spec": {"permissions": {"apply": [{"group": "", "kinds": ["ConfigMap"], "reach": "All"}]}}}"#;
    house.kubectl(&["patch", "reconciler", "workbench", "--type=merge", "-p", all]);
}
