//! M09: a truncated push and a wrong digest never become a module.

use innkeeper_suites::{House, guest, padded, rebuilt};
use serde_json::json;

use crate::pusher::{Pusher, chunks, digest, house, loaded, serves};

/// The Reconciler names that digest, as somebody with kubectl says it.
fn name_digest(house: &House, digest: &str) {
    let patch = json!({"spec": {"module": {"pushed": {}, "digest": digest}}});
    house.patch("reconciler", "workbench", &patch.to_string());
}

/// The Reconciler says that what it names cannot be read, in these words, and the one before decides.
fn is_not_taken(house: &House, first: &str, words: &str) {
    house.eventually("the Reconciler says that its module cannot be read", || {
        let now = loaded(house);
        let message = now["message"].as_str().unwrap_or_default();
        if now["reason"] == "ModuleMissing" && message.contains(words) { Ok(()) } else { Err(now.to_string()) }
    });
    assert_eq!(digest(house), first);
    serves(house, words);
}

#[test]
fn m09_a_truncated_push_never_becomes_a_module_and_the_whole_one_does() {
    let house = house();
    let pusher = Pusher::of(&house);
    pusher.pushes(&house, &guest("workbench"));
    let first = digest(&house);
    let large = padded(&guest("workbench"), 2 << 20);
    pusher.pushes(&house, &large);
    let second = digest(&house);
    pusher.roll_back(&house, &[]);
    assert_eq!(digest(&house), first);

    // A new process has not read it yet.
    house.host().kill();
    let of_large = &second[7..47];
    house.delete("configmap", &format!("innkeeper-module-{of_large}-1"));
    crate::pusher::start_host(&house);
    name_digest(&house, &second);
    is_not_taken(&house, &first, "there is no ConfigMap");
    pusher.pushes(&house, &large);
    assert_eq!(digest(&house), second);
    serves(&house, "whole");
}

#[test]
fn m09_bytes_under_a_wrong_digest_never_become_a_module() {
    let house = house();
    let pusher = Pusher::of(&house);
    pusher.pushes(&house, &guest("workbench"));
    let first = digest(&house);
    let other = format!("sha256:{}", "0".repeat(64));
    let name = format!("innkeeper-module-{}-0", &other[7..47]);
    let chunk = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "immutable": true,
        "data": {"chunks": "1"}, "binaryData": chunks(&house)[0]["binaryData"],
    });
    house.kubectl_with(&["create", "-f", "-"], &chunk.to_string());
    name_digest(&house, &other);
    is_not_taken(&house, &first, "has the digest");
}

#[test]
fn m09_a_file_of_another_digest_than_the_one_that_is_asked_for_never_becomes_a_module() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    serves(&house, "one");
    let first = digest(&house);
    let patch = json!({"spec": {"module": {"digest": first}}});
    house.patch("reconciler", "workbench", &patch.to_string());
    house.modules().put("workbench.wasm", &rebuilt(&guest("workbench")));
    house.eventually("the Reconciler says so", || {
        let now = loaded(&house);
        if now["reason"] == "WrongDigest" { Ok(()) } else { Err(now.to_string()) }
    });
    assert_eq!(digest(&house), first);
    serves(&house, "two");
}

#[test]
fn m09_a_reconciler_that_names_a_pushed_module_names_its_digest() {
    let house = House::alone(&[]);
    let said = house.apply_is_refused(
        "apiVersion: innkeeper.dev/v1alpha1\nkind: Reconciler\nmetadata: {name: workbench}\nspec: {module: {pushed: {}}}",
    );
    assert!(said.contains("a pushed module is named by its digest"), "{said}");
    let said = house.apply_is_refused(
        "apiVersion: innkeeper.dev/v1alpha1\nkind: Reconciler\nmetadata: {name: workbench}\n\
         spec: {module: {pushed: {}, folder: {}, digest: 'sha256:00'}}",
    );
    assert!(said.contains("exactly one source") || said.contains("digest"), "{said}");
}
