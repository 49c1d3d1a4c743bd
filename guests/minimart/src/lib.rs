//! The guest that keeps Minimart: a chart's values, and the children that helm would make of them.
#![forbid(unsafe_code)]

mod chart;
mod release;
#[cfg(test)]
mod tests;
pub mod types;
mod values;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::Ingress;

use chart::Chart;
use types::{Minimart, MinimartStatus};
use values::Values;

const APP: &str = "minimart";

innkeeper_sdk::guest!(
    reconcile,
    Manifest::of::<Minimart>()
        .applies::<Deployment>()
        .applies::<Service>()
        .applies::<ConfigMap>()
        .applies::<ServiceAccount>()
        .applies::<HorizontalPodAutoscaler>()
        .applies::<Ingress>(),
    crd: "../crd.json"
);

/// The chart, rendered, and how the release stands.
pub fn reconcile(cx: &Context<Minimart>) -> Result<Outcome, Failure> {
    let values = Values::of(&cx.object().spec)?;
    let chart = Chart::new(cx, &values);
    let mut outcome = Outcome::new();
    let wanted = chart.render(&mut outcome);
    let deployed_release = release::report(cx, &wanted, &mut outcome)?;
    let deployments = cx.children::<Deployment>().status::<DeploymentStatus>()?;
    outcome.status(&MinimartStatus {
        fullname: chart.fullname().to_owned(),
        image: values.image(),
        ready_replicas: deployments.iter().filter_map(|d| d.ready_replicas).sum(),
        deployed_release,
    });
    Ok(outcome)
}
