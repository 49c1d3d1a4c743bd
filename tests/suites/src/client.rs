//! Speaking to the API server as a test does: by kind and name, in JSON. What a user would do, tests do
//! with kubectl or as kubectl does it (`hands.rs`).

use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::applying::Place;
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
    ("MutatingAdmissionPolicy", ADMISSION, "mutatingadmissionpolicies", false),
    ("MutatingAdmissionPolicyBinding", ADMISSION, "mutatingadmissionpolicybindings", false),
    ("ValidatingAdmissionPolicy", ADMISSION, "validatingadmissionpolicies", false),
    ("ValidatingAdmissionPolicyBinding", ADMISSION, "validatingadmissionpolicybindings", false),
];

const ADMISSION: &str = "/apis/admissionregistration.k8s.io/v1";

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
        self.change(kind, namespace, name, &json!({"metadata": {"finalizers": null}}));
    }

    /// Changes an object by merge patch, if it is there.
    pub(crate) fn change(&self, kind: &str, namespace: Option<&str>, name: &str, patch: &Value) {
        self.ask(&Method::PATCH, &format!("{}/{name}", path(kind, namespace)), Some(patch));
    }

    /// Asks for an object's deletion and does not wait for it. Whether it was there.
    pub(crate) fn delete(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        let path = format!("{}/{name}?propagationPolicy=Background", path(kind, namespace));
        self.ask(&Method::DELETE, &path, None).is_some()
    }

    /// Changes an object by merge patch under that field manager.
    pub(crate) fn patch(&self, kind: &str, namespace: Option<&str>, name: &str, manager: &str, patch: &Value) {
        let path = format!("{}/{name}?fieldManager={manager}", path(kind, namespace));
        self.send(&Method::PATCH, &path, patch).unwrap_or_else(|e| panic!("{kind} {name} cannot be patched: {e}"));
    }

    /// What a path answers; none if nothing is there.
    pub(crate) fn read(&self, path: &str) -> Option<Value> {
        self.ask(&Method::GET, path, None)
    }

    /// Where objects of that kind and version are, seen from a namespace; none of a kind that no test spoke of.
    pub(crate) fn place(&self, version: &Value, kind: &str, namespace: &str) -> Option<Place> {
        let (group, _, namespaced) = find(kind)?;
        let is_custom = !KINDS.iter().any(|(known, ..)| *known == kind);
        let namespace = namespaced.then(|| namespace.to_owned());
        let path = path(kind, namespace.as_deref());
        (version == api_version_of(group)).then_some(Place { path, namespace, is_custom })
    }

    /// Sends this once. The error is what the API server says.
    pub(crate) fn send(&self, method: &Method, path: &str, body: &Value) -> Result<(), kube::Error> {
        RUNTIME.block_on(self.client.request::<Value>(request(method, path, Some(body)))).map(drop)
    }

    /// What is answered; none if nothing is there. An API server that is just away is waited for.
    fn ask(&self, method: &Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let began = Instant::now();
        loop {
            match RUNTIME.block_on(self.client.request::<Value>(request(method, path, body))) {
                Ok(value) => return Some(value),
                Err(kube::Error::Api(status)) if status.code == 404 => return None,
                Err(error) => assert!(began.elapsed() < *crate::LIMIT, "{method} {path}: {error}"),
            }
            std::thread::sleep(crate::pause(began.elapsed()));
        }
    }
}

fn request(method: &Method, path: &str, body: Option<&Value>) -> http::Request<Vec<u8>> {
    let content = if *method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    let request = http::Request::builder().method(method).uri(path).header("Content-Type", content);
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    request.body(body).expect("the path is one")
}

fn path(kind: &str, namespace: Option<&str>) -> String {
    let (group, plural, namespaced) = known(kind);
    match namespace.filter(|_| namespaced) {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

fn api_version(kind: &str) -> &'static str {
    api_version_of(known(kind).0)
}

fn api_version_of(group: &str) -> &str {
    group.strip_prefix("/apis/").or(group.strip_prefix("/api/")).unwrap_or(group)
}

/// Where a kind is served, its name in paths, and whether it has a namespace. It may be named as kubectl takes it.
fn known(kind: &str) -> (&'static str, &'static str, bool) {
    find(kind).unwrap_or_else(|| panic!("no test spoke of {kind} yet: add it"))
}

fn find(kind: &str) -> Option<(&'static str, &'static str, bool)> {
    let resource = kind.split('.').next().unwrap_or(kind);
    let is_meant = |kind: &str, plural: &str| kind.eq_ignore_ascii_case(resource) || plural == resource;
    if let Some((_, group, plural, namespaced)) = KINDS.iter().find(|(kind, _, plural, _)| is_meant(kind, plural)) {
        return Some((group, plural, *namespaced));
    }
    let ours = kinds::OURS
        .iter()
        .find(|known| is_meant(&known.kind, &known.plural) || known.short.iter().any(|short| short == resource))?;
    Some((&ours.prefix, &ours.plural, ours.namespaced))
}
