//! Sites that can be switched off, and their telemetry sources: a Pod each, unless its Site is off.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};

const SITES: [&str; 3] = ["mahia", "moon.base", "wallops"];
const SOURCES: [&str; 5] = ["fuel", "heat", "thrust", "tilt", "wind"];
const METRICS: [&str; 3] = ["pressure", "speed", "$(metric) ü"];

/// What people want: whether each Site is on, and of each source its Site and its metric.
#[derive(Default)]
pub(crate) struct Sites {
    sites: BTreeMap<&'static str, bool>,
    sources: BTreeMap<&'static str, (&'static str, &'static str)>,
    /// A Site was deleted, which takes its sources along.
    is_one_going: bool,
}

fn site(name: &str, enabled: bool) -> Value {
    let spec = json!({"enabled": enabled});
    json!({"apiVersion": "tm.rocketlab.global/v1", "kind": "Site", "metadata": {"name": name}, "spec": spec})
}

fn source(name: &str, site: &str, metric: &str) -> Value {
    let spec = json!({"site": site, "metricname": metric});
    json!({"apiVersion": "tm.rocketlab.global/v1", "kind": "TmSource", "metadata": {"name": name}, "spec": spec})
}

impl Sites {
    fn a_site_is_deleted(&mut self, name: &'static str, town: &Town) -> String {
        // A Site takes those along that are its own when it goes, and which these are must be known to the host.
        town.settle(self);
        self.is_one_going = self.sites.remove(name).is_some();
        if self.is_one_going {
            self.sources.retain(|_, (site, _)| *site != name);
        }
        town.delete("site", name)
    }
}

impl System for Sites {
    fn kinds(&self) -> &'static [&'static str] {
        &["Site", "TmSource"]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["rocket-source"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        if std::mem::take(&mut self.is_one_going) {
            town.settle(self);
        }
        let name = one_of(random, &SOURCES);
        let pod = format!("rocket-source-pod-{name}");
        match random.u8(0..14) {
            0..=3 => {
                let (site, metric) = (one_of(random, &SITES), one_of(random, &METRICS));
                self.sources.insert(name, (site, metric));
                town.apply(&source(name, site, metric));
                format!("apply {name} of {site}: {metric}")
            }
            4 => {
                self.sources.remove(name);
                town.delete("tmsource", name)
            }
            5..=8 => {
                let (name, enabled) = (one_of(random, &SITES), random.bool());
                self.sites.insert(name, enabled);
                town.apply(&site(name, enabled));
                format!("switch {name} {}", if enabled { "on" } else { "off" })
            }
            9 => self.a_site_is_deleted(one_of(random, &SITES), town),
            10 => town.delete("pod", &pod),
            11 => {
                let status = json!({"status": {"phase": "Failed", "reason": "Evicted"}}).to_string();
                let evict = ["patch", "pod", &pod, "--subresource=status", "--type=merge", "-p", &status];
                let done = town.house.try_kubectl(&evict);
                format!("evict {pod}: {}", if done.is_ok() { "done" } else { "not there" })
            }
            12 => town.edit("pod", &pod, &json!({"metadata": {"labels": {"site": "mine", "colour": "red"}}})),
            _ => town.refuses(&source(name, "NoSite", "x")),
        }
    }

    fn objects(&self) -> Vec<Value> {
        let sites = self.sites.iter().map(|(name, enabled)| {
            let mut site = site(name, *enabled);
            let own = self.sources.values().filter(|(its, _)| its == name).count();
            site["status"] = json!({"enabled": enabled, "sources": own});
            site
        });
        let sources = self.sources.iter().map(|(name, (site, metric))| {
            let mut source = source(name, site, metric);
            source["metadata"]["labels"] = json!({"site": site});
            source
        });
        sites.chain(sources).collect()
    }

    fn children(&self) -> Vec<Value> {
        // A Site that is not there is not off.
        let on = self.sources.iter().filter(|(_, (site, _))| self.sites.get(site).is_none_or(|enabled| *enabled));
        let pod = |(name, (site, metric)): (&&'static str, &(&'static str, &'static str))| {
            let mut meta = meta(&format!("rocket-source-pod-{name}"), "rocket-source", name);
            meta["labels"]["app"] = json!("rocket-source-pod");
            meta["labels"]["site"] = json!(site);
            // A kubelet reads $$( as a plain $(.
            let metric = metric.replace("$(", "$$(");
            let container = json!({
                "name": "rocket-source",
                "image": "maxthom/rocket-source:latest",
                "env": [
                    {"name": "NATS_SERVICE_PORT", "value": "nats-server-service.default.svc.cluster.local:4222"},
                    {"name": "METRIC_NAME", "value": metric},
                ],
            });
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]},
                "status": {"phase": "Running"}})
        };
        on.map(pod).collect()
    }
}
