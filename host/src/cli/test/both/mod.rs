//! `innkeeper test --cluster`: each scenario against the simulated API server and against a real one, and whether what is
//! there in the end is the same.

mod compare;
mod process;
mod real;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use innkeeper_harness::scenario::{self, Deed, Expected, Player, Scenario, Step, Verdict};
use innkeeper_harness::server::Propagation;
use innkeeper_harness::yaml::Wrong;
use innkeeper_harness::{Broken, Guest, Lab};

pub(super) use process::Inn;
pub(super) use real::Real;

/// How long something may take on a real cluster: its garbage collector learns of new kinds only every half minute.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(200);
/// Longer waits are left to the simulated cluster.
const LONGEST_WAIT_MS: u64 = 60_000;

/// What came of a scenario on both: the verdict, and what was not done on the real one.
pub(super) async fn play(
    read: &Scenario,
    folder: &Path,
    modules: Vec<Guest>,
    load: scenario::Loads<'_>,
    (real, inn): (&mut Real, &mut Inn),
) -> (Verdict, Option<String>) {
    let (reach, left) = reach(read);
    let short = Scenario { steps: read.steps[..reach].to_vec(), ..read.clone() };
    if reach == 0 {
        return (Verdict::Passed, left.map(|why| format!("not played on the real cluster: {why}")));
    }
    let mut simulated = match scenario::begun(&short, folder, modules.clone()) {
        Ok(player) => player,
        Err(verdict) => return (verdict, None),
    };
    match simulated.steps(&short, folder, load, &mut Vec::new()) {
        Verdict::Passed => {}
        verdict => return (verdict, None),
    }
    let left = left.map(|why| {
        format!("played on the real cluster up to line {}: {why}", short.steps.last().map_or(0, |step| step.line))
    });
    let verdict = match elsewhere(&short, folder, &modules, load, (real, inn), &simulated.lab).await {
        Ok(verdict) => verdict,
        Err(why) => failed(1, vec![format!("on the real cluster: {why:#}")]),
    };
    let verdict = match verdict {
        Verdict::Failed { why, .. } => Verdict::Failed { why, happened: inn.last_words(real.name()) },
        other => other,
    };
    (verdict, left)
}

/// The same on the real cluster, in a namespace of its own.
async fn elsewhere(
    read: &Scenario,
    folder: &Path,
    modules: &[Guest],
    load: scenario::Loads<'_>,
    (real, inn): (&mut Real, &mut Inn),
    simulated: &Lab,
) -> anyhow::Result<Verdict> {
    real.begin(&read.namespace, modules).await?;
    for (_, given) in &read.given {
        for object in scenario::objects(given, folder).map_err(anyhow::Error::msg)? {
            real.apply(&object).await?.map_err(|why| anyhow::anyhow!("what is given is refused: {why}"))?;
        }
    }
    let view = |objects| Lab::showing(modules, &read.namespace, objects).map_err(|Broken(why)| anyhow::Error::msg(why));
    for step in &read.steps {
        real.settle().await?;
        let before: BTreeSet<String> = uids(&real.objects().await?);
        let mut refused = None;
        for (line, deed) in &step.when {
            if let Some(why) = real.does(deed, folder, load, inn).await? {
                if !step.expects_refusal() {
                    return Ok(failed(*line, vec![format!("the real API server refused: {why}")]));
                }
                refused = Some(innkeeper_harness::server::Refused::elsewhere(why));
            }
        }
        let began = Instant::now();
        loop {
            let player = Player::seeing(view(real.objects().await?)?, before.clone(), refused.clone());
            let why = unmet(&player, step)?;
            if why.is_empty() {
                break;
            }
            // What was refused is refused: it needs no waiting for.
            let is_final = step.expects_refusal();
            if began.elapsed() > PATIENCE || is_final {
                let head = |lines: Vec<String>| {
                    std::iter::once(format!("on the real cluster, after {} s:", began.elapsed().as_secs()))
                        .chain(lines)
                        .collect()
                };
                let why = why.into_iter().map(|(line, lines)| (line, head(lines))).collect();
                return Ok(Verdict::Failed { why, happened: Vec::new() });
            }
            tokio::time::sleep(POLL).await;
        }
    }
    let (began, line) = (Instant::now(), read.steps.last().map_or(1, |step| step.line));
    loop {
        let found = view(real.objects().await?)?;
        let why = compare::ends(simulated, &found, &real.kinds);
        if why.is_empty() {
            return Ok(Verdict::Passed);
        }
        if began.elapsed() > PATIENCE {
            let head = "in the end, not the same is there on the simulated (-) and on the real (+) cluster:".to_owned();
            return Ok(failed(line, std::iter::once(head).chain(why).collect()));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn unmet(player: &Player, step: &Step) -> anyhow::Result<Vec<(usize, Vec<String>)>> {
    let mut why = Vec::new();
    for wish in step.then.iter().filter(|wish| !wish.expected.is_counted()) {
        let lines =
            player.meets(&wish.expected).map_err(|Broken(text)| anyhow::Error::new(Wrong::at(wish.line, text)))?;
        if !lines.is_empty() {
            why.push((wish.line, lines));
        }
    }
    Ok(why)
}

/// How many steps can be done on a real cluster, and why not more.
fn reach(read: &Scenario) -> (usize, Option<String>) {
    if !read.automatic {
        return (0, Some("there workloads become ready by themselves".to_owned()));
    }
    let cannot = |step: &Step| {
        let deed = step.when.iter().find_map(|(_, deed)| match deed {
            Deed::Wait(ms) if *ms > LONGEST_WAIT_MS => Some("it waits for more than a minute"),
            Deed::Ready(_) | Deed::Waiting(_) | Deed::Fail(..) => Some("nobody says there what becomes of a child"),
            Deed::Watches(_) => Some("nobody breaks the host's watches there"),
            Deed::Delete(_, propagation) if *propagation != Propagation::Background => {
                Some("it deletes otherwise than in the background")
            }
            _ => None,
        });
        let named = step.then.iter().any(|wish| matches!(&wish.expected, Expected::Has(what, _) | Expected::Exactly(what, _) | Expected::Absent(what) if what.matches('/').count() > 1));
        deed.or(named.then_some("it is about another namespace"))
    };
    match read.steps.iter().enumerate().find_map(|(n, step)| Some((n, cannot(step)?))) {
        Some((n, why)) => (n, Some(why.to_owned())),
        None => (read.steps.len(), None),
    }
}

fn uids(objects: &[serde_json::Value]) -> BTreeSet<String> {
    objects.iter().filter_map(|object| object["metadata"]["uid"].as_str().map(str::to_owned)).collect()
}

fn failed(line: usize, lines: Vec<String>) -> Verdict {
    Verdict::Failed { why: vec![(line, lines)], happened: Vec::new() }
}
