//! Work that runs so many times, or once on every node: Jobs, or a DaemonSet. Workers stay where they are until the
//! model lets them go on, so that the model knows which have completed.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use innkeeper_suites::House;
use serde_json::{Value, json};

use crate::system::{System, meta};
use crate::town::{Town, one_of};

const KIND: &str = "Goop";
const NAMES: [&str; 3] = ["dig", "dig-0", "sow"];
const CMDS: [&[&str]; 4] = [&[], &["one"], &["it's \"two\"; $(date)", "drei ü"], &["-n", "", "%s"]];
/// Simulated nodes leave what has this image alone, until it is told to go on.
const IMAGE: &str = "innkeeper.dev/stays";

/// What people want of a Goop, and what became of it.
#[derive(Clone, Default)]
struct Goop {
    count: u16,
    cmds: &'static [&'static str],
    distributed: bool,
    /// The Jobs that are there, and what each prints: it is made once, and never changed.
    jobs: BTreeMap<u16, String>,
    completed: BTreeSet<u16>,
}

#[derive(Default)]
pub(crate) struct Goops(BTreeMap<&'static str, Goop>);

impl Goop {
    fn object(&self, name: &str) -> Value {
        let spec = json!({"job_count": self.count, "cmds": self.cmds, "distributed": self.distributed, "image": IMAGE});
        json!({"apiVersion": "goop.example.com/v1alpha1", "kind": KIND, "metadata": {"name": name}, "spec": spec})
    }

    /// What there is when the host has seen to it.
    fn is_seen_to(&mut self, name: &str) {
        if self.distributed {
            (self.jobs, self.completed) = Default::default();
            return;
        }
        self.jobs.retain(|index, _| *index < self.count || self.completed.contains(index));
        for index in (0..self.count).filter(|index| !self.completed.contains(index)) {
            let cmd = match self.cmds {
                [] => format!("{name}-{index}"),
                cmds => cmds[usize::from(index) % cmds.len()].to_owned(),
            };
            self.jobs.entry(index).or_insert(cmd);
        }
    }

    fn children(&self, name: &str) -> Vec<Value> {
        let container = |texts: Vec<&str>| {
            // A kubelet reads $$( as a plain $(.
            let args: Vec<String> = texts.iter().map(|text| text.replace("$(", "$$(")).collect();
            json!({"name": "worker", "image": IMAGE, "command": ["printf", "%s\\n"], "args": args})
        };
        if self.distributed {
            let texts = if self.cmds.is_empty() { vec![name] } else { self.cmds.to_vec() };
            let pod = json!({"initContainers": [container(texts)], "containers": [{"name": "pause"}]});
            return vec![json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta(name, "goop", name),
                "spec": {"template": {"spec": pod}}})];
        }
        let job = |(index, text): (&u16, &String)| {
            let pod = json!({"containers": [container(vec![text])], "restartPolicy": "Never"});
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta(&format!("{name}-{index}"), "goop", name),
                "spec": {"parallelism": 1, "template": {"spec": pod}}})
        };
        self.jobs.iter().map(job).collect()
    }
}

impl Goops {
    fn changes(&mut self, random: &mut Rng, name: &'static str, town: &Town) -> String {
        let goop = self.0.entry(name).or_default();
        goop.count = random.u16(0..5);
        goop.cmds = one_of(random, &CMDS);
        goop.distributed = random.u8(0..4) == 0;
        town.apply(&goop.object(name));
        goop.is_seen_to(name);
        let way = if goop.distributed { "everywhere".to_owned() } else { format!("{} times", goop.count) };
        format!("apply {name}: {:?} {way}", goop.cmds)
    }

    /// A worker goes on, and does its work.
    fn works(&mut self, name: &str, index: u16, town: &Town) -> String {
        let job = format!("{name}-{index}");
        let is_at_work = |goop: &&mut Goop| goop.jobs.contains_key(&index) && !goop.completed.contains(&index);
        let Some(goop) = self.0.get_mut(name).filter(is_at_work) else { return format!("{job} is not at work") };
        let selector = format!("batch.kubernetes.io/job-name={job}");
        // The Job may be a new one, and its Pod yet to come.
        town.house.eventually(&format!("{job} goes on"), || {
            let go_on = ["annotate", "pods", "--overwrite", "-l", &selector, "innkeeper.dev/goes-on=yes"];
            let _ = town.house.try_kubectl(&go_on);
            let done = town.house.list("Job", "").into_iter().find(|one| one["metadata"]["name"] == job.as_str());
            done.is_some_and(|one| one["status"]["succeeded"] == 1)
        });
        goop.completed.insert(index);
        format!("{job} completes")
    }
}

impl System for Goops {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }

    fn apps(&self) -> &'static [&'static str] {
        &["goop"]
    }

    fn act(&mut self, random: &mut Rng, town: &Town) -> String {
        // What a Job prints is what was wanted when it was made.
        town.settle(self);
        let (name, index) = (one_of(random, &NAMES), random.u16(0..4));
        let job = format!("{name}-{index}");
        match random.u8(0..14) {
            0..=4 => self.changes(random, name, town),
            5 => {
                self.0.remove(name);
                town.delete(KIND, name)
            }
            6 => {
                self.0.remove(name);
                town.delete(KIND, name);
                format!("delete and {}", self.changes(random, name, town))
            }
            7..=9 => self.works(name, index, town),
            10 | 11 => {
                // One that has not completed is made again, by what is wanted now.
                if let Some(goop) = self.0.get_mut(name) {
                    goop.jobs.remove(&index);
                    goop.is_seen_to(name);
                }
                town.delete("job", &job)
            }
            12 => town.delete("daemonset", name),
            _ => town.refuses(&Goop { count: 1001, ..Goop::default() }.object(name)),
        }
    }

    fn objects(&self) -> Vec<Value> {
        self.0.iter().map(|(name, goop)| goop.object(name)).collect()
    }

    fn children(&self) -> Vec<Value> {
        self.0.iter().flat_map(|(name, goop)| goop.children(name)).collect()
    }

    fn besides(&self, house: &House) -> Result<(), String> {
        for (name, goop) in self.0.iter().filter(|(_, goop)| !goop.distributed) {
            let status = house.get(KIND, name)["status"].clone();
            let noted = indexes(status["completed_indexes"].as_str().unwrap_or_default());
            if noted != goop.completed {
                return Err(format!("{name} has noted that {noted:?} completed, not {:?}", goop.completed));
            }
            let done = goop.completed.range(..goop.count).count();
            if status["done"] != done || status["workers"] != goop.count {
                return Err(format!("{name} does not say {done} of {}: {status}", goop.count));
            }
        }
        Ok(())
    }
}

/// The numbers of a text like `0-2,4`.
fn indexes(text: &str) -> BTreeSet<u16> {
    let number = |text: &str| text.parse::<u16>().unwrap();
    let part = |part: &str| match part.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(part)..=number(part),
    };
    text.split(',').filter(|text| !text.is_empty()).flat_map(part).collect()
}
