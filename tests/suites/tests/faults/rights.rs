//! Rights of the host that are taken away and given back.

use crate::street::{self, KIND};

const USER: &str = "innkeeper-by-rbac";

/// Everything that the host may do, and without Services.
fn role(verbs_on_services: &str) -> String {
    format!(
        r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {USER}}}
rules:
  - {{apiGroups: [apiextensions.k8s.io, innkeeper.dev, groupsp.measutosh.dev, apps, events.k8s.io], resources: ["*"], verbs: ["*"]}}
  - {{apiGroups: [""], resources: [configmaps], verbs: ["*"]}}
  - {{apiGroups: [""], resources: [services], verbs: [{verbs_on_services}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {USER}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {USER}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {USER}}}]
"#
    )
}

#[test]
fn the_right_to_write_a_kind_may_be_taken_away_and_given_back() {
    taken_away_and_given_back(r#""get", "list", "watch""#);
}

#[test]
fn every_right_on_a_kind_may_be_taken_away_and_given_back() {
    taken_away_and_given_back(r#""deletecollection""#); // a rule must allow something
}

fn taken_away_and_given_back(left: &str) {
    let house = street::house();
    house.apply(&role(r#""*""#));
    let proxy = house.proxy_by_rbac(USER);
    house.begin_host_on(house.modules().path(), proxy.kubeconfig()).wait_until_ready();
    street::before(&house);
    house.apply(&role(left));
    // A watch that runs goes on.
    proxy.cut();
    street::meanwhile(&house);
    house.eventually("the object says what is forbidden", || {
        let object = house.get(KIND, "coming");
        let said = object["status"]["conditions"].to_string();
        if said.contains("forbidden") || said.contains("cannot") { Ok(()) } else { Err(said) }
    });
    house.apply(&role(r#""*""#));
    street::after(&house);
}
