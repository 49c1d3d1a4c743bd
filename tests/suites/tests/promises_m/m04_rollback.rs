//! M04: modules are named by digest, history is kept, and rollback is one command that compiles nothing.

use innkeeper_suites::{House, guest, rebuilt};
use serde_json::{Value, json};

use crate::pusher::{Pusher, digest, house, loaded, serves, start_host};

/// Whether the cluster keeps the module that decides.
fn is_kept(house: &House) -> bool {
    house.get("Reconciler", "workbench")["status"]["history"][0]["kept"] == true
}

/// A host whose folder had a module, and has another one now; the cluster keeps both. With their digests.
fn swapped_by_the_folder() -> (House, [String; 2]) {
    let house = House::alone(&["workbench"]);
    start_host(&house);
    serves(&house, "with the first");
    house.eventually("the cluster keeps the first", || is_kept(&house));
    let first = digest(&house);
    house.modules().put("workbench.wasm", &rebuilt(&guest("workbench")));
    house.eventually("the second decides, and the cluster keeps it", || digest(&house) != first && is_kept(&house));
    let second = digest(&house);
    (house, [first, second])
}

#[test]
fn m04_a_rollback_is_one_command_and_compiles_nothing() {
    let house = house();
    let pusher = Pusher::of(&house);
    let first = guest("workbench");
    pusher.pushes(&house, &first);
    let one = digest(&house);
    pusher.pushes(&house, &rebuilt(&first));
    let two = digest(&house);
    assert_ne!(one, two);
    serves(&house, "with the second");

    // What the host still has to do for the push is no part of the rollback.
    house.wait_until_quiet();
    let mark = house.mark();
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&one[7..19]) && said.contains("decides"), "{said}");
    assert_eq!(digest(&house), one);
    serves(&house, "with the first again");
    let asked = house.requests_everywhere_since(&mark);
    assert!(!asked.is_empty());
    let is_chunk = |name: &str| name.starts_with("innkeeper-module");
    let chunks = asked.iter().filter(|request| request.name.as_deref().is_some_and(is_chunk));
    let chunks: Vec<String> = chunks.map(ToString::to_string).collect();
    assert_eq!(chunks, Vec::<String>::new(), "what is not read again cannot be compiled again");

    let history = house.get("Reconciler", "workbench")["status"]["history"].clone();
    let digests: Vec<&str> =
        history.as_array().unwrap().iter().map(|served| served["digest"].as_str().unwrap()).collect();
    assert_eq!(digests, [one.as_str(), &two, &one]);
}

#[test]
fn m04_a_rollback_goes_to_the_digest_that_is_named_and_says_which_there_are() {
    let house = house();
    let pusher = Pusher::of(&house);
    let digests = pusher.pushes_three(&house);
    let (code, said) = pusher.roll_back(&house, &["--to", &digests[0][7..19]]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(digest(&house), digests[0]);
    let (code, said) = pusher.roll_back(&house, &["--to", "ffffffffffffffff"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(digests.iter().all(|digest| said.contains(&digest[7..19])), "{said}");
    let (code, said) = pusher.roll_back(&house, &["--to", &digests[0]]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("decides already"), "{said}");
}

#[test]
fn m04_a_module_of_the_folder_can_be_gone_back_to_as_well() {
    let (house, [first, second]) = swapped_by_the_folder();
    let pusher = Pusher::of(&house);
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(digest(&house), first);
    serves(&house, "with the first again");
    let rejected = house.get("Reconciler", "workbench")["status"]["rejected"].clone();
    assert_eq!((&rejected[0]["digest"], &rejected[1]), (&json!(second), &Value::Null));

    // The folder has the second still: neither that nor a restart brings it back.
    house.kubectl(&[
        "patch",
        "reconciler",
        "workbench",
        "--type=json",
        "-p",
        r#"[{"op": "replace", "path": "/spec/module", "value": {"folder": {}}}]"#,
    ]);
    house.eventually("it is said", || loaded(&house)["reason"] == "RolledBack");
    house.host().kill();
    start_host(&house);
    serves(&house, "with the first after a restart");
    assert_eq!((digest(&house), loaded(&house)["reason"].as_str()), (first, Some("RolledBack")));

    // A person does.
    let said = house.innkeeper(&["approve", "workbench"]);
    assert!(said.contains("decides"), "{said}");
    assert_eq!(digest(&house), second);
    serves(&house, "with the second");
    assert_eq!(house.get("Reconciler", "workbench")["status"]["rejected"], Value::Null);
}

#[test]
fn m04_who_pushes_what_was_left_wants_it_again() {
    let house = house();
    let pusher = Pusher::of(&house);
    let (first, second) = (guest("workbench"), rebuilt(&guest("workbench")));
    pusher.pushes(&house, &first);
    pusher.pushes(&house, &second);
    let two = digest(&house);
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!(code, Some(0), "{said}");
    let source = json!({"spec": {"module": {"pushed": {}, "digest": two}}});
    house.patch("reconciler", "workbench", &source.to_string());
    house.eventually("it is said", || loaded(&house)["reason"] == "RolledBack");
    pusher.pushes(&house, &second);
    assert_eq!(digest(&house), two);
    serves(&house, "with the second again");
}

#[test]
fn m04_a_host_without_the_file_goes_on_with_what_the_cluster_keeps() {
    let (house, [_, second]) = swapped_by_the_folder();
    house.host().kill();
    std::fs::remove_file(house.modules().path().join("workbench.wasm")).unwrap();
    start_host(&house);
    serves(&house, "without a file");
    assert_eq!(digest(&house), second);
}
