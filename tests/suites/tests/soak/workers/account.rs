//! The account: what is built of its scripts, and what is served.

use std::collections::BTreeMap;

use innkeeper_suites::House;
use serde_json::{Value, json};

use super::bundle;
use super::script::Version;
use super::{ACCOUNT, ID, meta, of_account};

/// How far a build is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Building,
    Succeeded,
    Failed,
}

/// The account.
#[derive(Default)]
pub(crate) struct Account {
    /// What is to be built: scripts in the order of their ports.
    pub(crate) content: Vec<(&'static str, Version)>,
    phase: Phase,
    has_no_job: bool,
    /// What is served: an image, and the scripts in it.
    served: Option<(String, Vec<(&'static str, Version)>)>,
    last_image: Option<String>,
}

impl Account {
    /// Scripts that are served keep their places, others come after them by name.
    pub(crate) fn wants(&mut self, scripts: &BTreeMap<&'static str, Version>) {
        let served = self.served.iter().flat_map(|(_, scripts)| scripts).map(|(name, _)| *name);
        let mut order: Vec<&'static str> = served.filter(|name| scripts.contains_key(name)).collect();
        order.extend(scripts.keys().filter(|name| !order.contains(name)).copied().collect::<Vec<_>>());
        let content: Vec<_> = order.into_iter().map(|name| (name, scripts[name].clone())).collect();
        if content.is_empty() {
            *self = Self::default();
        } else if content != self.content {
            self.content = content;
            self.builds_anew();
        }
    }

    /// The build begins, whatever was known of it.
    pub(crate) fn builds_anew(&mut self) {
        (self.phase, self.has_no_job) = (Phase::Building, false);
    }

    /// Its Job is deleted: one that has not ended is made again.
    pub(crate) fn job_goes(&mut self) {
        self.has_no_job = self.phase != Phase::Building;
    }

    pub(crate) fn is_building(&self) -> bool {
        !self.content.is_empty() && self.phase == Phase::Building
    }

    pub(crate) fn serves(&self) -> bool {
        self.served.is_some()
    }

    /// The build has ended.
    pub(crate) fn built(&mut self, succeeded: bool, image: &str) {
        self.phase = if succeeded { Phase::Succeeded } else { Phase::Failed };
        let is_served = self.served.as_ref().is_some_and(|(served, _)| served == image);
        if succeeded && !is_served {
            let before = self.served.replace((image.to_owned(), self.content.clone()));
            self.last_image = before.map(|(image, _)| image);
        }
    }

    /// Its children, and theirs; `image` is the one for its content, where that is known.
    pub(crate) fn children(&self, image: Option<&str>) -> Vec<Value> {
        let workers = self.served.iter().flat_map(|(_, scripts)| scripts).zip(8080_u16..);
        let worker = |((name, version), port): (&(&str, Version), u16)| {
            let mut worker = json!({"workerName": name, "workerNumber": port, "envPrefix": "WASM_WORKER_"});
            worker["secretRef"] = json!(version.secret);
            worker
        };
        let ports: Vec<_> = workers.clone().map(|((name, _), port)| ((*name).to_owned(), port)).collect();
        let workers: Vec<Value> = workers.map(worker).collect();
        let served = self.served.as_ref().map(|(image, _)| image);
        let mut bundle = json!({
            "apiVersion": "api.worker-bundle/v1alpha1",
            "kind": "WorkerBundle",
            "metadata": of_account(meta(ACCOUNT, "worker-account", ACCOUNT)),
            "spec": {
                "deploymentName": ACCOUNT,
                "workers": if workers.is_empty() { Value::Null } else { json!(workers) },
                "podTemplate": {"image": served, "imagePullSecret": "registry-key"},
            },
        });
        if let Some(last) = &self.last_image {
            bundle["metadata"]["annotations"] = json!({"lastImage": last});
        }
        let mut all = vec![bundle];
        if let Some(served) = served {
            all.extend(bundle::children(ACCOUNT, served, &ports));
        }
        if !self.content.is_empty() {
            all.extend(self.build(image));
        }
        all
    }

    fn build(&self, image: Option<&str>) -> Vec<Value> {
        let names: Vec<&str> = self.content.iter().map(|(name, _)| *name).collect();
        let urls: Vec<&str> = self.content.iter().map(|(_, version)| version.url.as_str()).collect();
        let image = image.unwrap_or("registry.default.svc.cluster.local:5000/…");
        let builder = json!({
            "apiVersion": "api.job-builder/v1alpha1",
            "kind": "JobBuilder",
            "metadata": of_account(meta(ACCOUNT, "worker-account", ACCOUNT)),
            "spec": {"scriptNames": names, "scriptUrls": urls, "targetImage": image, "workerBundleName": ACCOUNT},
            "status": {"phase": format!("{:?}", self.phase), "image": image},
        });
        let mut command = ["sh", "-c", "…", "download"].map(str::to_owned).to_vec();
        // A kubelet reads $$( as a plain $(.
        let pairs = names.into_iter().zip(urls).flat_map(|(name, url)| [name.to_owned(), url.replace("$(", "$$(")]);
        command.extend(pairs);
        let push = format!("--destination={image}");
        let pod = json!({
            "initContainers": [{"name": "download", "command": command}],
            "containers": [{"name": "build", "args": ["…", "…", push]}],
        });
        let job = json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": of_account(meta("acme-…", "job-builder", ACCOUNT)),
            "spec": {"ttlSecondsAfterFinished": 3600, "template": {"spec": pod}},
        });
        [builder].into_iter().chain((!self.has_no_job).then_some(job)).collect()
    }

    /// What the cluster shows of the build is of the content of now: another content has another image than `others`.
    pub(crate) fn is_known<'a>(
        &self,
        house: &House,
        mut others: impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        if self.content.is_empty() {
            return Ok(());
        }
        let builder = house.find("JobBuilder", ACCOUNT).ok_or("there is no JobBuilder")?;
        let (spec, status) = (&builder["spec"], &builder["status"]);
        if status["image"] != spec["targetImage"] || status["observedGeneration"] != builder["metadata"]["generation"] {
            return Err(format!("the JobBuilder speaks of another build: {builder}"));
        }
        if others.any(|other| spec["targetImage"] == **other) {
            return Err(format!("the JobBuilder builds the image of another content: {builder}"));
        }
        let account = house.get("WorkerAccount", ACCOUNT);
        let (told, served) = (&account["status"]["image"], self.served.as_ref().map(|(image, _)| image));
        if *told == json!(served) { Ok(()) } else { Err(format!("the account serves {told}, not {served:?}")) }
    }
}

