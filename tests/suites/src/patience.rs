//! Waiting for something to become so, and the state of a house for those who waited in vain.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::expected;
use crate::house::House;
use crate::kinds;

/// How long anything may take. Generous: garbage collection notices new kinds only every half minute, and on a machine
/// with little time to give it may be minutes behind. Only what never comes takes that long, and `make prove`, which
/// waits for such all the time, sets less: `INNKEEPER_PATIENCE`, in seconds.
pub static LIMIT: LazyLock<Duration> = LazyLock::new(|| {
    let set = std::env::var("INNKEEPER_PATIENCE").map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(set.unwrap_or(240))
});

/// The time until the next look, after that long: what is soon so is soon seen, what takes long is not looked at all the
/// time, for the API server answers each look.
pub(crate) fn pause(waited: Duration) -> Duration {
    (waited / 8).clamp(Duration::from_millis(50), Duration::from_millis(300))
}

/// What a look shows: whether it is so, and perhaps why not.
pub trait Look {
    /// Nothing if it is so, else why not.
    fn complaint(self) -> Option<String>;
}

impl Look for bool {
    fn complaint(self) -> Option<String> {
        (!self).then(String::new)
    }
}

impl Look for Result<(), String> {
    fn complaint(self) -> Option<String> {
        self.err()
    }
}

impl House {
    /// Waits until a look shows that it is so. The sentence says what is waited for.
    pub fn eventually<L: Look>(&self, sentence: &str, mut look: impl FnMut() -> L) {
        let began = Instant::now();
        while let Some(complaint) = look().complaint() {
            if began.elapsed() > *LIMIT {
                panic!("not so after {:?}: {sentence}. {complaint}\n{}", *LIMIT, self.state());
            }
            std::thread::sleep(pause(began.elapsed()));
        }
    }

    /// Waits until the object's condition has that status; returns its message.
    pub fn wait_for_condition(&self, kind: &str, name: &str, condition: &str, status: &str) -> String {
        let mut message = String::new();
        self.eventually(&format!("{kind} {name} has {condition} = {status}"), || {
            let Some(object) = self.find(kind, name) else { return Err("it is not there".to_owned()) };
            let generation = &object["metadata"]["generation"];
            let one = crate::condition(&object, condition).unwrap_or_default();
            message = one["message"].as_str().unwrap_or_default().to_owned();
            if one["status"] == status && one["observedGeneration"] == *generation {
                Ok(())
            } else {
                Err(format!("it is {one} at generation {generation}"))
            }
        });
        message
    }

    /// Waits until the children of an object are those of a fixed YAML text: each as it says, and no other
    /// object anywhere carries the label of that object.
    pub fn wait_for_children(&self, kind: &str, name: &str, yaml: &str) {
        let uid = crate::uid(&self.get(kind, name));
        self.eventually(&format!("the children of {kind} {name} are as written down"), || {
            self.compare(&format!("{OBJECT_UID}={uid}"), yaml)
        });
    }

    /// Whether the objects that carry this label are those of a fixed YAML text.
    pub fn compare(&self, label: &str, yaml: &str) -> Result<(), String> {
        let wanted = expected::documents(yaml);
        let mut live: Vec<Value> =
            CHILD_KINDS.iter().flat_map(|kind| self.cluster.client.list(kind, None, label)).collect();
        let mut complaints = Vec::new();
        for document in &wanted {
            let address = expected::address(document, self.namespace());
            match expected::which(document, &live, self.namespace()) {
                Some(at) => complaints.extend(
                    expected::differences(document, &live.swap_remove(at))
                        .into_iter()
                        .map(|d| format!("{address}: {d}")),
                ),
                None => complaints.push(format!("{address} is missing")),
            }
        }
        complaints.extend(live.iter().map(|stray| format!("{} is a stray", expected::address(stray, ""))));
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ")) }
    }

    /// Whether an object of the namespace is as a document says.
    pub fn is_as(&self, document: &Value) -> Result<(), String> {
        let address = expected::address(document, self.namespace());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let live = self.find(&text(&document["kind"]), &text(&document["metadata"]["name"]));
        let live = live.ok_or_else(|| format!("{address} is missing"))?;
        let found = expected::differences(document, &live);
        if found.is_empty() { Ok(()) } else { Err(format!("{address}: {}", found.join("; "))) }
    }

    /// Waits until no child of that uid is left anywhere.
    pub fn wait_until_gone(&self, uid: &str) {
        self.eventually("no child is left", || self.compare(&format!("{OBJECT_UID}={uid}"), ""));
    }

    /// Everything in the house that could explain why something is not as it should be.
    pub fn state(&self) -> String {
        let mut text = String::new();
        let yaml = |objects: &[Value]| {
            let mut objects = objects.to_vec();
            for object in &mut objects {
                object["metadata"]["managedFields"].take();
            }
            serde_yaml_ng::to_string(&objects).unwrap_or_default()
        };
        let of_guests = kinds::OURS.iter().filter(|known| known.namespaced).map(|known| (known.kind.as_str(), ""));
        for (kind, labels) in of_guests.chain(CHILD_KINDS.map(|kind| (kind, OBJECT_UID))) {
            let objects = self.list(kind, labels);
            if !objects.is_empty() {
                text += &format!("--- {kind} in {}\n{}", self.namespace(), yaml(&objects));
            }
        }
        text += &format!("--- Reconcilers\n{}", yaml(&self.list("Reconciler", "")));
        for event in self.list("Event", "") {
            let about = &event["involvedObject"];
            text += &format!("Event {} {}: {} {}\n", about["kind"], about["name"], event["reason"], event["message"]);
        }
        if let Some(host) = self.lodging.host_if_started() {
            text += &host.last_words();
        }
        text
    }
}

/// The label on a child that holds the uid of its object.
pub const OBJECT_UID: &str = "innkeeper.dev/object-uid";
/// The kinds of which guests have children. Kinds that copy the labels of a child (EndpointSlices those of
/// their Service) are not among them.
const CHILD_KINDS: [&str; 14] = [
    "ClusterRole",
    "ConfigMap",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Job",
    "JobBuilder",
    "Pod",
    "Secret",
    "Service",
    "ServiceAccount",
    "WorkerBundle",
    "WorkerRelease",
];
