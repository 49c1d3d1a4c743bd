//! G08: a module that was built for any released version of the contract keeps working, byte by byte as it was built.

use std::path::PathBuf;

use innkeeper_suites::House;

/// Each released version of the contract, with the digest of the module that was built for it.
const RELEASED: [(&str, &str); 1] =
    [("0.1.0", "sha256:a105583ac9ab12ddffaa7572a1b1a2e5048d8e4fe4520d9bbdd1a7b652687b6c")];

fn frozen(version: &str, file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../frozen").join(version).join(file)
}

fn text(version: &str, file: &str) -> String {
    std::fs::read_to_string(frozen(version, file)).unwrap()
}

#[test]
fn g08_a_module_of_every_released_contract_version_makes_the_children_that_it_made() {
    for (version, digest) in RELEASED {
        let house = House::alone(&[]);
        house.modules().put("custom-http.wasm", &std::fs::read(frozen(version, "custom-http.wasm")).unwrap());
        house.start_host();
        house.apply(&text(version, "object.yaml"));
        house.wait_for_children("KindCustomHttp", "web", &text(version, "children.yaml"));
        house.wait_for_condition("KindCustomHttp", "web", "Ready", "True");
        let serves = house.get("Reconciler", "custom-http")["status"]["digest"].clone();
        assert_eq!(serves, digest, "what was released is never built again");
        house.delete("kindcustomhttp", "web");
    }
}

#[test]
fn g08_every_frozen_module_is_tried() {
    let folders = std::fs::read_dir(frozen("", "")).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let mut versions: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    versions.sort();
    assert_eq!(versions, RELEASED.map(|(version, _)| version));
}
