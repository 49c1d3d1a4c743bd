//! Speaking to the API server as a test does: by kind and name, in JSON. What a user would do, tests do with kubectl.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::kinds;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("a runtime can be started")
});

/// Kinds that tests speak of, besides those with CRDs in this project: where each is served, its name in paths, and
/// whether it has a namespace.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("ConfigMap", "/api/v1", "configmaps", true),
    ("Event", "/api/v1", "events", true),
    ("Namespace", "/api/v1", "namespaces", false),
    ("Pod", "/api/v1", "pods", true),
    ("Secret", "/api/v1", "secrets", true),
    ("Service", "/api/v1", "services", true),
    ("ServiceAccount", "/api/v1", "serviceaccounts", true),
    ("ClusterRole", "/apis/rbac.authorization.k8s.io/v1", "clusterroles", false),
    ("CustomResourceDefinition", "/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", false),
    ("DaemonSet", "/apis/apps/v1", "daemonsets", true),
    ("Deployment", "/apis/apps/v1", "deployments", true),
    ("EndpointSlice", "/apis/discovery.k8s.io/v1", "endpointslices", true),
    ("HorizontalPodAutoscaler", "/apis/autoscaling/v2", "horizontalpodautoscalers", true),
    ("Ingress", "/apis/networking.k8s.io/v1", "ingresses", true),
    ("Job", "/apis/batch/v1", "jobs", true),
    ("ReplicaSet", "/apis/apps/v1", "replicasets", true),
];

/// A client of the API server.
pub(crate) struct Client {
    client: kube::Client,
}

impl Client {
    pub(crate) fn new(kubeconfig: &Path) -> Self {
        let kubeconfig =
            Kubeconfig::read_from(kubeconfig).expect("the control plane writes kubeconfigs that can be read");
        let client = RUNTIME.block_on(async {
            let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
            Ok::<_, anyhow::Error>(kube::Client::try_from(config)?)
        });
        Self { client: client.expect("a client can be made of the control plane's kubeconfig") }
    }

    /// One object; none if it is not there.
    pub(crate) fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        self.read(&format!("{}/{name}", path(kind, namespace)))
    }

    /// The objects of a kind that carry these labels, of one namespace or of all. A kind that is not
    /// served has none.
    pub(crate) fn list(&self, kind: &str, namespace: Option<&str>, labels: &str) -> Vec<Value> {
        let encoded =
            |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        let selector: String = labels.bytes().map(encoded).collect();
        let list = self.read(&format!("{}?labelSelector={selector}", path(kind, namespace)));
        let items = list.and_then(|list| list["items"].as_array().cloned()).unwrap_or_default();
        items
            .into_iter()
            .map(|mut item| {
                // The API server leaves both out of what it lists.
                item["apiVersion"] = api_version(kind).into();
                item["kind"] = kind.into();
                item
            })
            .collect()
    }

    /// Makes an object of a kind that has no namespace, or is in this one.
    pub(crate) fn create(&self, kind: &str, namespace: Option<&str>, object: &Value) {
        self.ask(&Method::POST, &path(kind, namespace), Some(object));
    }

    /// Takes an object's finalizers away, if it is there.
    pub(crate) fn let_go(&self, kind: &str, namespace: Option<&str>, name: &str) {
        let none = json!({"metadata": {"finalizers": null}});
        self.ask(&Method::PATCH, &format!("{}/{name}", path(kind, namespace)), Some(&none));
    }

    /// Asks for an object's deletion, if it is there, and does not wait for it.
    pub(crate) fn delete(&self, kind: &str, namespace: Option<&str>, name: &str) {
        self.ask(&Method::DELETE, &format!("{}/{name}", path(kind, namespace)), None);
    }

    /// What a path answers; none if nothing is there.
    pub(crate) fn read(&self, path: &str) -> Option<Value> {
        self.ask(&Method::GET, path, None)
    }

    /// What is answered; none if nothing is there. An API server that is just away is waited for.
    fn ask(&self, method: &Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let began = Instant::now();
        loop {
            let content = if *method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            let request = http::Request::builder().method(method).uri(path).header("Content-Type", content);
            let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
            let request = request.body(body).expect("the path is one");
            match RUNTIME.block_on(self.client.request::<Value>(request)) {
                Ok(value) => return Some(value),
                Err(kube::Error::Api(status)) if status.code == 404 => return None,
                Err(error) => assert!(began.elapsed() < crate::LIMIT, "{method} {path}: {error}"),
            }
            std::thread::sleep(crate::pause(began.elapsed()));
        }
    }
}

fn path(kind: &str, namespace: Option<&str>) -> String {
    let (group, plural, namespaced) = known(kind);
    match namespace.filter(|_| namespaced) {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

fn api_version(kind: &str) -> &'static str {
    let group = known(kind).0;
    group.strip_prefix("/apis/").or(group.strip_prefix("/api/")).unwrap_or(group)
}

/// Where a kind is served, its name in paths, and whether it has a namespace.
fn known(kind: &str) -> (&'static str, &'static str, bool) {
    if let Some((_, group, plural, namespaced)) = KINDS.iter().find(|(known, ..)| *known == kind) {
        return (group, plural, *namespaced);
    }
    let ours = kinds::OURS.iter().find(|known| known.kind == kind);
    let ours = ours.unwrap_or_else(|| panic!("no test spoke of {kind} yet: add it"));
    (&ours.prefix, &ours.plural, ours.namespaced)
}
