//! How long it takes to work out what another module would change for every object.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Plan;
use super::variants::Variants;
use crate::contender::Contender;
use crate::ledger::Ledger;
use crate::options::Options;
use crate::round::Course;
use crate::stage::Stage;
use crate::statistics::Spread;

/// Who plans.
const USER: &str = "bench-plan";
/// How often it is planned.
const TIMES: usize = 3;

pub(super) async fn measure(
    stage: &Stage,
    options: &Options,
    contender: &Contender,
    variants: &Variants,
) -> Result<Option<Plan>> {
    let objects = options.planned;
    if objects == 0 {
        return Ok(None);
    }
    eprintln!("bench: {objects} objects, then {TIMES} plans over them");
    // The first one serves, and the cluster keeps it.
    std::fs::write(contender.modules().join("fleet.wasm"), variants.module(0))?;
    let course = Course { stage, options, objects, whole: false };
    let plan = match course.standing(contender).await {
        Ok((process, _)) => {
            process.stop()?;
            plans(stage, options, variants)
        }
        Err(error) => Err(error),
    };
    course.clear().await?;
    plan.map(Some)
}

fn plans(stage: &Stage, options: &Options, variants: &Variants) -> Result<Plan> {
    let kubeconfig = stage.user(USER)?;
    let file = stage.folder.path().join("other.wasm");
    std::fs::write(&file, variants.module(1))?;
    let mut ledger = Ledger::open(&stage.audit, &stage.audit.mark()?, USER, false);
    let (mut planning, mut filling, mut last) = (Vec::new(), Vec::new(), Value::Null);
    for _ in 0..TIMES {
        let mut command = std::process::Command::new(options.host()?);
        command.arg("plan").arg(&file).arg("--kubeconfig").arg(&kubeconfig).env_remove("KUBECONFIG");
        command.arg("--cache").arg(stage.compiled());
        let said = command.args(["--summary", "-o", "json"]).output().context("innkeeper plan cannot be run")?;
        let words = String::from_utf8_lossy(&said.stderr);
        ensure!(said.status.code() == Some(2), "innkeeper plan found no difference: {words}");
        let plan: Value = serde_json::from_slice(&said.stdout).context("the plan makes no sense")?;
        last = plan["summary"].clone();
        planning.extend(last["planningMs"].as_f64());
        filling.extend(last["fillingMs"].as_f64());
    }
    ledger.read()?;
    let count = |field: &str| last[field].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let spread = |all| Spread::of(all).context("a plan without times");
    Ok(Plan {
        objects: count("objects"),
        changed: count("changed"),
        planning_ms: spread(planning)?,
        filling_ms: spread(filling)?,
        writes: ledger.asked().writes,
    })
}
