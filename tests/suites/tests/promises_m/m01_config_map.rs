//! M01: a module arrives by kubectl alone, in a ConfigMap that a Reconciler names.

use std::io::Write as _;
use std::process::{Command, Stdio};

use innkeeper_suites::{House, guest, rebuilt};

use crate::by_kubectl::{NAME, decides, name_it, put, put_as, says, web};

#[test]
fn m01_a_module_in_a_config_map_decides_and_what_takes_its_place_takes_over() {
    let house = House::alone(&[]);
    house.start_host();
    name_it(&house);
    says(&house, "ModuleMissing", "there is no key guest.wasm of ConfigMap");
    let whole = guest(NAME);
    put(&house, &whole);
    web(&house, "one");
    let first = decides(&house);
    put(&house, &rebuilt(&whole));
    house.eventually("the other one takes over", || decides(&house) != first);
    web(&house, "two");

    house.host().kill();
    house.start_host();
    web(&house, "three");
    let second = decides(&house);
    put(&house, &whole[..whole.len() / 2]);
    says(&house, "ModuleRejected", "stays in service");
    web(&house, "four");
    house.delete("configmap", "module");
    says(&house, "ModuleMissing", "there is no key guest.wasm");
    web(&house, "five");
    assert_eq!(decides(&house), second);
}

#[test]
fn m01_a_module_in_a_config_map_may_be_packed_and_is_the_same_module() {
    let house = House::alone(&[]);
    house.start_host();
    let module = guest(NAME);
    put(&house, &packed(&module));
    name_it(&house);
    web(&house, "one");
    let first = decides(&house);
    put(&house, &module);
    web(&house, "two");
    let status = house.get("Reconciler", NAME)["status"].clone();
    assert_eq!(
        (status["digest"].as_str(), status["history"].as_array().map(Vec::len)),
        (Some(first.as_str()), Some(1))
    );
}

#[test]
fn m01_a_module_in_parts_is_put_together_from_several_config_maps() {
    let house = House::alone(&[]);
    house.start_host();
    let module = guest(NAME);
    let (one, two) = module.split_at(module.len() / 2);
    let key = |name| format!("{{namespace: {}, name: {name}, key: guest.wasm}}", house.namespace());
    house.apply(&format!(
        "apiVersion: innkeeper.dev/v1alpha1\nkind: Reconciler\nmetadata: {{name: {NAME}}}\nspec:\n  \
         module: {{configMaps: [{}, {}]}}\n  \
         permissions: {{apply: [{{group: apps, kinds: [Deployment]}}, {{group: '', kinds: [Service, ConfigMap]}}]}}\n",
        key("module"),
        key("module-two")
    ));
    put(&house, one);
    says(&house, "ModuleMissing", "module-two");
    put_as(&house, "module-two", two);
    web(&house, "one");
    let first = decides(&house);
    let other = rebuilt(&module);
    put_as(&house, "module-two", &other[one.len()..one.len() + 1000]);
    says(&house, "ModuleRejected", "");
    web(&house, "two");
    assert_eq!(decides(&house), first);
    put_as(&house, "module-two", &other[one.len()..]);
    house.eventually("the other one takes over", || decides(&house) != first);
    web(&house, "three");
}

/// What `gzip` makes of it.
fn packed(module: &[u8]) -> Vec<u8> {
    let mut gzip = Command::new("gzip").arg("-9").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, module) = (gzip.stdin.take().unwrap(), module.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&module));
    let packed = gzip.wait_with_output().unwrap().stdout;
    writer.join().unwrap().unwrap();
    packed
}

#[test]
fn m01_a_config_map_without_that_key_is_told_with_the_keys_that_it_has() {
    let house = House::alone(&[]);
    house.start_host();
    house.kubectl(&["create", "configmap", "module", "--from-literal=readme=words"]);
    name_it(&house);
    says(&house, "ModuleMissing", "it has readme");
    assert_eq!(decides(&house), "");
}
