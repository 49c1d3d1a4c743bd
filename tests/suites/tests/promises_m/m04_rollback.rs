//! M04: modules are named by digest, history is kept, and rollback is one command that compiles nothing.

use innkeeper_suites::{guest, rebuilt};

use crate::pusher::{Pusher, digest, house, serves};

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

    let mark = house.mark();
    let (code, said) = pusher.roll_back(&house, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&one[7..19]) && said.contains("decides"), "{said}");
    assert_eq!(digest(&house), one);
    serves(&house, "with the first again");
    let asked = house.requests_everywhere_since(&mark);
    assert!(!asked.is_empty());
    let chunks =
        asked.iter().filter(|request| request.name.as_deref().is_some_and(|name| name.starts_with("innkeeper-module")));
    assert_eq!(chunks.count(), 0, "what is not read again cannot be compiled again");

    let history = house.get("Reconciler", "workbench")["status"]["history"].clone();
    let digests: Vec<&str> =
        history.as_array().unwrap().iter().map(|served| served["digest"].as_str().unwrap()).collect();
    assert_eq!(digests, [one.as_str(), &two, &one]);
}

#[test]
fn m04_a_rollback_goes_to_the_digest_that_is_named_and_says_which_there_are() {
    let house = house();
    let pusher = Pusher::of(&house);
    let modules = [guest("workbench"), rebuilt(&guest("workbench")), rebuilt(&rebuilt(&guest("workbench")))];
    let digests: Vec<String> = modules
        .iter()
        .map(|module| {
            pusher.pushes(&house, module);
            digest(&house)
        })
        .collect();
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
