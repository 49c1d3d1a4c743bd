//! The committed manifest is the one that the types give.

#[test]
fn the_committed_crd_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crds/reconcilers.innkeeper.dev.yaml");
    let committed = std::fs::read_to_string(path).expect("crds/reconcilers.innkeeper.dev.yaml");
    assert!(committed == innkeeper_cluster::reconciler_crd_yaml(), "it is stale; run make manifests");
}
