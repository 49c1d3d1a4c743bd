//! Servers that ping each other: a Deployment, a Service and a ConfigMap each.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};

const KIND: &str = "KindCustomHttp";
const NAMES: [&str; 4] = ["web-0", "web-1", "web-2", "web-3"];
const KEYS: [&str; 2] = ["hostports", "greeting"];

/// What people want: of each server its replicas, its port and its files.
#[derive(Default)]
pub(crate) struct Servers(BTreeMap<&'static str, (u8, u16, BTreeMap<&'static str, String>)>);

impl Servers {
    fn object(&self, name: &str) -> Value {
        let (replicas, port, files) = &self.0[name];
        let spec = json!({"replicaCount": replicas, "port": port, "configMapData": files});
        json!({"apiVersion": "groupsp.measutosh.dev/v1", "kind": KIND, "metadata": {"name": name}, "spec": spec})
    }

    fn changes(&mut self, random: &mut Rng, name: &'static str, town: &Town) -> String {
        let keys = KEYS.iter().filter(|_| random.bool()).copied().collect::<Vec<_>>();
        let files = keys.into_iter().map(|key| (key, format!("word {}, '$(x)' ü", random.u8(0..99)))).collect();
        self.0.insert(name, (random.u8(0..3), random.u16(1..9000), files));
        town.apply(&self.object(name));
        format!("apply {name} {:?}", self.0[name])
    }
}

impl System for Servers {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["custom-http"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        let name = one_of(random, &NAMES);
        let files = format!("{name}-configmap");
        match random.u8(0..14) {
            0..=4 => self.changes(random, name, town),
            5 => {
                self.0.remove(name);
                town.delete(KIND, name)
            }
            6 => {
                town.delete(KIND, name);
                format!("delete and {}", self.changes(random, name, town))
            }
            7 => match random.u8(0..3) {
                0 => town.delete("deployment", name),
                1 => town.delete("service", name),
                _ => town.delete("configmap", &files),
            },
            8 => town.edit("configmap", &files, &json!({"data": {"greeting": "mine", "intruder": "me"}})),
            9 => town.scale(name, 4),
            10 => town.edit("service", name, &json!({"spec": {"ports": [{"name": "mine", "port": 9999}]}})),
            11 => town.edit("service", name, &json!({"metadata": {"labels": {"innkeeper.dev/object-uid": null}}})),
            12 => town.edit("deployment", name, &json!({"metadata": {"annotations": {"innkeeper.dev/applied": "me"}}})),
            _ => {
                let spec = json!({"replicaCount": 1, "port": 70000});
                let api = "groupsp.measutosh.dev/v1";
                town.refuses(&json!({"apiVersion": api, "kind": KIND, "metadata": {"name": name}, "spec": spec}))
            }
        }
    }

    fn objects(&self) -> Vec<Value> {
        self.0.keys().map(|name| self.object(name)).collect()
    }

    fn children(&self) -> Vec<Value> {
        let of = |(name, (replicas, port, files)): (&&'static str, &(u8, u16, BTreeMap<&str, String>))| {
            let container = json!({"name": "custom-http", "image": "measutosh/http-server",
                "ports": [{"name": "http", "containerPort": 8080}]});
            // Every key that somebody may have put there.
            let mut data: Map<String, Value> =
                KEYS.into_iter().chain(["intruder"]).map(|key| (key.to_owned(), Value::Null)).collect();
            data.extend(files.iter().map(|(key, text)| ((*key).to_owned(), json!(text))));
            let data = if files.is_empty() { Value::Null } else { Value::Object(data) };
            [
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(name, "custom-http", name),
                    "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}}}),
                json!({"apiVersion": "v1", "kind": "Service", "metadata": meta(name, "custom-http", name),
                    "spec": {"clusterIP": "None", "ports": [{"name": "http", "port": port, "targetPort": "http"}]}}),
                json!({"apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": meta(&format!("{name}-configmap"), "custom-http", name), "data": data}),
            ]
        };
        self.0.iter().flat_map(of).collect()
    }
}
