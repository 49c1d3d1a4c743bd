//! A street of objects: what is done to it while something fails, and what must be there when it is over.

use innkeeper_suites::{House, OBJECT_UID, condition, uid};

/// The kind of the objects.
pub(crate) const KIND: &str = "KindCustomHttp";
/// The guest that keeps them.
pub(crate) const GUEST: &str = "custom-http";

const BEFORE: &str = include_str!("before.yaml");
const BEFORE_CHILDREN: &str = include_str!("before.children.yaml");
const AFTER: &str = include_str!("after.yaml");
const AFTER_CHILDREN: &str = include_str!("after.children.yaml");

/// A house whose host does not run yet, in a cluster without objects.
pub(crate) fn house() -> House {
    let house = House::alone(&[GUEST]);
    house.garbage_collection_knows_every_kind();
    house.delete_everywhere("KindCustomHttp");
    house.eventually("nothing is left of other tests", || house.compare(OBJECT_UID, ""));
    house
}

/// Three objects: one that will be left alone, one that will change and one that will go.
pub(crate) fn before(house: &House) {
    house.apply(BEFORE);
    is_as_before(house);
}

/// Those three are kept.
pub(crate) fn is_as_before(house: &House) {
    is_kept(house, BEFORE_CHILDREN, &["steady", "changing", "leaving"]);
}

/// What people do meanwhile: an object changes, one goes, one comes; a child is deleted, one is edited, one gets
/// a label that is nobody's business.
pub(crate) fn meanwhile(house: &House) {
    house.apply(AFTER);
    house.begin_deletion("kindcustomhttp", "leaving");
    house.begin_deletion("service", "steady");
    house.patch("configmap", "steady-configmap", EDITED);
    house.kubectl(&["label", "deployment", "changing", "colour=red"]);
}

const EDITED: &str = r#"{"data": {"greeting": "changed by hand", "intruder": "me"}}"#;

/// Everything is as it must be after all that, the host has lived through it, and rests.
pub(crate) fn after(house: &House) {
    is_kept(house, AFTER_CHILDREN, &["steady", "changing", "coming"]);
    assert_eq!(house.get("Deployment", "changing")["metadata"]["labels"]["colour"], "red", "what is nobody's stays");
    assert!(house.host().exited().is_none() && house.host().is_healthy(), "{}", house.host().last_words());
    house.host().wait_until_ready();
    house.wait_until_quiet();
    is_kept(house, AFTER_CHILDREN, &["steady", "changing", "coming"]);
}

/// The objects are these, all of them ready, and everything that carries our label is as written down.
fn is_kept(house: &House, children: &str, names: &[&str]) {
    house.eventually("the street is as written down", || {
        house.compare(OBJECT_UID, children)?;
        let objects = house.list(KIND, "");
        if objects.len() != names.len() {
            return Err(format!("there are {} objects, not {}", objects.len(), names.len()));
        }
        for name in names {
            let object = house.find(KIND, name).ok_or_else(|| format!("there is no {name}"))?;
            let ready = condition(&object, "Ready").unwrap_or_default();
            if ready["status"] != "True" || ready["observedGeneration"] != object["metadata"]["generation"] {
                return Err(format!("{name} ({}) is not ready: {ready}", uid(&object)));
            }
        }
        Ok(())
    });
}
