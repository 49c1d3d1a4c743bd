//! One case per scenario: read, played, and what came of it. Cases are played on several threads.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::bail;
use innkeeper_guest::{Engine, Module};
use innkeeper_harness::Guest;
use innkeeper_harness::scenario::{self, Scenario, Snapshots, Verdict};
use innkeeper_harness::yaml::Wrong;
use serde::Serialize;

use super::both::{self, Inn, Real};
use super::progress::Progress;
use super::stop;
use crate::cli::Access;
use crate::wasm;

/// One scenario, played.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Case {
    pub(super) file: PathBuf,
    pub(super) scenario: String,
    pub(super) result: Came,
    /// In milliseconds.
    pub(super) took: u64,
    /// Lines of the file, with what is otherwise there than expected.
    pub(super) why: Vec<Why>,
    /// What happened in the step that failed, a line each.
    pub(super) happened: Vec<String>,
    /// What the simulated API server could not check.
    pub(super) unchecked: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Came {
    Passed,
    Failed,
    Wrong,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Why {
    pub(super) line: usize,
    pub(super) text: Vec<String>,
}

/// Which scenarios are played.
pub(super) struct Chosen<'a> {
    pub(super) files: &'a [PathBuf],
    /// Only those whose file or sentence has this in it.
    pub(super) filter: Option<&'a str>,
    /// The modules of those that name none.
    pub(super) modules: &'a [PathBuf],
    /// Snapshots are written instead of compared.
    pub(super) update: bool,
    pub(super) progress: &'a Progress,
}

/// A module with its bytes.
type Loaded = Result<(Module, Vec<u8>), String>;

/// The modules that were loaded, or why not, by file.
struct Modules<'a> {
    wasm: &'a Engine,
    loaded: Mutex<HashMap<PathBuf, Loaded>>,
}

impl Modules<'_> {
    fn load(&self, file: &Path) -> Loaded {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || wasm::load(self.wasm, file).map_err(|error| format!("{error:#}"));
        loaded.entry(file.to_owned()).or_insert_with(load).clone()
    }

    fn guest(&self, file: &Path) -> Result<Guest, String> {
        self.load(file).map(|(module, _)| Guest::module(self.wasm, &module))
    }
}

/// One that is to be played.
struct Ready<'a> {
    file: &'a Path,
    read: Scenario,
    modules: Vec<(Module, Vec<u8>)>,
}

impl Ready<'_> {
    fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    fn guests(&self, wasm: &Engine) -> Vec<Guest> {
        self.modules.iter().map(|(module, _)| Guest::module(wasm, module)).collect()
    }

    fn case(&self, began: Instant, verdict: Verdict, unchecked: Vec<String>) -> Case {
        let (result, why, happened) = match verdict {
            Verdict::Passed => (Came::Passed, Vec::new(), Vec::new()),
            Verdict::Failed { why, happened } => (Came::Failed, why, happened),
            Verdict::Wrong(wrong) => (Came::Wrong, vec![(wrong.line, vec![wrong.why])], Vec::new()),
        };
        Case {
            file: self.file.to_owned(),
            scenario: self.read.name.clone(),
            result,
            took: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            why: why.into_iter().map(|(line, text)| Why { line, text }).collect(),
            happened,
            unchecked,
        }
    }
}

