//! M10: a module that asks for more rights than its predecessor was granted waits for approval.

use innkeeper_suites::{guest, reworded};
use serde_json::json;

use crate::pusher::{Pusher, digest, grant, house, loaded, serves, start_host};

#[test]
fn m10_a_module_that_asks_for_more_waits_until_somebody_grants_it() {
    let house = house();
    let pusher = Pusher::of(&house);
    let module = guest("workbench");
    pusher.pushes(&house, &module);
    let first = digest(&house);
    // The same guest, but what it asks for is a kind of that other name.
    let greedy = reworded(&module, "ConfigMap", "ConfigMop");
    let (code, said) = pusher.push(&house, &greedy, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("apply ConfigMop") && said.contains("spec.permissions"), "{said}");
    assert_eq!(loaded(&house)["reason"], "ApprovalNeeded");
    assert_eq!(digest(&house), first);
    serves(&house, "with the first");

    house.host().kill();
    start_host(&house);
    serves(&house, "with the first, after a restart");
    assert_eq!((digest(&house), &loaded(&house)["reason"]), (first.clone(), &json!("ApprovalNeeded")));

    grant(&house, "ConfigMop");
    house.eventually("the module that was granted its rights decides", || digest(&house) != first);
    assert_eq!(loaded(&house)["status"], "True");
}
