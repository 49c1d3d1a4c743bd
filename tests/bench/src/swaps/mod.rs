//! Swaps of modules and plans: how long until another module decides, or the one before does again, whether anything is
//! lost on the way, and how long it takes to work out what a module would change.

mod back;
mod host;
mod load;
mod plan;
mod quick;
mod table;
mod variants;

use std::fs;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::contender::Contender;
use crate::machine::Machine;
use crate::options::{Options, Who};
use crate::page::{self, Place};
use crate::rounds::command;
use crate::stage::Stage;
use crate::statistics::Spread;
use variants::Variants;

/// Everything of one run.
#[derive(Debug, Serialize)]
struct Report {
    machine: Machine,
    command: String,
    build: &'static str,
    module_kib: f64,
    quick: Quick,
    back: Back,
    load: Load,
    plan: Option<Plan>,
}

/// From the closed file to the first call, in milliseconds.
#[derive(Debug, Serialize)]
struct Quick {
    /// It served a moment ago, and is loaded.
    loaded: Spread,
    /// It was compiled before, and that is kept; the host has not loaded it.
    compiled: Spread,
    /// Nobody has seen the module before.
    cold: Spread,
}

/// From the write of the Reconciler to the first call of the module that decided before, in milliseconds.
#[derive(Debug, Serialize)]
struct Back {
    /// It was left a moment ago.
    at_once: Spread,
    /// Its code is no longer in memory, but what was compiled is kept.
    later: Spread,
}

/// Swaps while objects are changed.
#[derive(Debug, Serialize)]
struct Load {
    swaps: usize,
    seconds: f64,
    objects: usize,
    /// Changes of objects meanwhile.
    changes: usize,
    /// Calls of both modules, and those that failed.
    calls: usize,
    failed: usize,
    /// Objects that did not come to show their last change, as the last module has it.
    lost: usize,
}

/// What another module would change for many objects.
#[derive(Debug, Serialize)]
struct Plan {
    objects: usize,
    changed: usize,
    /// From filled stores, in milliseconds.
    planning_ms: Spread,
    /// Until they were filled.
    filling_ms: Spread,
    writes: usize,
}

/// Measures, and says what came of it.
pub(crate) async fn measure(options: &Options) -> Result<()> {
    let machine = Machine::this();
    let (out, variants) = (options.out()?.with_file_name("swaps.json"), Variants::of(&options.guest()?)?);
    eprintln!("bench: {machine}; the control plane starts");
    let stage = Stage::set(options).await?;
    let contender = Contender::new(Who::Innkeeper, &stage, options, 1)?;
    let quick = quick::measure(&stage, options, &contender, &variants).await?;
    let back = back::measure(&stage, options, &contender, &variants).await?;
    let load = load::measure(&stage, options.turns, &contender, &variants).await?;
    let plan = plan::measure(&stage, options, &contender, &variants).await?;
    let report = Report {
        machine,
        command: command(),
        build: if cfg!(debug_assertions) { "debug" } else { "release" },
        module_kib: variants.kib(),
        quick,
        back,
        load,
        plan,
    };
    fs::create_dir_all(out.parent().unwrap_or(&out))?;
    let figures = serde_json::to_string_pretty(&report)? + "\n";
    fs::write(&out, figures).with_context(|| format!("cannot write {}", out.display()))?;
    let text = table::text(&report);
    println!("{text}");
    eprintln!("bench: all figures are in {}", out.display());
    if options.keep { page::keep(Place::Swaps, &text) } else { Ok(()) }
}
