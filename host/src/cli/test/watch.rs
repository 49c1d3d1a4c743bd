//! `innkeeper test --watch`: again whenever something changes, the guest's source included.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use innkeeper_guest::Engine;
use innkeeper_harness::scenario;

use super::{Options, files, misused, round, stop};
use crate::cli::build;

/// How often is looked.
const POLL: Duration = Duration::from_millis(300);

/// Files, with what tells that they changed.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Plays them, and again whenever something changes; ends when it is told to.
pub(super) fn again_and_again(options: &Options, wasm: &Engine) -> anyhow::Result<ExitCode> {
    let mut sources = Seen::new();
    loop {
        let scenarios = match files(options) {
            Ok(files) => files,
            Err(why) => return Ok(misused(&why)),
        };
        let projects: BTreeSet<PathBuf> = scenarios.iter().filter_map(|file| project(file)).collect();
        // Looked at before they are used: what changes while it builds or plays is built and played again.
        let code = || seen(projects.iter().flat_map(|project| [project.join("src"), project.join("Cargo.toml")]));
        let now = code();
        // As they are in the beginning they may have been built already.
        if !sources.is_empty() && now != sources {
            for project in &projects {
                let told = build::project(project, wasm);
                told.unwrap_or_else(|error| eprintln!("innkeeper: {error:#}"));
            }
        }
        sources = now;
        let played = || {
            let places = scenarios.iter().flat_map(|file| {
                let module = scenario::module_of(file).ok();
                file.parent().map(Path::to_owned).into_iter().chain(module)
            });
            seen(places.chain(options.module.clone()))
        };
        let before = played();
        round(options, wasm)?;
        eprintln!("innkeeper: waiting for a change (Ctrl-C ends)");
        while code() == sources && played() == before {
            if stop::is_wanted() {
                return Ok(ExitCode::SUCCESS);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// The guest's project that a scenario belongs to.
fn project(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    let folder = file.ancestors().find(|folder| folder.ends_with("scenarios"))?.parent()?;
    folder.join("Cargo.toml").is_file().then(|| folder.to_owned())
}

/// The files there, and below.
fn seen(places: impl IntoIterator<Item = PathBuf>) -> Seen {
    let (mut seen, mut open) = (Seen::new(), places.into_iter().collect::<Vec<_>>());
    while let Some(path) = open.pop() {
        let Ok(data) = std::fs::metadata(&path) else { continue };
        if data.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else {
            seen.insert(path, (data.modified().ok(), data.len()));
        }
    }
    seen
}
