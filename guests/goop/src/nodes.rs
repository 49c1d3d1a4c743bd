//! Once on every node: a DaemonSet whose init container does the work, and whose container then waits.

use innkeeper_sdk::{Context, Failure, Outcome, Seen, names};
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetStatus};
use k8s_openapi::api::core::v1::{Container, PodSpec, Toleration};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use crate::APP;
use crate::progress::Progress;
use crate::there;
use crate::types::{Config, Goop, GoopStatus};
use crate::worker::{self, Work};

/// Asks for the DaemonSet.
pub(crate) fn ask(cx: &Context<Goop>, config: &Config, outcome: &mut Outcome) -> Result<Progress, Failure> {
    let work = work(cx, config);
    let digest = names::digest(&format!("{work:?}"));
    let (wanted, mark) = daemon_set(cx, config, work)?;
    let status = status_on(cx, &mark)?;
    let (nodes, done) = status.as_ref().map_or((0, 0), |s| (s.desired_number_scheduled, done(s)));
    // Once every node had done it, a node that joins later is no reason to take that back.
    let before = cx.object().status.as_ref().and_then(|status| status.completed_work.as_ref());
    let completed = (nodes > 0 && done == nodes) || before == Some(&digest);
    let child = outcome.child(wanted);
    child.exclusive("spec.template.spec.containers").exclusive("spec.template.spec.initContainers");
    Ok(Progress {
        what: "node",
        deployed: status.is_some(),
        completed,
        failed: Vec::new(),
        status: GoopStatus {
            workers: nodes,
            done,
            completed_indexes: None,
            completed_work: completed.then_some(digest),
        },
    })
}

/// The status of what is there, if it speaks of what is wanted.
fn status_on(cx: &Context<Goop>, mark: &str) -> Result<Option<DaemonSetStatus>, Failure> {
    let there = there::workers::<DaemonSet>(cx, true)?;
    if there.get(cx.name()).is_none_or(|set| set.mark.as_deref() != Some(mark)) {
        return Ok(None);
    }
    let all = cx.children::<DaemonSet>().status::<DaemonSetStatus>()?;
    let this = all.into_iter().find(|set| set.name() == cx.name());
    let observed = |set: &Seen<DaemonSet, DaemonSetStatus>| {
        set.observed_generation.is_some() && set.observed_generation == set.generation()
    };
    Ok(this.filter(observed).map(|set| (*set).clone()))
}

/// How many nodes have done the work: the container that waits is ready only after it. While Pods of an
/// earlier work are ready too, those are not told apart: then it is no more than have been updated.
fn done(status: &DaemonSetStatus) -> i32 {
    status.number_ready.min(status.updated_number_scheduled.unwrap_or(0)).min(status.desired_number_scheduled)
}

fn work(cx: &Context<Goop>, config: &Config) -> Work {
    let spec = &cx.object().spec;
    let without = spec.foo.as_deref().unwrap_or(cx.name());
    match spec.cmds.is_empty() {
        true => Work::printing(spec, config, [without]),
        false => Work::printing(spec, config, spec.cmds.iter().map(String::as_str)),
    }
}

/// The DaemonSet, and the mark that it carries.
fn daemon_set(cx: &Context<Goop>, config: &Config, work: Work) -> Result<(DaemonSet, String), Failure> {
    let waiting = Container { name: "pause".to_owned(), image: Some(config.pause_image.clone()), ..worker::small() };
    let pod = PodSpec {
        init_containers: Some(vec![work.container()]),
        containers: vec![waiting],
        // Every node is every node.
        tolerations: Some(vec![Toleration { operator: Some("Exists".to_owned()), ..Default::default() }]),
        ..Default::default()
    };
    let template = worker::template(cx, pod);
    let mark = worker::mark(&template)?;
    let set = DaemonSet {
        metadata: worker::marked(cx.meta(cx.name(), APP), &mark),
        spec: Some(DaemonSetSpec {
            selector: LabelSelector { match_labels: Some(cx.selector(APP)), ..Default::default() },
            template,
            ..Default::default()
        }),
        ..Default::default()
    };
    Ok((set, mark))
}
