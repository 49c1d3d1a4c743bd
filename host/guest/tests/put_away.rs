//! A module that nobody calls takes no memory, and answers as before when it is called.
#![allow(clippy::unwrap_used, reason = "a test fails so")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use innkeeper_core::contract::{Failure, Limits, Outcome};
use innkeeper_core::world::World;
use innkeeper_guest::{Cache, Engine, Module};
use support::{Guest, request};
use tempfile::TempDir;

/// A module of an engine that keeps what is compiled.
struct Loaded {
    engine: Engine,
    module: Module,
    folder: TempDir,
}

impl Loaded {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::with(Some(Cache::open(folder.path()).unwrap()), None).unwrap();
        let module = engine.load(&Guest::new().file()).unwrap();
        Self { engine, module, folder }
    }

    fn call(&self) -> Result<Outcome, Failure> {
        self.engine.call(&self.module, request(), World::default(), &Limits::default()).result
    }

    fn put_away(&self) -> bool {
        self.engine.put_away(&self.module, Duration::ZERO)
    }

    /// Calls it, puts it away, lets something happen, and calls it again.
    fn answers_as_before(&self, meanwhile: impl FnOnce(&Self)) {
        let before = self.call();
        assert!(before.is_ok());
        assert!(self.put_away());
        meanwhile(self);
        assert_eq!(self.call(), before);
    }

    /// The file of its compiled code.
    fn compiled(&self) -> PathBuf {
        let mut files = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some()).unwrap()
    }
}

#[test]
fn a_module_that_was_put_away_is_loaded_for_the_next_call() {
    let loaded = Loaded::new();
    loaded.answers_as_before(|loaded| assert!(loaded.put_away(), "it is away already"));
    loaded.answers_as_before(|_| ());
}

#[test]
fn a_module_that_was_called_a_moment_ago_stays() {
    let loaded = Loaded::new();
    assert!(!loaded.engine.put_away(&loaded.module, Duration::from_secs(3600)));
}

#[test]
fn many_who_call_it_at_once_all_have_their_answer() {
    let loaded = Loaded::new();
    loaded.answers_as_before(|loaded| {
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| assert!(loaded.call().is_ok())))));
    });
}

#[test]
fn it_outlives_its_cache_and_is_not_put_away_without_one() {
    let loaded = Loaded::new();
    loaded.answers_as_before(|loaded| fs::remove_dir_all(loaded.folder.path()).unwrap());
    assert!(!loaded.put_away(), "it could not be kept");
}

#[test]
fn code_that_was_changed_meanwhile_is_never_run_but_compiled_anew() {
    let loaded = Loaded::new();
    let file = loaded.compiled();
    let code = fs::read(&file).unwrap();
    loaded.answers_as_before(|_| {
        let mut changed = code.clone();
        changed[code.len() / 2] ^= 1;
        fs::write(&file, changed).unwrap();
    });
    assert_eq!(fs::read(&file).unwrap().len(), code.len(), "it was compiled anew");
    loaded.answers_as_before(|_| ());
}

#[test]
fn where_there_is_no_place_for_its_code_it_stays() {
    let engine = Engine::new().unwrap();
    assert!(!engine.put_away(&engine.load(&Guest::new().file()).unwrap(), Duration::ZERO));
}