/// The account as people write it.
pub(crate) fn object() -> Value {
    json!({
        "apiVersion": "api.worker-account/v1alpha1",
        "kind": "WorkerAccount",
        "metadata": {"name": ACCOUNT, "labels": {"accounts": ID}},
        "spec": {
            "workerBundleName": ACCOUNT,
            "workerReleaseSelector": {"matchLabels": {"accounts": ID}},
            "podTemplate": {"imagePullSecret": "registry-key"},
        },
    })
}

/// The image that is to be built.
pub(crate) fn wanted_image(house: &House) -> String {
    house.get("JobBuilder", ACCOUNT)["spec"]["targetImage"].as_str().unwrap().to_owned()
}

/// The Job of the build ends, for its Pod did.
pub(crate) fn job_ends(house: &House, succeeds: bool) {
    let job = house.get("JobBuilder", ACCOUNT)["status"]["job"].as_str().unwrap().to_owned();
    let (phase, end) = if succeeds { ("Succeeded", "Complete") } else { ("Failed", "Failed") };
    if !succeeds {
        // No further Pod is tried.
        house.patch("job", &job, r#"{"spec": {"backoffLimit": 0}}"#);
    }
    let status = json!({"status": {"phase": phase}}).to_string();
    house.eventually(&format!("the Job {job} is {end}"), || {
        for pod in house.list("Pod", &format!("batch.kubernetes.io/job-name={job}")) {
            let name = pod["metadata"]["name"].as_str().unwrap();
            if pod["status"]["phase"] == "Pending" {
                let _ =
                    house.try_kubectl(&["patch", "pod", name, "--subresource=status", "--type=merge", "-p", &status]);
            }
        }
        let there = house.find("Job", &job).unwrap_or_default();
        innkeeper_suites::condition(&there, end).is_some_and(|condition| condition["status"] == "True")
    });
}
