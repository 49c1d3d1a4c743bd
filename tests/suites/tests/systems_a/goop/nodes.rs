//! Once on every node. Nodes are everybody's, so these tests are alone in the house where nodes come and go.

use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

use super::{KIND, go_on, goop, is, staying};
use crate::{change, history};

const NODE: &str = r#"
apiVersion: v1
kind: Node
metadata:
  name: late
  labels: {kubernetes.io/hostname: late}
  annotations: {kwok.x-k8s.io/node: fake}
spec:
  taints: [{key: test.innkeeper.dev/only, value: "yes", effect: NoSchedule}]
"#;

const OF_WIDE: &str = "app.kubernetes.io/name=goop,app.kubernetes.io/instance=wide";

#[test]
fn goop_08_completed_when_every_scheduled_node_has_finished_and_a_node_that_joins_runs_it_too() {
    let house = House::alone(&["goop"]);
    house.start_host();
    house.apply(&staying("wide", &json!({"distributed": true, "cmds": ["one", "two"]})));
    house.eventually("one node is to do it", || house.get(KIND, "wide")["status"]["workers"] == 1);
    house.wait_until_quiet();
    assert!(!is(&house, "wide", "Completed"), "its init container runs still");
    let set = house.get("DaemonSet", "wide")["spec"]["template"]["spec"].clone();
    assert_eq!(set["initContainers"][0]["args"], json!(["one", "two"]));
    go_on(&house, OF_WIDE);
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    let begin = house.get(KIND, "wide");

    house.apply(NODE);
    house.eventually("two nodes are to do it", || house.get(KIND, "wide")["status"]["workers"] == 2);
    assert_eq!(house.get(KIND, "wide")["status"]["done"], 1);
    go_on(&house, OF_WIDE);
    house.eventually("both have done it", || house.get(KIND, "wide")["status"]["done"] == 2);
    house.kubectl(&["delete", "node", "late"]);
    house.eventually("one node is left", || house.get(KIND, "wide")["status"]["workers"] == 1);
    let path = format!("/apis/goop.example.com/v1alpha1/namespaces/{}/goops", house.namespace());
    let told = history(&house, &path, &begin);
    assert!(told.len() >= 2, "its status followed");
    for (_, object) in told {
        assert_eq!(condition(&object, "Completed").unwrap()["status"], "True", "it does not flap: {object}");
    }
}

#[test]
fn goop_03_zero_of_zero_nodes_is_no_completion() {
    let house = House::alone(&["goop"]);
    house.start_host();
    let selects = json!([{"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {"no": "such"}}]);
    house.apply(&staying("wide", &json!({"distributed": true})));
    house.eventually("the DaemonSet is there", || house.find("DaemonSet", "wide").is_some());
    house.kubectl(&["patch", "daemonset", "wide", "--type=json", "-p", &selects.to_string()]);
    house.eventually("no node is to do it", || {
        let there = house.get("DaemonSet", "wide");
        there["status"]["desiredNumberScheduled"] == 0
            && there["status"]["observedGeneration"] == there["metadata"]["generation"]
    });
    house.wait_until_quiet();
    assert!(!is(&house, "wide", "Completed"));
    assert_eq!(house.get(KIND, "wide")["status"]["workers"], 0);
}

#[test]
fn goop_08_other_work_runs_everywhere_again() {
    let house = crate::house();
    house.apply(&goop("wide", &json!({"distributed": true, "cmds": ["one"]})));
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    let before = house.list("Pod", OF_WIDE).iter().map(uid).collect::<Vec<_>>();
    change(&house, "goop", "wide", &json!({"cmds": ["other"], "image": "innkeeper.dev/stays"}));
    house.eventually("it is not completed any more", || !is(&house, "wide", "Completed"));
    house.eventually("there are new Pods", || {
        let pods = house.list("Pod", OF_WIDE);
        !pods.is_empty() && pods.iter().all(|pod| !before.contains(&uid(pod)))
    });
    go_on(&house, OF_WIDE);
    house.wait_for_condition(KIND, "wide", "Completed", "True");
}

#[test]
fn goop_08_the_way_may_be_changed() {
    let house = crate::house();
    house.apply(&goop("wide", &json!({"job_count": 2})));
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    change(&house, "goop", "wide", &json!({"distributed": true}));
    house.eventually("the Jobs are gone", || house.list("Job", "").is_empty());
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    assert!(house.find("DaemonSet", "wide").is_some());
    change(&house, "goop", "wide", &json!({"distributed": false}));
    house.eventually("the DaemonSet is gone", || house.find("DaemonSet", "wide").is_none());
    house.wait_for_condition(KIND, "wide", "Completed", "True");
    let there: Vec<Value> = house.list("Job", "");
    assert_eq!(there.len(), 2);
}
