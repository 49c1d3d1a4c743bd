//! Shops, as helm would install them: what is said of a shop is laid over the chart's values.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};

const KIND: &str = "Minimart";
const NAMES: [&str; 3] = ["corner", "minimart-0", "my-minimart"];

/// What people say of a shop; the rest is the chart's.
#[derive(Clone, Debug, Default)]
struct Shop {
    replicas: Option<u8>,
    tag: Option<&'static str>,
    service: Option<&'static str>,
    port: Option<u16>,
    listens_on: Option<u16>,
    has_ingress: bool,
    is_scaled: bool,
    without_account: bool,
}

#[derive(Default)]
pub(crate) struct Shops(BTreeMap<&'static str, Shop>);

impl Shop {
    fn any(random: &mut Rng) -> Self {
        Self {
            replicas: one_of(random, &[None, Some(0), Some(1), Some(2)]),
            tag: one_of(random, &[None, Some("1.0.1"), Some("2")]),
            service: one_of(random, &[None, Some("ClusterIP"), Some("NodePort")]),
            port: one_of(random, &[None, Some(80), Some(8088)]),
            listens_on: one_of(random, &[None, Some(8002), Some(9002)]),
            has_ingress: random.bool(),
            is_scaled: random.u8(0..3) == 0,
            without_account: random.u8(0..3) == 0,
        }
    }

    /// Null means that the chart's value is wanted.
    fn object(&self, name: &str) -> Value {
        json!({"apiVersion": "charts.samutup.com/v1alpha1", "kind": KIND, "metadata": {"name": name}, "spec": {
            "replicaCount": self.replicas,
            "image": {"tag": self.tag},
            "service": {"type": self.service, "port": self.port},
            "apps": {"httpport": self.listens_on},
            "ingress": {"enabled": self.has_ingress},
            "autoscaling": {"enabled": self.is_scaled},
            "serviceAccount": {"create": !self.without_account},
            "nobody knows": {"this": "key"},
        }})
    }

    fn children(&self, object: &str) -> Vec<Value> {
        let name = fullname(object);
        let mut meta = meta(&name, "minimart", object);
        meta["labels"]["helm.sh/chart"] = json!("minimart-0.1.0");
        let part = |api: &str, kind: &str, spec: Value| json!({"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec});
        let account = if self.without_account { "default" } else { &name };
        let container = json!({
            "name": "minimart",
            "image": format!("samutup/minimart:{}", self.tag.unwrap_or("1.0.1")),
            "ports": [{"name": "http", "containerPort": self.listens_on.unwrap_or(8002)}],
        });
        let template = json!({"spec": {"serviceAccountName": account, "containers": [container]}});
        let mut deployment = json!({"template": template});
        if !self.is_scaled {
            deployment["replicas"] = json!(self.replicas.unwrap_or(1));
        }
        let port = json!({"name": "http", "port": self.port.unwrap_or(80), "targetPort": "http"});
        let service = json!({"type": self.service.unwrap_or("ClusterIP"), "ports": [port]});
        let mut config = part("v1", "ConfigMap", Value::Null);
        config["data"] = json!({"minimart.yaml": "…", "intruder": null});
        let mut all = vec![part("apps/v1", "Deployment", deployment), part("v1", "Service", service), config];
        if !self.without_account {
            all.push(part("v1", "ServiceAccount", Value::Null));
        }
        if self.is_scaled {
            let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": name});
            let scaler = json!({"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 100});
            all.push(part("autoscaling/v2", "HorizontalPodAutoscaler", scaler));
        }
        if self.has_ingress {
            let backend = json!({"service": {"name": name, "port": {"name": "http"}}});
            let paths = json!({"paths": [{"path": "/", "backend": backend}]});
            let rules = json!([{"host": "chart-example.local", "http": paths}]);
            all.push(part("networking.k8s.io/v1", "Ingress", json!({"rules": rules})));
        }
        all
    }
}

/// The name of a shop's children.
fn fullname(name: &str) -> String {
    if name.contains("minimart") { name.to_owned() } else { format!("{name}-minimart") }
}

impl Shops {
    fn changes(&mut self, random: &mut Rng, name: &'static str, town: &Town) -> String {
        let shop = Shop::any(random);
        town.apply(&shop.object(name));
        let said = format!("apply {name}: {shop:?}");
        self.0.insert(name, shop);
        said
    }
}

impl System for Shops {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["minimart"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        let name = one_of(random, &NAMES);
        let child = fullname(name);
        match random.u8(0..14) {
            0..=5 => self.changes(random, name, town),
            6 => {
                self.0.remove(name);
                town.delete(KIND, name)
            }
            7 => {
                town.delete(KIND, name);
                format!("delete and {}", self.changes(random, name, town))
            }
            8 => {
                let kinds = ["deployment", "service", "configmap", "serviceaccount", "ingress", "hpa"];
                town.delete(one_of(random, &kinds), &child)
            }
            9 => town.edit("configmap", &child, &json!({"data": {"minimart.yaml": null, "intruder": "me"}})),
            10 => town.scale(&child, 3),
            11 => town.edit("service", &child, &json!({"spec": {"ports": [{"name": "mine", "port": 9999}]}})),
            12 => town.edit("hpa", &child, &json!({"spec": {"maxReplicas": 7}})),
            _ => {
                let mut nonsense = Shop::default().object(name);
                nonsense["spec"]["replicaCount"] = json!("3");
                town.refuses(&nonsense)
            }
        }
    }

    fn objects(&self) -> Vec<Value> {
        let named = |name: &&'static str| json!({"kind": KIND, "metadata": {"name": name}});
        self.0.keys().map(named).collect()
    }

    fn children(&self) -> Vec<Value> {
        self.0.iter().flat_map(|(name, shop)| shop.children(name)).collect()
    }
}
