//! So many workers: a Job each, made once. The template of a Job is never changed.
//!
//! A Job that has completed is noted in the status and left as it is: it may go, by hand or by its time to
//! live, and does not come back. One that goes before it completed is made again.

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Failure, Outcome};
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobSpec};
use k8s_openapi::api::core::v1::PodSpec;

use crate::APP;
use crate::indexes::Indexes;
use crate::progress::Progress;
use crate::types::{Config, Goop, GoopStatus};
use crate::worker::{self, Work};

/// The most text of Jobs in one outcome, in bytes: well below what an outcome may have by default. What is
/// over comes in the calls that follow when these are made.
const MOST: usize = 512 * 1024;
/// A Job without its texts has fewer bytes.
const JOB: usize = 1536;

/// Asks for the Jobs.
pub(crate) fn ask(cx: &Context<Goop>, config: &Config, outcome: &mut Outcome) -> Result<Progress, Failure> {
    let wanted = u32::try_from(cx.object().spec.job_count).unwrap_or(0);
    let there = jobs_there(cx)?;
    let before = cx.object().status.as_ref().and_then(|status| status.completed_indexes.as_deref());
    let mut done = Indexes::read(before.unwrap_or_default());
    there.iter().filter(|(_, job)| holds(job, "Complete").is_some()).for_each(|(index, _)| done.insert(*index));

    // Those to make go first, so that each call brings more of them.
    let mut room = MOST;
    let missing = (0..wanted).filter(|index| !done.contains(*index) && is_missing(there.get(index)));
    let mut unmade = 0;
    for index in missing.clone() {
        let work = work(cx, config, index);
        if fits(&mut room, &work) {
            outcome.child(job(cx, index, work));
        } else {
            unmade += 1;
        }
    }
    if unmade > 0 {
        outcome.hold("MakingWorkers", format!("{unmade} Jobs are made when the ones before them are there"));
    }
    let mut failed = Vec::new();
    for (index, there) in there.iter().filter(|(_, job)| job.metadata.deletion_timestamp.is_none()) {
        let name = name(cx, *index);
        if done.contains(*index) {
            outcome.keep::<Job>(&name);
        } else if *index < wanted {
            if let Some(end) = holds(there, "Failed") {
                failed.push(format!("Job {name}: {}", words(end)));
                outcome.keep::<Job>(&name);
            } else {
                match as_it_was_made(cx, *index, there, &mut room)? {
                    Some(job) => outcome.child(job),
                    None => outcome.keep::<Job>(&name),
                };
            }
        }
    }
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let finished = (0..wanted).filter(|index| done.contains(*index)).count();
    Ok(Progress {
        what: "Job",
        deployed: missing.count() == 0,
        completed: finished == wanted as usize,
        failed,
        status: GoopStatus {
            workers: cx.object().spec.job_count,
            done: count(finished),
            completed_indexes: (!done.is_empty()).then(|| done.to_string()),
            completed_work: None,
        },
    })
}

fn name(cx: &Context<Goop>, index: u32) -> String {
    format!("{}-{index}", cx.name())
}

/// The Jobs that are there, by their number.
fn jobs_there(cx: &Context<Goop>) -> Result<BTreeMap<u32, Job>, Failure> {
    let numbered = |job: Job| {
        let name = job.metadata.name.as_deref()?;
        let index = name.strip_prefix(cx.name())?.strip_prefix('-')?.parse().ok()?;
        (self::name(cx, index) == name).then_some((index, job))
    };
    Ok(cx.children::<Job>().full()?.into_iter().filter_map(numbered).collect())
}

fn is_missing(job: Option<&Job>) -> bool {
    job.is_none_or(|job| job.metadata.deletion_timestamp.is_some())
}

/// The condition of a Job, if it holds.
fn holds<'a>(job: &'a Job, kind: &str) -> Option<&'a JobCondition> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == kind && condition.status == "True")
}

fn words(condition: &JobCondition) -> String {
    let said = [&condition.reason, &condition.message].map(|text| text.as_deref().unwrap_or_default());
    said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")
}

/// What the worker of that number does by the spec.
fn work(cx: &Context<Goop>, config: &Config, index: u32) -> Work {
    let spec = &cx.object().spec;
    let name = name(cx, index);
    let text = match spec.cmds.len() {
        0 => spec.foo.as_deref().unwrap_or(&name),
        many => &spec.cmds[index as usize % many],
    };
    Work::printing(spec, config, [text])
}

/// A Job that runs, so that what a hand did to it is put right: with the work that it was made with, whatever
/// the spec says by now. None where it must be left alone: its template is another one (another version of
/// this guest made it, or admission changed it), or there is no room.
fn as_it_was_made(cx: &Context<Goop>, index: u32, there: &Job, room: &mut usize) -> Result<Option<Job>, Failure> {
    let Some(template) = there.spec.as_ref().map(|spec| &spec.template) else { return Ok(None) };
    let Some(work) = Work::of(template).filter(|work| fits(room, work)) else { return Ok(None) };
    let job = job(cx, index, work);
    let wanted = job.spec.as_ref().map(|spec| &spec.template);
    let same = wanted.map(|wanted| worker::is_as_wanted(wanted, template)).transpose()?;
    Ok((same == Some(true)).then_some(job))
}

fn fits(room: &mut usize, work: &Work) -> bool {
    // In JSON, a byte may take six.
    let size = JOB + work.image.len() + work.args.iter().map(|text| text.len() * 6).sum::<usize>();
    let fits = size <= *room;
    *room = room.saturating_sub(size);
    fits
}

fn job(cx: &Context<Goop>, index: u32, work: Work) -> Job {
    let pod =
        PodSpec { containers: vec![work.container()], restart_policy: Some("Never".to_owned()), ..Default::default() };
    Job {
        metadata: cx.meta(name(cx, index), APP),
        spec: Some(JobSpec {
            parallelism: Some(1),
            completions: Some(1),
            backoff_limit: Some(6),
            suspend: Some(false),
            template: worker::template(cx, pod),
            ..Default::default()
        }),
        ..Default::default()
    }
}
