//! The guest that keeps WorkerAccount: its scripts are built into one image, and served when that is there.
#![forbid(unsafe_code)]

mod build;
mod scripts;
#[cfg(test)]
mod tests;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use kube::core::ObjectMeta;
use serde::Deserialize;
use workers::{
    BundlePod, JobBuilder, JobBuilderSpec, JobBuilderStatus, LAST_IMAGE, Phase, WorkerAccount, WorkerAccountStatus,
    WorkerBundle, WorkerBundleSpec, WorkerDeployment, WorkerRelease, labels,
};

const APP: &str = "worker-account";

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<WorkerAccount>()
        .applies::<JobBuilder>()
        .applies::<WorkerBundle>()
        .contributes::<WorkerBundle>()
        .reads::<WorkerBundle>()
        .reads::<WorkerDeployment>()
        .reads::<WorkerRelease>(),
    crd: "../crd.json"
);

/// `spec.config` of the Reconciler.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where images are pushed to and pulled from.
    pub(crate) registry: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { registry: "registry.default.svc.cluster.local:5000".to_owned() }
    }
}

/// What is served, and the build of what should be. The status is what remembers which image and which order of
/// scripts is served: they change together, when the build of another content has succeeded.
pub fn reconcile(cx: &Context<WorkerAccount>) -> Result<Outcome, Failure> {
    let config: Config = cx.config()?;
    let mut served = cx.object().status.clone().unwrap_or_default();
    let scripts = scripts::wanted(cx, &served.scripts)?;
    let mut outcome = Outcome::new();
    if let Some(release) = scripts::awaited(cx, &scripts, &served.scripts)? {
        outcome.hold("WaitingForRelease", format!("{release} is not there, and its deployment makes it anew"));
        outcome.keep::<JobBuilder>(cx.name());
        if let Some(built) = cx.condition("Built") {
            outcome.condition("Built", built.status == "True", &built.reason, built.message);
        }
        serve(cx, &served, &mut outcome)?;
        outcome.status(&served);
        return Ok(outcome);
    }
    served.wanted_image = None;
    if scripts.is_empty() {
        served = WorkerAccountStatus::default();
        outcome.condition("Built", None, "NoScripts", "no release has been selected: there is nothing to build");
    } else {
        let build = build::of(cx, &config, &scripts);
        let image = build.target_image.clone();
        let progress = progress(cx, &build)?;
        if progress.0 == Phase::Succeeded && served.image.as_ref() != Some(&image) {
            let before = served.image.replace(image.clone());
            served.last_image = before.map_or_else(|| by_hand(cx, &image), |before| Ok(Some(before)))?;
            served.scripts = scripts.iter().map(scripts::Script::deployed).collect();
        }
        tell(&mut outcome, &served, &image, progress);
        served.wanted_image = Some(image);
        let mut builder = JobBuilder::new(cx.name(), build);
        builder.metadata.labels = Some(labels(cx, APP));
        outcome.child(builder);
    }
    serve(cx, &served, &mut outcome)?;
    outcome.status(&served);
    Ok(outcome)
}

/// The image that a bundle made by hand had before the account's first one.
fn by_hand(cx: &Context<WorkerAccount>, image: &str) -> Result<Option<String>, Failure> {
    let Some(bundle) = cx.get::<WorkerBundle>(&cx.object().spec.worker_bundle_name).full()? else { return Ok(None) };
    // A host that was stopped before it wrote the status has given the image already, and said what was before.
    let told = bundle.metadata.annotations.and_then(|mut annotations| annotations.remove(LAST_IMAGE));
    Ok(bundle.spec.pod_template.image.filter(|before| before != image).or(told))
}

/// How far the build is. What the JobBuilder says of another spec than this one does not count.
fn progress(cx: &Context<WorkerAccount>, wanted: &JobBuilderSpec) -> Result<(Phase, String), Failure> {
    let builders = cx.children::<JobBuilder>().status::<JobBuilderStatus>()?;
    let told = builders.iter().find(|builder| {
        let of_now = builder.observed_generation.is_some() && builder.observed_generation == builder.generation();
        builder.name() == cx.name() && of_now && builder.image == wanted.target_image
    });
    Ok(told.map(|builder| (builder.phase, builder.message.clone())).unwrap_or_default())
}

fn tell(outcome: &mut Outcome, served: &WorkerAccountStatus, image: &str, (phase, message): (Phase, String)) {
    if served.image.as_deref() == Some(image) {
        outcome.condition("Built", true, "Built", format!("{image} is served"));
        return;
    }
    let still = served.image.as_ref().map(|image| format!("; {image} is served on")).unwrap_or_default();
    let (reason, message) = match phase {
        Phase::Failed => ("BuildFailed", format!("{message}{still}")),
        _ => ("Building", format!("{image} is being built{still}")),
    };
    outcome.condition("Built", (phase == Phase::Failed).then_some(false), reason, &message);
    outcome.hold(reason, message);
}

/// The bundle: as a child, or what is served is contributed to one that somebody else made.
fn serve(cx: &Context<WorkerAccount>, served: &WorkerAccountStatus, outcome: &mut Outcome) -> Result<(), Failure> {
    let spec = &cx.object().spec;
    let name = &spec.worker_bundle_name;
    let workers = scripts::workers(&served.scripts);
    let is_there = cx.get::<WorkerBundle>(name).names()?.is_some();
    let is_ours = cx.children::<WorkerBundle>().names()?.iter().any(|bundle| bundle.name() == name);
    if is_there && !is_ours {
        if let Some(image) = &served.image {
            let bundle = outcome.contribute::<WorkerBundle>(name);
            bundle.set("spec.workers", workers).take("spec.workers");
            bundle.set("spec.podTemplate.image", image).take("spec.podTemplate.image");
            if let Some(last) = &served.last_image {
                bundle.annotation(LAST_IMAGE, last).take(&format!("metadata.annotations.{LAST_IMAGE}"));
            }
        }
        return Ok(());
    }
    let pod_template =
        BundlePod { image: served.image.clone(), image_pull_secret: spec.pod_template.image_pull_secret.clone() };
    let mut bundle = WorkerBundle::new(name, WorkerBundleSpec { deployment_name: name.clone(), workers, pod_template });
    let last = served.last_image.iter().map(|image| (LAST_IMAGE.to_owned(), image.clone()));
    bundle.metadata = ObjectMeta {
        name: Some(name.clone()),
        labels: Some(labels(cx, APP)),
        annotations: Some(last.collect()),
        ..Default::default()
    };
    outcome.child(bundle).exclusive("spec.workers");
    Ok(())
}
