//! M01: a module arrives by a push. The cluster keeps its bytes, so a new host has them.

use innkeeper_suites::{guest, padded};

use crate::pusher::{Pusher, chunks, digest, house, loaded, serves, start_host};

#[test]
fn m01_a_pushed_module_decides_and_a_new_host_has_it_from_the_cluster() {
    let house = house();
    let pusher = Pusher::of(&house);
    let large = padded(&guest("workbench"), 2 << 20);
    let (code, said) = pusher.push(&house, &large, &[]);
    assert_eq!(code, Some(0), "{said}");
    for word in ["chunks are in the cluster", "Reconciler workbench", "decides"] {
        assert!(said.contains(word), "{word:?} is said: {said}");
    }
    let kept = chunks(&house);
    assert!(kept.len() > 2, "a large module is cut into chunks: {}", kept.len());
    assert!(kept.iter().all(|chunk| chunk["immutable"] == true));
    serves(&house, "one");

    let reconciler = house.get("Reconciler", "workbench");
    assert_eq!(reconciler["spec"]["module"]["digest"], digest(&house).as_str());
    let history = reconciler["status"]["history"].as_array().cloned().unwrap();
    assert_eq!(history.len(), 1, "{history:?}");
    assert_eq!((&history[0]["digest"], &history[0]["source"]), (&digest(&house).into(), &"pushed".into()));

    house.host().kill();
    let mark = house.mark();
    start_host(&house);
    serves(&house, "two");
    let writes: Vec<String> = house
        .requests_everywhere_since(&mark)
        .iter()
        .filter(|r| r.resource == "reconcilers" && r.verb != "list" && r.verb != "watch")
        .map(ToString::to_string)
        .collect();
    assert!(writes.iter().all(|write| write.contains("status")), "a restart swaps nothing: {writes:?}");
    assert_eq!(loaded(&house)["status"], "True");
}

#[test]
fn m01_a_push_of_what_decides_already_changes_nothing() {
    let house = house();
    let pusher = Pusher::of(&house);
    let module = guest("workbench");
    pusher.pushes(&house, &module);
    serves(&house, "one");
    let before = house.get("Reconciler", "workbench")["metadata"]["generation"].clone();
    let mark = house.mark();
    let (code, said) = pusher.push(&house, &module, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("decides already"), "{said}");
    let asked = house.requests_of(&pusher.user, &mark);
    assert!(!asked.is_empty() && asked.iter().all(|request| request.verb == "get"), "{asked:?}");
    assert_eq!(house.get("Reconciler", "workbench")["metadata"]["generation"], before);
}

#[test]
fn m01_who_may_not_push_is_told_what_is_missing_and_nothing_is_left() {
    let house = house();
    let pusher = Pusher::without_rights(&house);
    let (code, said) = pusher.push(&house, &guest("workbench"), &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("forbidden") && said.contains("configmaps"), "{said}");
    assert!(house.find("Reconciler", "workbench").is_none());
    assert!(chunks(&house).is_empty());
}

#[test]
fn m01_a_file_that_is_no_module_is_not_pushed() {
    let house = house();
    let pusher = Pusher::of(&house);
    let whole = guest("workbench");
    for bytes in [&b"these are words, no module"[..], &whole[..whole.len() / 2], b""] {
        let (code, said) = pusher.push(&house, bytes, &[]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("module.wasm is no module"), "{said}");
    }
    assert!(house.find("Reconciler", "workbench").is_none() && chunks(&house).is_empty());
}

#[test]
fn m01_without_a_host_a_push_says_that_nobody_took_it_up_and_the_next_host_does() {
    let house = house();
    house.host().kill();
    let pusher = Pusher::of(&house);
    let (code, said) = pusher.push(&house, &guest("workbench"), &["--timeout", "1s"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is one running?"), "{said}");
    start_host(&house);
    serves(&house, "one");
}
