//! The whole run: a sweep, a throw-away round, then round after round with every contender in turn.

use std::fs;

use anyhow::{Context as _, Result};

use crate::contender::Contender;
use crate::figures::{Report, Size, Turn};
use crate::machine::Machine;
use crate::options::Options;
use crate::page::{self, Place};
use crate::round::Course;
use crate::stage::Stage;
use crate::{inside, options, scale, sweep, table, wasm};

/// Objects of the throw-away round, which warms up and finds out whether everything works.
const WARM_UP: usize = 20;

/// Measures, and says what came of it.
pub(crate) async fn bench(options: Options) -> Result<()> {
    let machine = Machine::this();
    // Before minutes are spent.
    let (out, _) = (options.out()?, (options.host()?, options.guest()?));
    eprintln!("bench: {machine}; the control plane starts");
    let stage = Stage::set(&options).await?;
    let (concurrency, sweep) = sweep::sweep(&stage, &options).await?;
    let contenders: Vec<Contender> = options
        .contenders
        .iter()
        .map(|who| Contender::new(*who, &stage, &options, concurrency))
        .collect::<Result<_>>()?;
    for contender in &contenders {
        let objects = options.objects.iter().copied().min().unwrap_or(WARM_UP).min(WARM_UP);
        let course = Course { stage: &stage, options: &options, objects, whole: false };
        course.turn(contender).await.context("the throw-away round")?;
    }
    let mut sizes = Vec::new();
    for objects in &options.objects {
        sizes.push(size(&stage, &options, &contenders, *objects).await?);
    }
    let (wasm, inside) = (wasm::measure(&options)?, inside::measure(&stage, &options).await?);
    let scale = scale::measure(&stage, &options).await?;
    let report = Report {
        machine,
        command: command(),
        build: options::build(),
        controllers: options.controllers,
        concurrency,
        sweep,
        quiet_seconds: options.quiet_seconds,
        sizes,
        wasm,
        inside,
        scale,
    };
    fs::create_dir_all(out.parent().unwrap_or(&out))?;
    fs::write(&out, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", out.display()))?;
    let text = table::text(&report);
    println!("{text}");
    eprintln!("bench: all figures are in {}", out.display());
    if options.keep { page::keep(Place::Rounds, &text) } else { Ok(()) }
}

async fn size(stage: &Stage, options: &Options, contenders: &[Contender], objects: usize) -> Result<Size> {
    let course = Course { stage, options, objects, whole: true };
    let mut rounds = Vec::new();
    for round in 0..options.rounds {
        let mut turns = Vec::new();
        for place in 0..contenders.len() {
            // Another one begins each round.
            let contender = &contenders[(place + round) % contenders.len()];
            let turn = course.turn(contender).await?;
            progress(&turn, objects, round, options);
            turns.push(turn);
        }
        rounds.push(turns);
    }
    Ok(Size { objects, rounds })
}

fn progress(turn: &Turn, objects: usize, round: usize, options: &Options) {
    let Turn { who, create, change, .. } = turn;
    eprintln!(
        "bench: {objects} objects, round {} of {}, {who}: created in {:.2} s with {} requests, changed in {:.2} s with {}",
        round + 1,
        options.rounds,
        create.children_s,
        create.asked.requests,
        change.children_s,
        change.asked.requests,
    );
    if options.verbose {
        eprintln!("{turn:#?}");
    }
}

/// The command line, as it can be given to `make`.
pub(crate) fn command() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--keep").collect();
    if arguments.is_empty() { "make bench".to_owned() } else { format!("make bench ARGS=\"{}\"", arguments.join(" ")) }
}