/// Plays them in simulated clusters, several at once, in the order of their files.
pub(super) fn play(chosen: &Chosen<'_>, wasm: &Engine, jobs: usize) -> Vec<Case> {
    let (next, known) = (AtomicUsize::new(0), Modules { wasm, loaded: Mutex::default() });
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(chosen.files.len()) {
            scope.spawn(|| {
                loop {
                    if stop::is_wanted() {
                        return;
                    }
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = chosen.files.get(n) else { return };
                    let began = Instant::now();
                    let case = match ready(file, chosen, &known) {
                        Ok(Some(ready)) => {
                            let (load, mut unchecked) = (|file: &Path| known.guest(file), Vec::new());
                            let verdict = scenario::play(
                                &ready.read,
                                (ready.folder(), Snapshots::of(file, chosen.update)),
                                ready.guests(wasm),
                                &load,
                                &mut unchecked,
                            );
                            Some(ready.case(began, verdict, unchecked))
                        }
                        Ok(None) => None,
                        Err(wrong) => Some(*wrong),
                    };
                    chosen.progress.played(file);
                    done.lock().unwrap_or_else(PoisonError::into_inner).extend(case.map(|case| (n, case)));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, case)| case).collect()
}

/// Plays them in simulated clusters and in a real one, one after the other.
pub(super) async fn play_both(chosen: &Chosen<'_>, wasm: &Engine, access: &Access) -> anyhow::Result<Vec<Case>> {
    let known = Modules { wasm, loaded: Mutex::default() };
    let cluster = access.connect().await?;
    cluster.ping().await?;
    cluster.install_reconciler_crd().await?;
    let (mut real, mut inn) = (Real::new(cluster), Inn::open(access.clone())?);
    real.namespaces("innkeeper").await?;
    let (mut cases, mut names, mut serving) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for file in chosen.files {
        let began = Instant::now();
        let ready = match ready(file, chosen, &known) {
            Ok(Some(ready)) => ready,
            Ok(None) => continue,
            Err(wrong) => {
                cases.push(*wrong);
                continue;
            }
        };
        for (module, _) in &ready.modules {
            let name = &module.manifest().name;
            if names.insert(name.clone()) && real.has_reconciler(name).await {
                bail!(
                    "there is a Reconciler {name} in this cluster: another host may keep its kind. Name a cluster in which nobody does"
                );
            }
        }
        let served: BTreeSet<String> = ready.modules.iter().map(|(module, _)| module.manifest().name.clone()).collect();
        let left: Vec<&String> = serving.difference(&served).collect();
        leave(&mut real, &inn, &left).await?;
        serving = served;
        inn.serve(&ready.modules)?;
        let load = |file: &Path| known.guest(file);
        let guests = ready.guests(wasm);
        let played = tokio::select! {
            played = both::play(&ready.read, ready.folder(), guests, &load, (&mut real, &mut inn)) => played,
            () = stop::wanted() => break,
        };
        eprintln!("innkeeper: {} was played both ways", file.display());
        cases.push(ready.case(
            began,
            played.0,
            played.1.map(|left| format!("{}: {left}", file.display())).into_iter().collect(),
        ));
    }
    inn.empty()?;
    real.clear().await;
    leave(&mut real, &inn, &names.iter().collect::<Vec<_>>()).await?;
    Ok(cases)
}

/// These modules decide no more: the host lets their Reconcilers go, and makes none that no file asks for.
async fn leave(real: &mut Real, inn: &Inn, names: &[&String]) -> anyhow::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    inn.empty()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for name in names {
        real.delete_reconciler(name).await;
    }
    Ok(())
}

/// A scenario with its modules; none if it is not chosen. The error is what makes no sense.
fn ready<'a>(file: &'a Path, chosen: &Chosen<'_>, known: &Modules<'_>) -> Result<Option<Ready<'a>>, Box<Case>> {
    let began = Instant::now();
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let nothing =
        Scenario { name, modules: vec![], namespace: String::new(), automatic: true, given: vec![], steps: vec![] };
    let wrong = |read: Scenario, error| {
        Box::new(Ready { file, read, modules: vec![] }.case(began, Verdict::Wrong(error), vec![]))
    };
    let fits = |text: &str| chosen.filter.is_none_or(|filter| text.contains(filter));
    let by_file = fits(&file.to_string_lossy());
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return Err(wrong(nothing, Wrong::at(1, error.to_string()))),
    };
    let read = match scenario::read(&text, file) {
        Ok(read) => read,
        Err(error) if by_file => return Err(wrong(nothing, error)),
        Err(_) => return Ok(None),
    };
    if !by_file && !fits(&read.name) {
        return Ok(None);
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let modules = needed(&read, file, folder, chosen.modules);
    match modules.and_then(|all| all.iter().map(|file| known.load(file)).collect()) {
        Ok(modules) => Ok(Some(Ready { file, read, modules })),
        Err(why) => Err(wrong(read, Wrong::at(1, why))),
    }
}

/// The modules of a scenario: those that it names, those of the command line, or the one that its place says.
fn needed(read: &Scenario, file: &Path, folder: &Path, given: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    if !read.modules.is_empty() {
        return Ok(read.modules.iter().map(|module| folder.join(module)).collect());
    }
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    scenario::module_of(file).map(|module| vec![module])
}
