//! Modules by kubectl alone: a ConfigMap, and a Reconciler that names it.

use innkeeper_suites::House;

use crate::pusher::{digest_of, loaded_of};

pub(crate) const NAME: &str = "custom-http";

/// `kubectl create configmap --from-file`, or the same in place of the one that is there.
pub(crate) fn put(house: &House, module: &[u8]) {
    put_as(house, "module", module);
}

/// The same in a ConfigMap of that name.
pub(crate) fn put_as(house: &House, name: &str, module: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("guest.wasm");
    std::fs::write(&file, module).unwrap();
    let from = format!("--from-file={}", file.display());
    let map = house.kubectl(&["create", "configmap", name, &from, "--dry-run=client", "-o", "json"]);
    let verb = if house.find("ConfigMap", name).is_some() { "replace" } else { "create" };
    house.kubectl_with(&[verb, "-f", "-"], &map);
}

/// A Reconciler that names that ConfigMap.
pub(crate) fn name_it(house: &House) {
    house.apply(&format!(
        "apiVersion: innkeeper.dev/v1alpha1\nkind: Reconciler\nmetadata: {{name: {NAME}}}\nspec:\n  \
         module: {{configMap: {{namespace: {}, name: module, key: guest.wasm}}}}\n  \
         permissions: {{apply: [{{group: apps, kinds: [Deployment]}}, {{group: '', kinds: [Service, ConfigMap]}}]}}\n",
        house.namespace()
    ));
}

/// An object of custom-http is changed, and the change arrives.
pub(crate) fn web(house: &House, greeting: &str) {
    house.apply(&format!(
        "apiVersion: groupsp.measutosh.dev/v1\nkind: KindCustomHttp\nmetadata: {{name: web}}\n\
         spec: {{replicaCount: 0, port: 80, configMapData: {{greeting: {greeting}}}}}\n"
    ));
    house.eventually("the change arrives", || {
        house.find("ConfigMap", "web-configmap").is_some_and(|map| map["data"]["greeting"] == greeting)
    });
}

/// The digest that decides for it.
pub(crate) fn decides(house: &House) -> String {
    digest_of(house, NAME)
}

/// The Reconciler says so of its module.
pub(crate) fn says(house: &House, reason: &str, words: &str) {
    house.eventually(&format!("the Reconciler says {reason}: {words}"), || {
        let now = loaded_of(house, NAME);
        let message = now["message"].as_str().unwrap_or_default();
        if now["reason"] == reason && message.contains(words) { Ok(()) } else { Err(now.to_string()) }
    });
}
