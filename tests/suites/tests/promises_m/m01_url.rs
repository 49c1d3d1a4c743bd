//! M01: a module arrives from a web server that a Reconciler names, within bounds.

use std::process::Command;

use innkeeper_suites::{House, guest, rebuilt};

use crate::by_kubectl::{NAME, decides, says, web};
use crate::web_server::Server;

/// A Reconciler whose module is at a URL.
pub(crate) fn name_url(house: &House, url: &str, digest: Option<&str>) {
    let pinned = digest.map(|digest| format!(", digest: '{digest}'")).unwrap_or_default();
    house.apply(&format!(
        "apiVersion: innkeeper.dev/v1alpha1\nkind: Reconciler\nmetadata: {{name: {NAME}}}\nspec:\n  \
         module: {{url: '{url}'{pinned}}}\n  \
         permissions: {{apply: [{{group: apps, kinds: [Deployment]}}, {{group: '', kinds: [Service, ConfigMap]}}]}}\n"
    ));
}

#[test]
fn m01_a_module_of_a_url_decides_and_what_takes_its_place_there_takes_over() {
    let house = House::alone(&[]);
    house.start_host();
    let module = guest(NAME);
    let server = Server::serving(&module);
    name_url(&house, &server.url("moved"), None);
    web(&house, "one");
    let first = decides(&house);
    assert_eq!(first, sha256(&module));
    name_url(&house, &server.url("guest.wasm"), None);
    house.eventually("it is asked for again, and is the same", || server.sent().1 > 0);
    server.put(&rebuilt(&module));
    house.eventually("the other one takes over", || decides(&house) != first);
    web(&house, "two");
    let history = house.get("Reconciler", NAME)["status"]["history"].clone();
    assert_eq!(history[0]["source"], "url");
}

#[test]
fn m01_what_a_web_server_does_wrong_is_told_and_stops_nothing() {
    let house = House::alone(&[]);
    house.start_host();
    let server = Server::serving(&guest(NAME));
    name_url(&house, &server.url("guest.wasm"), None);
    web(&house, "before");
    let first = decides(&house);
    for (path, words) in [
        ("nowhere", "404 Not Found"),
        ("round", "redirects more than 5 times"),
        ("metadata", "where clouds hand out credentials"),
        ("short", "broke off"),
        ("bomb", "which was not asked for"),
        ("endless", "more than the 16777216 bytes"),
        ("hang", "within 30 s"),
    ] {
        name_url(&house, &server.url(path), None);
        says(&house, "ModuleMissing", words);
        web(&house, path);
    }
    assert_eq!(decides(&house), first);
}

#[test]
fn m01_the_digest_of_a_url_is_held_to_and_nobody_asks_again_for_what_is_found() {
    let house = House::alone(&[]);
    house.start_host();
    let module = guest(NAME);
    let server = Server::serving(&rebuilt(&module));
    name_url(&house, &server.url("guest.wasm"), Some(&sha256(&module)));
    says(&house, "WrongDigest", "");
    assert_eq!(decides(&house), "");
    server.put(&module);
    web(&house, "one");
    assert_eq!(decides(&house), sha256(&module));
    let sent = server.sent();
    server.put(&rebuilt(&module));
    web(&house, "two");
    assert_eq!((decides(&house), server.sent()), (sha256(&module), sent));
}

/// What `sha256sum` says of it.
fn sha256(module: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("module");
    std::fs::write(&file, module).unwrap();
    let said = Command::new("sha256sum").arg(&file).output().unwrap().stdout;
    format!("sha256:{}", String::from_utf8(said).unwrap().split(' ').next().unwrap())
}
