//! A guest that does what its object's spec says, so that a test states outcomes as data.

use innkeeper_core::contract::{
    Adopt, Child, Condition, ConditionStatus, Contribution, Event, EventType, Failure, Hold, Outcome, Policy, Removal,
    Request,
};
use innkeeper_core::kind::{Key, Kind};
use serde_json::{Value, json};

use super::{House, inn, manifest};

/// A house whose guest follows its script, and may have and remove what the Reconciler is told to permit.
pub fn scripted(permissions: Value) -> House {
    let spec = json!({"module": {"folder": {}}, "permissions": permissions});
    House::declared(spec, follows, manifest(false))
}

/// The same with ConfigMaps as children everywhere, to contribute to and to remove in its own namespace.
pub fn liberal() -> House {
    let maps = |reach: &str| json!([{"group": "", "kinds": ["ConfigMap", "Secret"], "reach": reach}]);
    scripted(json!({"apply": maps("All"), "contribute": maps("Own"), "delete": maps("Own"), "read": maps("All")}))
}

/// The object `x` says this from now on; all else of it stays.
pub fn say(house: &mut House, spec: Value) {
    let object = match house.api.get("Inn", Some("a"), "x") {
        Some(there) => {
            let mut there = there.clone();
            there["spec"] = spec;
            there
        }
        None => inn("x", spec),
    };
    house.put(object);
}

/// Reason and message of a condition of the object `x` that is True.
pub fn says(house: &House, kind: &str) -> (String, String) {
    let object = house.api.get("Inn", Some("a"), "x").expect("it is there");
    let all = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let one = all.iter().find(|c| c["type"] == kind && c["status"] == "True");
    let one = one.unwrap_or_else(|| panic!("{kind} is not True: {all:?}"));
    (one["reason"].as_str().unwrap().to_owned(), one["message"].as_str().unwrap().to_owned())
}

fn text(of: &Value, field: &str) -> Option<String> {
    of[field].as_str().map(str::to_owned)
}

fn list(of: &Value, field: &str) -> Vec<Value> {
    of[field].as_array().cloned().unwrap_or_default()
}

fn texts(of: &Value, field: &str) -> Vec<String> {
    list(of, field).iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn pairs(of: &Value) -> Vec<(String, String)> {
    of.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
}

fn map(of: &Value) -> String {
    let mut metadata = json!({"name": of["name"]});
    if of["namespace"].is_string() {
        metadata["namespace"] = of["namespace"].clone();
    }
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": of["data"]}).to_string()
}

fn child(of: &Value) -> Child {
    Child {
        manifest: map(of),
        wave: i32::try_from(of["wave"].as_i64().unwrap_or(0)).unwrap(),
        policy: match of["policy"].as_str() {
            Some("keep") => Policy::Keep,
            Some("create-only") => Policy::CreateOnly,
            Some("recreate") => Policy::Recreate,
            _ => Policy::Apply,
        },
        exclusive: texts(of, "exclusive"),
        release: texts(of, "release"),
        adopt: match of["adopt"].as_str() {
            Some("unowned") => Adopt::Unowned,
            Some("earlier") => Adopt::Earlier,
            _ => Adopt::Never,
        },
    }
}

fn removal(of: &Value) -> Removal {
    let kind = Kind::new("", "v1", of["kind"].as_str().unwrap_or("ConfigMap"));
    let key = Key::new(kind, text(of, "namespace"), text(of, "name").unwrap());
    let before_wave = of["before"].as_i64().map(|wave| i32::try_from(wave).unwrap());
    Removal { key, uid: text(of, "uid").unwrap_or_default(), before_wave }
}

fn condition(of: &Value) -> Condition {
    let status = if of["status"] == false { ConditionStatus::False } else { ConditionStatus::True };
    Condition { kind: text(of, "type").unwrap(), status, reason: text(of, "reason").unwrap(), message: String::new() }
}

/// What the guest answers.
pub fn follows(request: &Request) -> Result<Outcome, Failure> {
    let object: Value = serde_json::from_str(&request.object).unwrap();
    let spec = &object["spec"];
    match spec["fails"].as_str() {
        Some("retry") => return Err(Failure::Retry { message: "not yet".into(), after: spec["after"].as_u64() }),
        Some("invalid") => return Err(Failure::Invalid { message: "it is wrong".into(), field: None }),
        Some("trap") => return Err(Failure::Trap("unreachable".into())),
        Some("limit") => return Err(Failure::Limit { bound: "time", detail: "100 ms".into() }),
        Some(other) => return Err(Failure::Refused(other.to_owned())),
        None => {}
    }
    let event = |one: &Value| Event {
        kind: EventType::Normal,
        reason: text(one, "reason").unwrap(),
        action: "Act".into(),
        message: text(one, "message").unwrap_or_default(),
    };
    let hold =
        text(&spec["hold"], "reason").map(|reason| Hold { reason, message: text(&spec["hold"], "message").unwrap() });
    Ok(Outcome {
        children: list(spec, "children").iter().map(child).collect(),
        contributions: list(spec, "gives")
            .iter()
            .map(|one| Contribution { manifest: map(one), take: texts(one, "take") })
            .collect(),
        replace: list(spec, "replace").iter().map(removal).collect(),
        remove: list(spec, "remove").iter().map(removal).collect(),
        status: spec["status"].is_object().then(|| spec["status"].to_string()),
        conditions: list(spec, "conditions").iter().map(condition).collect(),
        hold,
        labels: pairs(&spec["labels"]),
        annotations: pairs(&spec["annotations"]),
        events: list(spec, "events").iter().map(event).collect(),
        requeue_after: spec["again"].as_u64(),
        finished: spec["finished"] == true,
    })
}
