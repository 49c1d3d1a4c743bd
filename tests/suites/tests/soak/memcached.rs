//! Caches of one, three or five servers: a Deployment each.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};

const KIND: &str = "Memcached";
const NAMES: [&str; 3] = ["cache-0", "cache-1", "cache.2"];

/// What people want: of each cache its size and its port, where they say one.
#[derive(Default)]
pub(crate) struct Caches(BTreeMap<&'static str, (Option<u8>, Option<u16>)>);

fn object(name: &str, size: Option<u8>, port: Option<u16>) -> Value {
    let spec = json!({"size": size, "containerPort": port});
    let spec: BTreeMap<_, _> = spec.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).collect();
    json!({"apiVersion": "cache.example.com/v1alpha1", "kind": KIND, "metadata": {"name": name}, "spec": spec})
}

impl Caches {
    fn changes(&mut self, random: &mut Rng, name: &'static str, town: &Town) -> String {
        let size = one_of(random, &[None, Some(1), Some(3), Some(5)]);
        let port = one_of(random, &[None, Some(11211), Some(11311)]);
        self.0.insert(name, (size, port));
        town.apply(&object(name, size, port));
        format!("apply {name} {:?}", self.0[name])
    }
}

impl System for Caches {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["memcached"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        let name = one_of(random, &NAMES);
        match random.u8(0..12) {
            0..=4 => self.changes(random, name, town),
            5 => {
                self.0.remove(name);
                town.delete(KIND, name)
            }
            6 => {
                town.delete(KIND, name);
                format!("delete and {}", self.changes(random, name, town))
            }
            7 => town.delete("deployment", name),
            8 => town.scale(name, random.u8(0..3)),
            9 => {
                let spec = json!({"containers": [{"name": "memcached", "image": "mine"}]});
                town.edit("deployment", name, &json!({"spec": {"template": {"spec": spec}}}))
            }
            10 => {
                town.house.kubectl(&["delete", "pods", "-l", "app.kubernetes.io/name=memcached", "--wait=false"]);
                "delete every Pod of the caches".into()
            }
            _ => town.refuses(&object(name, Some(2), None)),
        }
    }

    fn objects(&self) -> Vec<Value> {
        // What is not said is the default, also in the object.
        self.0.iter().map(|(name, (size, port))| object(name, size.or(Some(3)), port.or(Some(11211)))).collect()
    }

    fn children(&self) -> Vec<Value> {
        let of = |(name, (size, port)): (&&'static str, &(Option<u8>, Option<u16>))| {
            let port = port.unwrap_or(11211);
            let container = json!({
                "name": "memcached",
                "image": "memcached:1.6-alpine",
                "command": ["memcached", "-m=64", "-o", "modern", "-v"],
                "args": if port == 11211 { Value::Null } else { json!(["-p", port.to_string()]) },
                "ports": [{"name": "memcached", "containerPort": port}],
            });
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(name, "memcached", name),
                "spec": {"replicas": size.unwrap_or(3), "template": {"spec": {"containers": [container]}}}})
        };
        self.0.iter().map(of).collect()
    }
}
