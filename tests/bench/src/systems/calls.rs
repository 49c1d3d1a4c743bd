//! Each guest's size, and one call of it: what the host asked it last in a laboratory in which all examples are applied
//! and everything is as it should be.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use innkeeper_guest::{Engine, Module};
use innkeeper_harness::{self as harness, Broken, Lab, yaml};
use serde::Serialize;
use serde_json::Value;

use crate::options;
use crate::statistics::Spread;

/// The guests of all systems.
const GUESTS: [&str; 11] = [
    "custom-http",
    "memcached",
    "minimart",
    "goop",
    "rocketlab-site",
    "rocketlab-tmsource",
    "worker-deployment",
    "worker-release",
    "worker-account",
    "job-builder",
    "worker-bundle",
];

/// What was measured of one guest.
#[derive(Debug, Serialize)]
pub(super) struct Guest {
    pub(super) name: &'static str,
    pub(super) wasm_bytes: u64,
    /// What it was asked with: bytes of JSON.
    pub(super) given_bytes: u64,
    /// In microseconds, as the clock has it.
    pub(super) call: Spread,
    /// In microseconds, as the kernel counts the thread's.
    pub(super) cpu: Spread,
}

/// Calls each guest so often.
pub(super) fn measure(calls: usize) -> Result<Vec<Guest>> {
    let engine = Engine::new()?;
    eprintln!("bench: {calls} calls of each guest");
    let files = GUESTS.map(options::guest).into_iter().collect::<Result<Vec<PathBuf>>>()?;
    let modules: Vec<Module> =
        files.iter().map(|file| Ok(engine.load(&std::fs::read(file)?)?)).collect::<Result<_>>()?;
    let broken = |Broken(why)| anyhow!(why);
    let mut lab = Lab::new(modules.iter().map(|module| harness::Guest::module(&engine, module))).map_err(broken)?;
    for object in examples()? {
        if let Err(refused) = lab.apply(&object).map_err(broken)? {
            bail!("{object}: the API server would refuse it: {refused}");
        }
    }
    GUESTS
        .into_iter()
        .zip(&modules)
        .zip(&files)
        .map(|((name, module), file)| {
            let wasm_bytes = std::fs::metadata(file)?.len();
            of(name, wasm_bytes, module, &lab, &engine, calls).with_context(|| format!("the guest {name}"))
        })
        .collect()
}

fn of(name: &'static str, wasm_bytes: u64, module: &Module, lab: &Lab, engine: &Engine, calls: usize) -> Result<Guest> {
    let kind = module.manifest().serves.group_kind();
    let (request, world, limits) = lab.question_about(&kind).context("no example led to a call of it")?;
    let (mut took, mut cpu, mut given_bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..calls {
        let (request, world, began) = (request.clone(), world.clone(), Instant::now());
        let answer = engine.call(module, request, world, limits);
        took.push(micros(began.elapsed()));
        cpu.push(micros(answer.cpu));
        given_bytes = answer.given;
        if let Err(failure) = answer.result {
            bail!("a call failed: {failure}");
        }
    }
    let spread = |of| Spread::of(of).context("it was not called");
    Ok(Guest { name, wasm_bytes, given_bytes, call: spread(took)?, cpu: spread(cpu)? })
}

/// The objects of all examples.
fn examples() -> Result<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut files = Vec::new();
    for system in std::fs::read_dir(&folder)?.flatten().filter(|entry| entry.path().is_dir()) {
        files.extend(std::fs::read_dir(system.path())?.flatten().map(|entry| entry.path()));
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let documents = yaml::documents(&text).with_context(|| file.display().to_string())?;
        objects.extend(documents.iter().map(yaml::Node::value));
    }
    Ok(objects)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
