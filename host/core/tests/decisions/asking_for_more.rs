//! A module that asks for more than it is granted, and than the one before asked for, waits (M10).

use std::sync::Arc;

use crate::house::{manifest, reconciler, served};
use crate::pushed::{digest, house, loaded, module, name_module, naming, process, status};
use innkeeper_core::binding::Module;
use innkeeper_core::contract::{Scope, Wish};
use innkeeper_core::engine::Input;
use innkeeper_core::permissions::Permissions;
use serde_json::{Value, json};

/// The module `letter` that wants to apply Jobs too.
fn greedy(letter: &str) -> Module {
    let mut manifest = manifest(false);
    manifest.applies.push(Wish { group: "batch".into(), kinds: vec!["Job".into()], scope: Scope::Own });
    Module { digest: digest(letter), manifest: Arc::new(manifest) }
}

fn granting_jobs(letter: &str) -> Value {
    let mut spec = naming(letter);
    let jobs = json!({"group": "batch", "kinds": ["Job"], "reach": "Own"});
    spec["permissions"]["apply"].as_array_mut().unwrap().push(jobs);
    spec
}

#[test]
fn a_module_that_wants_more_than_the_one_before_waits_until_it_is_granted() {
    let mut house = house();
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(greedy("b"))));
    assert_eq!(status(&house)["digest"], digest("a"));
    let (is, reason, message) = loaded(&house);
    assert_eq!((is.as_str(), reason.as_str()), ("False", "ApprovalNeeded"));
    assert!(message.contains("apply Job.batch in its own namespace"), "{message}");

    let mut again = process(house.api);
    again.input(Input::Fetched(digest("b"), Ok(greedy("b"))));
    assert_eq!(again.fetches, [digest("b"), digest("a")], "a new process has the one before from the cluster");
    assert_eq!(again.requests, Vec::<String>::new());
    again.input(Input::Fetched(digest("a"), Ok(module("a"))));
    assert_eq!((status(&again)["digest"].clone(), loaded(&again).1), (json!(digest("a")), "ApprovalNeeded".to_owned()));
    name_module(&mut again, &granting_jobs("b"));
    assert_eq!((status(&again)["digest"].clone(), loaded(&again).0), (json!(digest("b")), "True".to_owned()));
}

#[test]
fn a_first_module_and_one_that_wants_no_more_than_the_one_before_wait_for_nobody() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    house.input(Input::Fetched(digest("a"), Ok(greedy("a"))));
    assert_eq!(status(&house)["digest"], digest("a"), "it is the first");
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(greedy("b"))));
    assert_eq!(status(&house)["digest"], digest("b"), "the one before wanted that too");
    let house = process(house.api);
    assert_eq!(house.fetches, [digest("b")]);
}

#[test]
fn m10_who_asked_for_more_asked_for_less_with_it_and_not_the_other_way_round() {
    let named = |names: &[&str]| Scope::Named(names.iter().map(|name| (*name).to_owned()).collect());
    let asking = |scope: Scope| {
        let mut manifest = manifest(false);
        manifest.applies = vec![Wish { group: "batch".into(), kinds: vec!["Job".into()], scope }];
        manifest
    };
    for (before, now, waits) in [
        (Scope::All, Scope::Own, false),
        (Scope::All, named(&["shop"]), false),
        (Scope::All, named(&["kube-system"]), true),
        (named(&["shop", "yard"]), named(&["yard"]), false),
        (named(&["yard"]), named(&["shop", "yard"]), true),
        (Scope::Own, Scope::All, true),
        (Scope::Own, named(&["shop"]), true),
        (Scope::All, Scope::Cluster, true),
    ] {
        let lacks = Permissions::default().lacks(&asking(now.clone()), Some(&asking(before.clone())));
        assert_eq!(!lacks.is_empty(), waits, "{now:?} after {before:?}: {lacks:?}");
    }
}

#[test]
fn one_that_decided_before_comes_back_by_approval_whatever_it_asks_for() {
    let mut api = served();
    api.put(reconciler(naming("a")));
    let mut house = process(api);
    house.input(Input::Fetched(digest("a"), Ok(greedy("a"))));
    name_module(&mut house, &naming("b"));
    house.input(Input::Fetched(digest("b"), Ok(module("b"))));
    name_module(&mut house, &naming("a"));
    assert_eq!((status(&house)["digest"].clone(), loaded(&house).1), (json!(digest("b")), "ApprovalNeeded".to_owned()));
    let mut reconciler = house.api.get("Reconciler", None, "inn").unwrap().clone();
    reconciler["metadata"]["annotations"] = json!({"innkeeper.dev/approved": digest("a")});
    house.put(reconciler);
    assert_eq!(status(&house)["digest"], digest("a"));
}
