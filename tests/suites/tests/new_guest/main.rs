//! A project that `innkeeper new` makes builds and passes as it is, and docs/test-your-guest.md says of it what is so:
//! the page's own pieces are taken, from the project to a failing expectation, its mending, and the story in Rust.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use innkeeper_suites::binary;

const PAGE: &str = include_str!("../../../../docs/test-your-guest.md");

/// A new project, named as on the page.
struct Project {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Project {
    fn new() -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web-site");
        let project = Self { _folder: folder, path };
        let sdk = repository.join("guests/sdk");
        let target = project.path.to_str().unwrap();
        let (code, said) = run(
            &repository,
            &binary(),
            &["new", target, "--group", "shop.example.com", "--sdk", sdk.to_str().unwrap()],
        );
        assert_eq!(code, Some(0), "{said}");
        // The same versions as here: what was downloaded is enough.
        std::fs::copy(repository.join("Cargo.lock"), project.path.join("Cargo.lock")).unwrap();
        project
    }

    fn innkeeper(&self, arguments: &[&str]) -> (Option<i32>, String) {
        run(&self.path, &binary(), arguments)
    }

    /// `innkeeper build`, then `innkeeper test`.
    fn tested(&self) -> (Option<i32>, String) {
        let (code, said) = self.innkeeper(&["build"]);
        assert_eq!(code, Some(0), "{said}");
        let module = said.lines().find_map(|line| line.split_once(" (")).map(|(file, _)| file.to_owned()).unwrap();
        self.innkeeper(&["test", "--module", &module])
    }

    fn cargo_test(&self) -> (Option<i32>, String) {
        run(&self.path, Path::new("cargo"), &["test"])
    }

    fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let file = self.path.join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        let changed = change(text.clone());
        assert_ne!(changed, text, "{} was changed", file.display());
        std::fs::write(file, changed).unwrap();
    }
}

/// Runs a program in a folder: its exit code, and what it said.
fn run(folder: &Path, program: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program);
    // One target folder for all times, so that libraries are built once.
    let innkeeper = binary();
    let target = innkeeper.ancestors().nth(2).unwrap().join("new-guest");
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target).stdin(Stdio::null());
    let output = command.output().expect("it can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// The first piece of the page in that language which has these words in it.
fn piece(language: &str, words: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let mut pieces = PAGE.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next());
    pieces.find(|piece| piece.contains(words)).unwrap_or_else(|| panic!("the page has no {words:?}"))
}

#[test]
fn a_new_project_passes_and_the_page_says_what_is_so_from_a_failing_expectation_to_its_mending() {
    let project = Project::new();
    let (code, said) = project.tested();
    assert_eq!((code, said.contains("1 passed, 0 failed")), (Some(0), true), "{said}");

    let step = piece("yaml", "a text that shouts is whispered");
    project.change("scenarios/text.yaml", |text| format!("{text}{step}\n"));
    project.change("tests/story.rs", |text| text + "\n" + piece("rust", "fn a_text_that_shouts_is_whispered"));
    let (code, said) = project.tested();
    let shown = piece("", "ConfigMap/loud is not as expected");
    assert_eq!((code, said.contains(shown)), (Some(1), true), "{said}\nthe page shows:\n{shown}");
    let (code, said) = project.cargo_test();
    assert_eq!(code, Some(101), "{said}");
    assert!(said.contains("test the_config_map_says_what_the_object_says ... ok"), "{said}");
    assert!(said.contains("test a_text_that_shouts_is_whispered ... FAILED"), "{said}");
    assert!(said.contains("ConfigMap/loud is not as expected"), "{said}");

    project.change("src/lib.rs", |text| text.replace("text.clone()", "text.to_lowercase()"));
    let (code, said) = project.tested();
    assert_eq!((code, said.contains("1 passed, 0 failed")), (Some(0), true), "{said}");
    let (code, said) = project.cargo_test();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_is_wrong_in_a_project_is_told_with_its_line() {
    let project = Project::new();
    project.change("scenarios/text.yaml", |text| text.replacen("data: {text: hello}", "data: {text: hallo}", 1));
    let (code, said) = project.tested();
    assert_eq!((code, said.contains("scenarios/text.yaml:11:")), (Some(1), true), "{said}");
    project.change("scenarios/text.yaml", |text| text.replacen("exactly:", "exaktly:", 1));
    let (code, said) = project.tested();
    assert_eq!((code, said.contains("did you mean exactly?")), (Some(2), true), "{said}");
}
