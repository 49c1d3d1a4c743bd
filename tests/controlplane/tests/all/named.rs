//! A cluster that the user names: used as it is, and honest about what it cannot do.

use std::path::Path;

use innkeeper_controlplane::{ControlPlane, NAMED_CLUSTER};

use super::SHARED;

#[test]
fn kubectl_works_and_the_rest_says_that_it_is_not_available() {
    let named = ControlPlane::named(&SHARED.kubeconfig()).unwrap();
    assert!(named.is_named());
    named.run(&["get", "namespace", "default"]).unwrap();
    let alice = SHARED.user("alice-named", &[]).unwrap();
    let refusals = [
        named.audit().map(drop),
        named.user("bob", &[]).map(drop),
        named.proxy(&alice).map(drop),
        named.stop_api_server(),
        named.folder().map(drop),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err().to_string();
        assert!(error.contains("not available on a named cluster") && error.contains(NAMED_CLUSTER), "{error}");
    }
}

#[test]
fn a_kubeconfig_that_is_not_there_is_named_in_the_error() {
    let error = ControlPlane::named(Path::new("/nowhere/kubeconfig")).err().unwrap();
    assert!(format!("{error:#}").contains("/nowhere/kubeconfig"), "{error:#}");
}
