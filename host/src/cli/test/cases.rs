//! One case per scenario: read, played, and what came of it. Cases are played on several threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use innkeeper_guest::{Engine, Module};
use innkeeper_harness::scenario::{self, Scenario, Verdict};
use serde::Serialize;

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

/// The modules that were loaded, or why not, by file.
struct Modules<'a> {
    wasm: &'a Engine,
    loaded: Mutex<HashMap<PathBuf, Result<Module, String>>>,
}

impl Modules<'_> {
    fn load(&self, file: &Path) -> Result<Module, String> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || wasm::load(self.wasm, file).map(|(module, _)| module).map_err(|error| format!("{error:#}"));
        loaded.entry(file.to_owned()).or_insert_with(load).clone()
    }
}

/// Plays those whose file or sentence has the filter in it, in the order of their files.
pub(super) fn play(
    files: &[PathBuf],
    filter: Option<&str>,
    modules: &[PathBuf],
    wasm: &Engine,
    jobs: usize,
) -> Vec<Case> {
    let (next, known) = (AtomicUsize::new(0), Modules { wasm, loaded: Mutex::default() });
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(files.len()) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(n) else { return };
                    let case = one(file, filter, modules, &known);
                    done.lock().unwrap_or_else(PoisonError::into_inner).extend(case.map(|case| (n, case)));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, case)| case).collect()
}

fn one(file: &Path, filter: Option<&str>, modules: &[PathBuf], known: &Modules<'_>) -> Option<Case> {
    let began = Instant::now();
    let case = |scenario: String, result, why: Vec<(usize, Vec<String>)>, happened, unchecked| Case {
        file: file.to_owned(),
        scenario,
        result,
        took: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        why: why.into_iter().map(|(line, text)| Why { line, text }).collect(),
        happened,
        unchecked,
    };
    let fits = |text: &str| filter.is_none_or(|filter| text.contains(filter));
    let by_file = fits(&file.to_string_lossy());
    let wrong = |name: String, line, why| case(name, Came::Wrong, vec![(line, vec![why])], Vec::new(), Vec::new());
    let stem = || file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return Some(wrong(stem(), 1, error.to_string())),
    };
    let read = match scenario::read(&text, file) {
        Ok(read) => read,
        Err(error) => return by_file.then(|| wrong(stem(), error.line, error.why)),
    };
    if !by_file && !fits(&read.name) {
        return None;
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let load = |file: &Path| known.load(file);
    let (mut unchecked, name) = (Vec::new(), read.name.clone());
    let verdict =
        match needed(&read, file, folder, modules).and_then(|all| all.iter().map(|file| known.load(file)).collect()) {
            Ok(modules) => scenario::play(&read, folder, known.wasm, modules, &load, &mut unchecked),
            Err(why) => return Some(wrong(name, 1, why)),
        };
    Some(match verdict {
        Verdict::Passed => case(name, Came::Passed, Vec::new(), Vec::new(), unchecked),
        Verdict::Failed { why, happened } => case(name, Came::Failed, why, happened, unchecked),
        Verdict::Wrong(error) => wrong(name, error.line, error.why),
    })
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

/// How long all took that were played, one after the other.
pub(super) fn took(cases: &[Case]) -> Duration {
    Duration::from_millis(cases.iter().map(|case| case.took).sum())
}
