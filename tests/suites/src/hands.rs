//! What people do to the cluster: with kubectl, or as kubectl does it where a process for each would only cost time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::expected;
use crate::house::House;

/// How long a CRD that was deleted is given before somebody reminds the API server of it.
const CRD_REMINDER: Duration = Duration::from_secs(15);

impl House {
    /// Runs kubectl in the namespace; it must succeed. Returns what it printed.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["--namespace", self.namespace()], arguments].concat())
    }

    /// Runs kubectl in the namespace; it must be refused. Returns why.
    pub fn kubectl_is_refused(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl_is_refused(&[&["--namespace", self.namespace()], arguments].concat(), "")
    }

    /// `kubectl apply` of a YAML text.
    pub fn apply(&self, yaml: &str) {
        let Ok(documents) = expected::parsed(yaml) else {
            // Such as one that is too deep for our parser, and not for kubectl's.
            self.kubectl_with(&["apply", "-f", "-"], yaml);
            return;
        };
        for document in documents {
            let objects = match document["items"].as_array() {
                Some(items) if document["kind"] == "List" => items.clone(),
                _ => vec![document],
            };
            for object in objects {
                if !self.cluster.client.apply(self.namespace(), &object) {
                    self.kubectl_with(&["apply", "-f", "-"], &object.to_string());
                }
            }
        }
    }

    /// Changes an object by merge patch, as `kubectl patch` does.
    pub fn patch(&self, kind: &str, name: &str, patch: &str) {
        let patch = serde_json::from_str(patch).expect("a merge patch is JSON");
        self.cluster.client.patch(kind, Some(self.namespace()), name, "kubectl-patch", &patch);
    }

    /// Deletes an object and waits until it is gone, as `kubectl delete` does. There may be another one by then.
    pub fn delete(&self, kind: &str, name: &str) {
        let there = || self.find(kind, name).map(|object| crate::uid(&object));
        let before = there();
        self.begin_deletion(kind, name);
        self.eventually(&format!("{kind} {name} is gone"), || there() != before);
    }

    /// Asks for an object's deletion, as `kubectl delete --wait=false` does.
    pub fn begin_deletion(&self, kind: &str, name: &str) {
        assert!(self.cluster.client.delete(kind, Some(self.namespace()), name), "there is no {kind} {name} to delete");
    }

    /// Deletes a CustomResourceDefinition and waits until it is gone, as `kubectl delete` does.
    pub fn delete_crd(&self, name: &str) {
        self.begin_deletion("CustomResourceDefinition", name);
        self.crd_ends(name);
    }

    /// Waits until a CustomResourceDefinition that somebody deleted is gone. Of 72 that nobody had read, the API server
    /// (v1.36.3, busy) forgot two for four minutes: their storage was "(re)initializing" when it listed their objects,
    /// its next try was older than what it had written of that, and it takes the event of such a write for an echo. It
    /// looks at all of them every five minutes. Any change reminds it.
    pub fn crd_ends(&self, name: &str) {
        let kind = "CustomResourceDefinition";
        let mut reminded = Instant::now();
        self.eventually(&format!("the CRD {name} ends"), || {
            let Some(crd) = self.find(kind, name) else { return Ok(()) };
            if reminded.elapsed() > CRD_REMINDER {
                reminded = Instant::now();
                let annotations = json!({"example.com/reminded-at": crd["metadata"]["resourceVersion"]});
                self.cluster.client.change(kind, None, name, &json!({"metadata": {"annotations": annotations}}));
            }
            Err(crd["status"]["conditions"].to_string())
        });
    }

    /// `kubectl apply` of a YAML text that must be refused. Returns why.
    pub fn apply_is_refused(&self, yaml: &str) -> String {
        self.cluster.kubectl_is_refused(&["--namespace", self.namespace(), "apply", "-f", "-"], yaml)
    }

    /// `kubectl` with a text as its input; it must succeed.
    pub fn kubectl_with(&self, arguments: &[&str], input: &str) -> String {
        self.cluster.kubectl_with(&[&["--namespace", self.namespace()], arguments].concat(), input)
    }
}
