//! Objects of the guests for tests, what is done to them, and what became of them.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, condition, uid};
use serde_json::{Value, json};

pub(crate) const CHILDREN: &str = "innkeeper.dev/children";
pub(crate) const GUEST: &str = "innkeeper.dev/guest";
/// Somebody's finalizer, which lets a child go only when it is taken away.
pub(crate) const SLOW: &str = "example.com/slow";
/// What a condition says a person can do.
pub(crate) const SKIP: &str = "innkeeper.dev/skip-finalize=true";

/// A house that no other test is in, with nothing in it that other tests left: a Reconciler and a CRD wait for
/// every object of their kind.
pub(crate) fn alone(guests: &[&str]) -> House {
    let house = House::alone(guests);
    for kind in ["ClusterBench", "FinalBench", "Workbench"] {
        house.let_go_everywhere(kind);
        house.delete_everywhere(kind);
    }
    house
}

/// A bench: the kind of its object, and the object's name.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) house: &'a House,
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
}

impl Bench<'_> {
    /// `kubectl apply` of it with that spec.
    pub(crate) fn apply(&self, spec: &Value) {
        let object = json!({
            "apiVersion": "test.innkeeper.dev/v1",
            "kind": self.kind,
            "metadata": {"name": self.name},
            "spec": spec,
        });
        self.house.apply(&object.to_string());
    }

    /// The same, and waits until it is ready.
    pub(crate) fn apply_ready(&self, spec: &Value) {
        self.apply(spec);
        self.eventually("it is ready", |object| condition(object, "Ready").is_some_and(|c| c["status"] == "True"));
    }

    /// Changes its spec; it may be going already.
    pub(crate) fn change(&self, spec: &Value) {
        let patch = json!({ "spec": spec }).to_string();
        self.house.patch(self.kind, self.name, &patch);
    }

    /// Asks for its deletion, and does not wait for it.
    pub(crate) fn delete(&self) {
        self.house.begin_deletion(self.kind, self.name);
    }

    pub(crate) fn find(&self) -> Option<Value> {
        self.house.find(self.kind, self.name)
    }

    pub(crate) fn finalizers(&self) -> Vec<String> {
        let object =
            self.find().unwrap_or_else(|| panic!("{} {} is gone\n{}", self.kind, self.name, self.house.state()));
        serde_json::from_value(object["metadata"]["finalizers"].clone()).unwrap_or_default()
    }

    pub(crate) fn uid(&self) -> String {
        uid(&self.find().unwrap())
    }

    pub(crate) fn eventually(&self, sentence: &str, so: impl Fn(&Value) -> bool) {
        let sentence = format!("{} {}: {sentence}", self.kind, self.name);
        self.house.eventually(&sentence, || match self.find() {
            Some(object) if so(&object) => Ok(()),
            Some(object) => Err(format!("{} {}", object["metadata"]["finalizers"], object["status"])),
            None => Err("it is gone".to_owned()),
        });
    }

    /// Waits until a condition that is True has that reason, and says all these words.
    pub(crate) fn says(&self, kind: &str, reason: &str, words: &[&str]) {
        self.eventually(&format!("{kind} is True for {reason}, with the words {words:?}"), |object| {
            let one = condition(object, kind).unwrap_or_default();
            let message = one["message"].as_str().unwrap_or_default();
            one["status"] == "True" && one["reason"] == reason && words.iter().all(|word| message.contains(word))
        });
    }

    /// Waits until an Event about it has that reason, and says all these words.
    pub(crate) fn is_told(&self, reason: &str, words: &[&str]) {
        self.house.eventually(&format!("an Event about {} for {reason} says {words:?}", self.name), || {
            self.house.list("Event", "").iter().any(|event| {
                let message = event["message"].as_str().unwrap_or_default();
                event["involvedObject"]["name"] == self.name
                    && event["reason"] == reason
                    && words.iter().all(|word| message.contains(word))
            })
        });
    }

    pub(crate) fn is_gone(&self) {
        self.house.eventually(&format!("{} {} is gone", self.kind, self.name), || match self.find() {
            None => Ok(()),
            Some(object) => Err(format!("{} {}", object["metadata"]["finalizers"], object["status"])),
        });
    }

    /// A person decides that its guest is not waited for.
    pub(crate) fn skip(&self) {
        self.house.kubectl(&["annotate", self.kind, self.name, SKIP]);
    }
}

/// A ConfigMap as a child.
pub(crate) fn child(name: &str) -> Value {
    child_with(name, 0, &json!({}))
}

/// A ConfigMap as a child of that wave, with more in its metadata.
pub(crate) fn child_with(name: &str, wave: i32, metadata: &Value) -> Value {
    let mut manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"word": name}});
    manifest["metadata"]["name"] = name.into();
    json!({"manifest": manifest, "wave": wave})
}

/// Takes somebody's finalizers away from a ConfigMap.
pub(crate) fn let_go(house: &House, namespace: &str, name: &str) {
    let patch = r#"{"metadata":{"finalizers":null}}"#;
    house.kubectl(&["patch", "configmap", name, "--namespace", namespace, "--type=merge", "-p", patch]);
}

/// Lets benches of a Reconciler have ConfigMaps and Secrets in any namespace.
pub(crate) fn permit_everywhere(house: &House, reconciler: &str) {
    let rule = json!([{"group": "", "kinds": ["ConfigMap", "Secret"], "reach": "All"}]);
    let patch = json!({"spec": {"permissions": {"apply": rule}}}).to_string();
    house.patch("reconciler", reconciler, &patch);
}

/// A ConfigMap of that namespace.
pub(crate) fn config_map(house: &House, namespace: &str, name: &str) -> Option<Value> {
    house.find_in(namespace, "ConfigMap", name)
}

/// Where among the requests the first is that does this to that object.
pub(crate) fn position(requests: &[Request], verb: &str, resource: &str, name: &str) -> usize {
    let found = requests.iter().position(|r| {
        r.verb == verb && r.resource == resource && r.subresource.is_none() && r.name.as_deref() == Some(name)
    });
    found.unwrap_or_else(|| panic!("nobody did {verb} {resource} {name}:\n{}", told(requests)))
}

/// Requests as text, for people.
pub(crate) fn told(requests: &[Request]) -> String {
    requests.iter().map(|request| format!("{request}\n")).collect()
}
