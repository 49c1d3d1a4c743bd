//! Goop: work that runs so many times, or once on every node.

mod general;
mod jobs;
mod nodes;
mod progress;

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

use crate::everywhere::Sample;

const KIND: &str = "Goop";
const THREE: &str = include_str!("three.yaml");
const THREE_CHILDREN: &str = include_str!("three.children.yaml");

const SAMPLE: Sample = Sample {
    kind: KIND,
    crd: "goops.goop.example.com",
    app: "goop",
    name: "three",
    yaml: THREE,
    children: &[("Job", "three-0"), ("Job", "three-1"), ("Job", "three-2")],
};

/// A Goop of that name and spec.
fn goop(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "goop.example.com/v1alpha1", "kind": KIND, "metadata": {"name": name}, "spec": spec})
        .to_string()
}

/// The same whose workers stay where they are until they are let go on.
fn staying(name: &str, spec: &Value) -> String {
    let mut spec = spec.clone();
    spec["image"] = json!("innkeeper.dev/stays");
    goop(name, &spec)
}

/// Lets Pods go on that stay: of a Job, or all.
fn go_on(house: &House, selector: &str) {
    house.eventually(&format!("there are Pods with {selector}"), || !house.list("Pod", selector).is_empty());
    house.kubectl(&["annotate", "pods", "--overwrite", "-l", selector, "innkeeper.dev/goes-on=yes"]);
}

/// The label of the Pods of a Job.
fn of_job(name: &str) -> String {
    format!("batch.kubernetes.io/job-name={name}")
}

fn names(objects: &[Value]) -> Vec<String> {
    objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// Waits until there are these Jobs and no others.
fn wait_for_jobs(house: &House, wanted: &[&str]) {
    house.eventually(&format!("the Jobs are {wanted:?}"), || {
        let there = names(&house.list("Job", ""));
        if there == wanted { Ok(()) } else { Err(format!("{there:?}")) }
    });
}

/// Whether a condition of a Goop is True.
fn is(house: &House, name: &str, kind: &str) -> bool {
    condition(&house.get(KIND, name), kind).is_some_and(|one| one["status"] == "True")
}
