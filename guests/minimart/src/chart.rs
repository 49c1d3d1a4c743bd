//! The chart: the children of a shop.

use innkeeper_sdk::{Context, Outcome, names, values};
use serde_json::{Value, json};

use crate::APP;
use crate::types::Minimart;
use crate::values::Values;

/// The chart's name and version, as its labels and the status have them.
pub(crate) const CHART: (&str, &str) = ("minimart", "0.1.0");
/// The shop's version, as its labels have it.
const APP_VERSION: &str = "1.16.0";
/// The annotation that says which manifest a child was made from.
pub(crate) const RENDERED: &str = "charts.samutup.com/rendered";

/// A shop: its values and what its children have in common.
pub(crate) struct Chart<'a> {
    cx: &'a Context<Minimart>,
    values: &'a Values,
    fullname: String,
}

impl<'a> Chart<'a> {
    pub(crate) fn new(cx: &'a Context<Minimart>, values: &'a Values) -> Self {
        Self { cx, values, fullname: values.fullname(cx.name()) }
    }

    pub(crate) fn fullname(&self) -> &str {
        &self.fullname
    }

    /// Asks for every child. Returns them, each with the digest of its manifest in an annotation.
    pub(crate) fn render(&self, outcome: &mut Outcome) -> Vec<Value> {
        let values = self.values;
        let account = values.service_account.create.then(|| self.service_account());
        let scaler = values.autoscaling.enabled.then(|| self.autoscaler());
        let ingress = values.ingress.enabled.then(|| self.ingress());
        let always = [self.config_map(), self.service(), self.deployment()];
        let all: Vec<Value> = always.into_iter().chain(account).chain(scaler).chain(ingress).map(rendered).collect();
        for manifest in &all {
            let child = outcome.child_json(manifest.clone());
            if manifest["kind"] == "Deployment" {
                // Whoever scales it takes over what runs.
                child.release("spec.replicas").exclusive("spec.template.spec.containers");
            }
        }
        all
    }

    fn meta(&self, name: &str, annotations: &Value) -> Value {
        let mut labels = json!(self.cx.labels(APP));
        labels["helm.sh/chart"] = json!(format!("{}-{}", CHART.0, CHART.1));
        labels["app.kubernetes.io/version"] = json!(APP_VERSION);
        json!({"name": name, "labels": labels, "annotations": annotations})
    }

    fn config_map(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self.meta(&self.fullname, &Value::Null),
            "data": {"minimart.yaml": self.config()},
        })
    }

    /// The shop's configuration file. What the object says is written as JSON, which YAML takes as it is.
    fn config(&self) -> String {
        let apps = &self.values.apps;
        let [stat, bev] = [&apps.rest.stat, &apps.rest.bev].map(|path| json!(path));
        format!(
            "providers:\n  stat:\n    path: {stat}\n    items: [book, scissor, ruler, eraser]\n  \
             beverage:\n    path: {bev}\n    items: [beer, wine]\nserver:\n  httpport: {}\n",
            apps.httpport
        )
    }

    fn service(&self) -> Value {
        let service = &self.values.service;
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self.meta(&self.fullname, &Value::Null),
            "spec": {
                "type": service.kind,
                "selector": self.cx.selector(APP),
                "ports": [{"name": "http", "port": service.port, "targetPort": "http", "protocol": "TCP"}],
            },
        })
    }

    fn deployment(&self) -> Value {
        let values = self.values;
        let probe = |path: &str, delay: u32, period: u32, timeout: u32| {
            json!({"httpGet": {"path": path, "port": "http"}, "initialDelaySeconds": delay, "periodSeconds": period,
                "timeoutSeconds": timeout, "failureThreshold": 3})
        };
        let container = json!({
            "name": APP,
            "image": values.image(),
            "imagePullPolicy": values.image.pull_policy,
            "ports": [{"name": "http", "containerPort": values.apps.httpport, "protocol": "TCP"}],
            "livenessProbe": probe("/liveness", 30, 30, 30),
            "readinessProbe": probe("/readiness", 15, 10, 1),
            "volumeMounts": [{"name": "config", "mountPath": "/app/etc/minimart"}],
            "resources": values.resources,
            "securityContext": values.security_context,
        });
        // The shop reads its configuration when it starts.
        let mut annotations = json!(values.pod_annotations);
        annotations["checksum/config"] = json!(names::digest(&self.config()));
        let template = json!({
            "metadata": {"labels": self.cx.labels(APP), "annotations": annotations},
            "spec": {
                "serviceAccountName": values.service_account(&self.fullname),
                "containers": [container],
                "volumes": [{"name": "config", "configMap": {"name": self.fullname}}],
                "imagePullSecrets": values.image_pull_secrets,
                "securityContext": values.pod_security_context,
                "nodeSelector": values.node_selector,
                "tolerations": values.tolerations,
                "affinity": values.affinity,
            },
        });
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self.meta(&self.fullname, &Value::Null),
            "spec": {
                "replicas": (!values.autoscaling.enabled).then_some(values.replica_count),
                "selector": {"matchLabels": self.cx.selector(APP)},
                "template": template,
            },
        })
    }

    fn service_account(&self) -> Value {
        let account = &self.values.service_account;
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": self.meta(self.values.service_account(&self.fullname), &account.annotations),
        })
    }

    fn autoscaler(&self) -> Value {
        let scaling = &self.values.autoscaling;
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": scaling.target_cpu}});
        json!({
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": self.meta(&self.fullname, &Value::Null),
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": self.fullname},
                "minReplicas": scaling.min_replicas,
                "maxReplicas": scaling.max_replicas,
                "metrics": [{"type": "Resource", "resource": cpu}],
            },
        })
    }

    fn ingress(&self) -> Value {
        let ingress = &self.values.ingress;
        let backend = json!({"service": {"name": self.fullname, "port": {"name": "http"}}});
        let root = ["/".to_owned()];
        let rules = ingress.hosts.iter().map(|host| {
            let paths = host.paths.as_deref().filter(|paths| !paths.is_empty()).unwrap_or(&root).iter();
            let path = |p: &String| json!({"path": p, "pathType": "ImplementationSpecific", "backend": backend});
            json!({"host": host.host, "http": {"paths": paths.map(path).collect::<Vec<_>>()}})
        });
        // Without hosts it leads there under every name.
        let default = ingress.hosts.is_empty().then_some(&backend);
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": self.meta(&self.fullname, &ingress.annotations),
            "spec": {"rules": rules.collect::<Vec<_>>(), "tls": ingress.tls, "defaultBackend": default},
        })
    }
}

/// The manifest without what is empty, and with the digest of itself.
fn rendered(manifest: Value) -> Value {
    let mut manifest = values::not_empty(manifest).unwrap_or_default();
    manifest["metadata"]["annotations"][RENDERED] = json!(names::digest(&manifest.to_string()));
    manifest
}
