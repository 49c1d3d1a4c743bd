//! What a model of a system is, and how what is there is held against it.

use fastrand::Rng;
use innkeeper_suites::{House, OBJECT_UID, condition};
use serde_json::{Value, json};

use crate::town::Town;

/// A system, as those see it who use it: what they do to it, and what must be there then.
pub(crate) trait System {
    /// The kinds of its objects.
    fn kinds(&self) -> &'static [&'static str];

    /// What its children are called by `app.kubernetes.io/name`.
    fn apps(&self) -> &'static [&'static str];

    /// One thing that somebody does. Returns what. The same random numbers are the same doings: what is there decides
    /// nothing, and where an outcome would depend on how fast the host is, it is waited for first (`Town::settle`).
    fn act(&mut self, random: &mut Rng, town: &Town) -> String;

    /// The objects that must be there, with the fields that matter.
    fn objects(&self) -> Vec<Value>;

    /// The children that must be there, with the fields that matter.
    fn children(&self) -> Vec<Value>;

    /// What else must be so.
    fn besides(&self, _: &House) -> Result<(), String> {
        Ok(())
    }
}

/// Whether the objects of a system are as they must be, and looked at by the host as they are now.
pub(crate) fn objects_are_right(system: &dyn System, house: &House) -> Result<(), String> {
    let objects = system.objects();
    for object in &objects {
        house.is_as(object)?;
        let (kind, name) = (object["kind"].as_str().unwrap(), name(object));
        let live = house.find(kind, name).ok_or_else(|| format!("{kind} {name} is missing"))?;
        let ready = condition(&live, "Ready").unwrap_or_default();
        if ready["observedGeneration"] != live["metadata"]["generation"] {
            return Err(format!("{kind} {name} was not looked at since it changed"));
        }
    }
    for kind in system.kinds() {
        let there: Vec<Value> = house.list(kind, "").iter().map(|one| one["metadata"]["name"].clone()).collect();
        let wanted: Vec<&str> = objects.iter().filter(|one| one["kind"] == *kind).map(name).collect();
        if there != wanted {
            return Err(format!("the {kind} objects are {there:?}, not {wanted:?}"));
        }
    }
    system.besides(house)
}

/// Whether a system is as it must be, its children too.
pub(crate) fn is_right(system: &dyn System, house: &House) -> Result<(), String> {
    objects_are_right(system, house)?;
    let ours = format!("app.kubernetes.io/name in ({}),{OBJECT_UID}", system.apps().join(","));
    house.compare(&ours, &yaml(&system.children()))
}

/// These as one text of YAML.
pub(crate) fn yaml(all: &[Value]) -> String {
    all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// The metadata of a child: its name, and the labels that say whose it is.
pub(crate) fn meta(name: &str, app: &str, object: &str) -> Value {
    let labels = json!({
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": object,
        "app.kubernetes.io/managed-by": "innkeeper",
    });
    json!({"name": name, "labels": labels})
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}
