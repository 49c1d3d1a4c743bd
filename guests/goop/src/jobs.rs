//! So many workers: a Job each, made once. The template of a Job is never changed.
//!
//! A Job that has completed is noted in the status and left as it is: it may go, by hand or by its time to
//! live, and does not come back. One that goes before it completed is made again.

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Failure, Outcome};
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::PodSpec;

use crate::APP;
use crate::indexes::Indexes;
use crate::progress::Progress;
use crate::there::{self, Worker};
use crate::types::{Config, Goop, GoopStatus};
use crate::worker::{self, Work};

/// The most text of Jobs in one outcome, in bytes: it keeps a call short, and an outcome well below its bound.
/// What is over comes in the calls that follow when these are made.
const MOST: usize = 192 * 1024;
/// Of more Jobs than these, those that run are left as they are.
const FEW: u32 = 100;
/// A Job without its texts has fewer bytes.
const JOB: usize = 1536;

/// Asks for the Jobs.
pub(crate) fn ask(cx: &Context<Goop>, config: &Config, outcome: &mut Outcome) -> Result<Progress, Failure> {
    let wanted = u32::try_from(cx.object().spec.job_count).unwrap_or(0);
    let there = jobs_there(cx, wanted <= FEW)?;
    let before = cx.object().status.as_ref().and_then(|status| status.completed_indexes.as_deref());
    let mut done = Indexes::read(before.unwrap_or_default());
    there.iter().filter(|(_, job)| job.holds("Complete").is_some()).for_each(|(index, _)| done.insert(*index));

    // Those to make go first, so that each call brings more of them.
    let mut room = MOST;
    let is_missing = |index: &u32| there.get(index).is_none_or(|job| job.going);
    let missing: Vec<u32> = (0..wanted).filter(|index| !done.contains(*index) && is_missing(index)).collect();
    let mut unmade = 0;
    for index in &missing {
        let work = work(cx, config, *index);
        if fits(&mut room, &work) {
            outcome.child(job(cx, *index, work)?.0);
        } else {
            unmade += 1;
        }
    }
    if unmade > 0 {
        outcome.hold("MakingWorkers", format!("{unmade} Jobs are made when the ones before them are there"));
    }
    let mut failed = Vec::new();
    for (index, there) in there.iter().filter(|(_, job)| !job.going) {
        let name = name(cx, *index);
        if done.contains(*index) {
            outcome.keep::<Job>(&name);
        } else if *index < wanted {
            if let Some(end) = there.holds("Failed") {
                failed.push(format!("Job {name}: {end}"));
                outcome.keep::<Job>(&name);
                continue;
            }
            match as_it_was_made(cx, config, *index, there, &mut room)? {
                Some(job) => outcome.child(job),
                None => outcome.keep::<Job>(&name),
            };
        }
    }
    let finished = (0..wanted).filter(|index| done.contains(*index)).count();
    Ok(Progress {
        what: "Job",
        deployed: missing.is_empty(),
        completed: finished == wanted as usize,
        failed,
        status: GoopStatus {
            workers: cx.object().spec.job_count,
            done: i32::try_from(finished).unwrap_or(i32::MAX),
            completed_indexes: (!done.is_empty()).then(|| done.to_string()),
            completed_work: None,
        },
    })
}

fn name(cx: &Context<Goop>, index: u32) -> String {
    format!("{}-{index}", cx.name())
}

/// The Jobs that are there, by their number.
fn jobs_there(cx: &Context<Goop>, with_marks: bool) -> Result<BTreeMap<u32, Worker>, Failure> {
    let numbered = |(name, job): (String, Worker)| {
        let index = name.strip_prefix(cx.name())?.strip_prefix('-')?.parse().ok()?;
        (self::name(cx, index) == name).then_some((index, job))
    };
    Ok(there::workers::<Job>(cx, with_marks)?.into_iter().filter_map(numbered).collect())
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

/// A Job that runs, so that what a hand did to it is put right. None where it must be left alone: it was made
/// by another spec, or another version of this guest, and its template can never be changed; or there is no room.
fn as_it_was_made(
    cx: &Context<Goop>,
    config: &Config,
    index: u32,
    there: &Worker,
    room: &mut usize,
) -> Result<Option<Job>, Failure> {
    let work = work(cx, config, index);
    if there.mark.is_none() || !fits(room, &work) {
        return Ok(None);
    }
    let (job, mark) = job(cx, index, work)?;
    Ok((there.mark == Some(mark)).then_some(job))
}

fn fits(room: &mut usize, work: &Work) -> bool {
    // In JSON, a byte may take six.
    let size = JOB + work.image.len() + work.args.iter().map(|text| text.len() * 6).sum::<usize>();
    let fits = size <= *room;
    *room = room.saturating_sub(size);
    fits
}

/// A Job, and the mark that it carries.
fn job(cx: &Context<Goop>, index: u32, work: Work) -> Result<(Job, String), Failure> {
    let pod =
        PodSpec { containers: vec![work.container()], restart_policy: Some("Never".to_owned()), ..Default::default() };
    let template = worker::template(cx, pod);
    let mark = worker::mark(&template)?;
    let job = Job {
        metadata: worker::marked(cx.meta(name(cx, index), APP), &mark),
        spec: Some(JobSpec {
            parallelism: Some(1),
            completions: Some(1),
            backoff_limit: Some(6),
            suspend: Some(false),
            template,
            ..Default::default()
        }),
        ..Default::default()
    };
    Ok((job, mark))
}
