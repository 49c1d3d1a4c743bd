//! What the host asks for outside the namespace of a house, and kubectl that may be refused.

use std::path::PathBuf;

use innkeeper_controlplane::{Mark, Request};
use serde_json::Value;

use crate::cluster::HOST_USER;
use crate::house::House;

impl House {
    /// Everything that the host asked of the API server since the mark, in any namespace or none, but for
    /// leases. Other tests' requests are among them where other tests run.
    pub fn requests_everywhere_since(&self, mark: &Mark) -> Vec<Request> {
        let all = self.cluster.audit().since(mark).expect("the audit log can be read");
        all.by(HOST_USER).without_leases().into_iter().collect()
    }

    /// Deletes every object of a kind in every namespace: a host that starts looks at what other tests left.
    pub fn delete_everywhere(&self, kind: &str) {
        self.delete_everywhere_with(kind, "");
    }

    /// The same of those with that label. Garbage collection may take minutes after kinds came and went.
    pub fn delete_everywhere_with(&self, kind: &str, label: &str) {
        let client = &self.cluster.client;
        self.each_everywhere(kind, label, |namespace, name| {
            client.delete(kind, namespace, name);
        });
        self.eventually(&format!("no {kind} is left"), || client.list(kind, None, label).is_empty());
    }

    /// Takes the finalizers away from every object of a kind in every namespace, where no host is there that would.
    pub fn let_go_everywhere(&self, kind: &str) {
        self.each_everywhere(kind, "", |namespace, name| self.cluster.client.let_go(kind, namespace, name));
    }

    fn each_everywhere(&self, kind: &str, label: &str, act: impl Fn(Option<&str>, &str)) {
        for object in self.cluster.client.list(kind, None, label) {
            let meta = &object["metadata"];
            act(meta["namespace"].as_str(), meta["name"].as_str().unwrap_or_default());
        }
    }

    /// The objects of a namespaced kind with that label, in every namespace.
    pub fn list_everywhere(&self, kind: &str, label: &str) -> Vec<Value> {
        self.cluster.client.list(kind, None, label)
    }

    /// The kubeconfig of another user, who may do only what the test lets them.
    pub fn another_host_user(&self, name: &str) -> PathBuf {
        self.cluster.control.user(name, &[]).expect("a user can be made").kubeconfig().to_owned()
    }

    /// `kubectl edit`, by somebody whose editor does this to the text (an expression of sed without spaces).
    pub fn kubectl_edit(&self, kind: &str, name: &str, expression: &str) {
        let mut command = self.cluster.control.kubectl().expect("a control plane has kubectl");
        command.env("KUBE_EDITOR", format!("sed -i -e {expression}"));
        let output = command.args(["--namespace", self.namespace(), "edit", kind, name]).output();
        let output = output.expect("kubectl can be started");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.contains("edited"), "kubectl edit {kind} {name}: {said}");
    }

    /// Runs kubectl in the namespace, as somebody who may do everything. `Err` is what it complained of.
    pub fn try_kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.cluster.control.kubectl().expect("a control plane has kubectl");
        let output =
            command.args(["--namespace", self.namespace()]).args(arguments).output().expect("kubectl can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}
