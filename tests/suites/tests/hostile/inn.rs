//! An inn: a house of its own with the hostile guest and an honest one, and objects of both.

use std::sync::atomic::{AtomicU32, Ordering};

use innkeeper_suites::{House, condition};
use serde_json::{Value, json};

/// The kind whose guest does every misdeed.
pub(crate) const KIND: &str = "Hostile";

/// A house whose host serves the hostile guest and an honest one.
pub(crate) struct Inn {
    pub(crate) house: House,
}

/// How many honest objects there were.
static HONEST: AtomicU32 = AtomicU32::new(0);

/// What is there of a child: which one it is, and which version of it.
type Left = (Value, Value);

impl Inn {
    /// With the limits of calls as they are unless said otherwise.
    pub(crate) fn open() -> Self {
        let house = House::alone(&["hostile", "workbench"]);
        house.start_host();
        Self { house }
    }

    /// With these limits for the hostile guest.
    pub(crate) fn with_limits(limits: Value) -> Self {
        let inn = Self::open();
        inn.house.eventually("there is a Reconciler", || inn.house.find("Reconciler", "hostile").is_some());
        let patch = json!({"spec": {"limits": limits}}).to_string();
        inn.house.patch("reconciler", "hostile", &patch);
        inn
    }

    /// Applies an object of the hostile kind.
    pub(crate) fn apply(&self, name: &str, spec: &Value) {
        let object = json!({
            "apiVersion": "test.innkeeper.dev/v1",
            "kind": KIND,
            "metadata": {"name": name},
            "spec": spec,
        });
        // What a client-side apply keeps in an annotation has not that much room.
        let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        self.house.kubectl_with(&arguments, &object.to_string());
    }

    /// An object that behaves, with a child named as it is and a status, and ready.
    pub(crate) fn good(&self, name: &str) -> Left {
        self.apply(name, &good_spec(name));
        self.house.wait_for_condition(KIND, name, "Ready", "True");
        self.left(name)
    }

    /// The child of that object as it is now.
    fn left(&self, name: &str) -> Left {
        let child = self.house.get("ConfigMap", name);
        (child["metadata"]["uid"].clone(), child["metadata"]["resourceVersion"].clone())
    }

    /// An object that was good becomes bad: condition and Event say this reason, these words and the module, and what
    /// was there before stays as it was. When it is good again, it is ready again.
    pub(crate) fn turns(&self, name: &str, bad: &Value, reason: &str, words: &[&str]) {
        let before = self.good(name);
        self.apply(name, bad);
        self.is_told(name, reason, words);
        assert_eq!(self.left(name), before, "the child of {name} stays as it was");
        assert_eq!(self.house.get(KIND, name)["status"]["word"], "good", "the status of {name} stays");
        self.others_are_kept();
        self.good(name);
    }

    /// Condition and Event of the object say this reason, these words, and which module it is.
    pub(crate) fn is_told(&self, name: &str, reason: &str, words: &[&str]) {
        let message = self.stalled(name, reason);
        let digest = self.house.get("Reconciler", "hostile")["status"]["digest"].as_str().unwrap().to_owned();
        let module = format!("module hostile ({})", &digest[7..19]);
        for word in words.iter().chain([&module.as_str()]) {
            assert!(message.contains(word), "{name}: the condition says {word:?}: {message}");
        }
        // An Event says what can be done besides, and is shorter.
        let begins: String = message.chars().take(500).collect();
        self.house.eventually("an Event says the same", || {
            let events = self.house.list("Event", "");
            events.iter().any(|event| {
                event["involvedObject"]["name"] == name
                    && event["type"] == "Warning"
                    && event["reason"] == reason
                    && event["message"].as_str().is_some_and(|note| note.starts_with(&begins))
            })
        });
    }

    /// Waits until the object is stalled for that reason; returns the message.
    pub(crate) fn stalled(&self, name: &str, reason: &str) -> String {
        let mut message = String::new();
        self.house.eventually(&format!("{name} is stalled: {reason}"), || {
            let object = self.house.get(KIND, name);
            let one = condition(&object, "Stalled").unwrap_or_default();
            message = one["message"].as_str().unwrap_or_default().to_owned();
            let current = one["observedGeneration"] == object["metadata"]["generation"];
            let so = one["status"] == "True" && one["reason"] == reason && current;
            if so { Ok(()) } else { Err(one.to_string()) }
        });
        message
    }

    /// An object of another kind is kept, and the host lives.
    pub(crate) fn others_are_kept(&self) {
        let name = format!("honest-{}", HONEST.fetch_add(1, Ordering::Relaxed));
        let child = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let object = json!({
            "apiVersion": "test.innkeeper.dev/v1",
            "kind": "Workbench",
            "metadata": {"name": name},
            "spec": {"children": [{"manifest": child}]},
        });
        self.house.apply(&object.to_string());
        self.house.wait_for_condition("Workbench", &name, "Ready", "True");
        let host = self.house.host();
        assert!(host.exited().is_none() && host.is_healthy(), "the host lives");
    }
}

/// The text of a ConfigMap.
pub(crate) fn config_map(name: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"word": "good"}}).to_string()
}

pub(crate) fn good_spec(name: &str) -> Value {
    json!({"children": [config_map(name)], "status": r#"{"word":"good"}"#})
}

/// A misdeed of that amount, and nothing asked for.
pub(crate) fn misdeed(misdeed: &str, amount: u32) -> Value {
    json!({"misdeed": misdeed, "amount": amount})
}
