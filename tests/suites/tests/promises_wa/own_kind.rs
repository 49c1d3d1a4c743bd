//! A kind that belongs to one test: the Workbench under another name, so that its CRD may come and go.

use innkeeper_suites::{House, guest, reworded};
use serde_json::{Value, json};

/// A kind of a test's own, kept by a module of its own.
pub(crate) struct OwnKind {
    /// Five letters in the place of `bench`.
    pub(crate) word: &'static str,
}

impl OwnKind {
    /// Puts the module of the kind `Work<word>` into the folder. The word has five letters. Its CRD is not applied.
    pub(crate) fn with_module(house: &House, word: &'static str) -> Self {
        let module = ["Workbench", "workbench"]
            .iter()
            .fold(guest("workbench"), |module, old| reworded(&module, old, &old.replace("bench", word)));
        house.modules().put(&format!("work{word}.wasm"), &module);
        Self { word }
    }

    /// `Work<word>`.
    pub(crate) fn kind(&self) -> String {
        format!("Work{}", self.word)
    }

    /// The name of its Reconciler, which is its module's.
    pub(crate) fn reconciler(&self) -> String {
        format!("work{}", self.word)
    }

    /// The name of its CRD, which kubectl takes for the kind too.
    pub(crate) fn crd_name(&self) -> String {
        format!("work{}es.test.innkeeper.dev", self.word)
    }

    /// Its CustomResourceDefinition: that of the Workbench under another name.
    pub(crate) fn crd(&self, house: &House) -> Value {
        let live = house.get("CustomResourceDefinition", "workbenches.test.innkeeper.dev");
        let crd = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": live["metadata"]["name"]},
            "spec": live["spec"],
        });
        let mut crd: Value = serde_json::from_str(&crd.to_string().replace("bench", self.word)).unwrap();
        if let Some(names) = crd["spec"]["names"].as_object_mut() {
            // Two kinds may not have one short name.
            names.remove("shortNames");
        }
        crd
    }

    /// Applies a CRD of the kind, and waits until it is served.
    pub(crate) fn apply_crd(&self, house: &House, crd: &Value) {
        house.apply(&crd.to_string());
        let crd = format!("crd/{}", self.crd_name());
        house.kubectl(&["wait", "--for=condition=Established", &crd]);
    }

    /// An object of the kind as JSON, which is YAML.
    pub(crate) fn object(&self, name: &str, spec: &Value) -> String {
        let meta = json!({"name": name});
        json!({"apiVersion": "test.innkeeper.dev/v1", "kind": self.kind(), "metadata": meta, "spec": spec}).to_string()
    }

    /// An object of the kind; none if it is not there.
    pub(crate) fn find(&self, house: &House, name: &str) -> Option<Value> {
        let (namespace, word) = (house.namespace(), self.word);
        house.read(&format!("/apis/test.innkeeper.dev/v1/namespaces/{namespace}/work{word}es/{name}"))
    }

    /// Waits until its Reconciler says that it is so, by the reason of its condition Ready.
    pub(crate) fn wait_for_reason(&self, house: &House, reason: &str) {
        house.eventually(&format!("the Reconciler of {} says {reason}", self.kind()), || {
            let found = house.find("Reconciler", &self.reconciler()).unwrap_or_default();
            let ready = innkeeper_suites::condition(&found, "Ready").unwrap_or_default();
            if ready["reason"] == reason { Ok(()) } else { Err(ready.to_string()) }
        });
    }

    /// Waits until the host's log tells for the n-th time that its controller did that (`started`, `stopped`).
    pub(crate) fn wait_until_controller(&self, house: &House, did: &str, times: usize) {
        let words = format!("{}.test.innkeeper.dev: its controller {did}", self.kind());
        house.eventually(&format!("{words}, {times} times"), || {
            house.host().log().lines().filter(|line| line.contains(&words)).count() >= times
        });
    }
}
