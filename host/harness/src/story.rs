//! A scenario told in Rust, for `#[test]`: the same laboratory, the same deeds, the same expectations.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::guest::Guest;
use crate::lab::{Broken, Lab, Link, PERSON};
use crate::scenario::{Deed, Expected, Given, Player, Told};
use crate::server::Propagation;
use crate::yaml;

#[cfg_attr(not(feature = "wasm"), path = "story/no_files.rs")]
mod files;

/// A story. What cannot be done, and what is otherwise than expected, panics with what happened: it is for tests.
///
/// ```no_run
/// use innkeeper_harness::Story;
/// use serde_json::json;
///
/// Story::of("target/guests/custom-http.wasm")
///     .when_applied("{apiVersion: groupsp.measutosh.dev/v1, kind: KindCustomHttp, metadata: {name: web}, spec: {replicaCount: 2, port: 80}}")
///     .then("Deployment/web", json!({"spec": {"replicas": 2}}))
///     .then_condition("KindCustomHttp/web", "Ready", "True")
///     .when_deleted("KindCustomHttp/web")
///     .then_absent("Deployment/web");
/// ```
pub struct Story {
    player: Player,
}

impl Story {
    /// A story about the module of that file.
    #[cfg(feature = "wasm")]
    #[track_caller]
    pub fn of(file: impl AsRef<Path>) -> Self {
        Self::about(done(files::load(file.as_ref())))
    }

    /// A story about that guest.
    #[track_caller]
    pub fn about(guest: Guest) -> Self {
        let lab = done(Lab::new([guest]).map_err(|Broken(why)| why));
        Self { player: Player::new(lab) }
    }

    /// Children become ready only when [`Story::when_ready`] says so.
    #[must_use]
    pub fn where_workloads_wait(mut self) -> Self {
        self.player.lab.workloads_are_automatic(false);
        self
    }

    /// These objects are there.
    #[track_caller]
    #[must_use]
    pub fn given(mut self, yaml: &str) -> Self {
        for object in objects(yaml) {
            done(self.player.lab.given(&object).map_err(|Broken(why)| why));
        }
        self.and(&Deed::Wait(1_000))
    }

    /// Somebody applies these objects.
    #[track_caller]
    pub fn when_applied(mut self, yaml: &str) -> Self {
        self.player.begin();
        objects(yaml).into_iter().fold(self, |story, object| story.and(&Deed::Apply(Given::Object(object))))
    }

    /// Somebody changes an object: by merge patch, or with a list of JSON patch operations.
    #[track_caller]
    pub fn when_patched(self, what: &str, with: Value) -> Self {
        self.when(&Deed::Patch { what: what.to_owned(), with, by: PERSON.to_owned(), status: false })
    }

    /// Somebody deletes an object.
    #[track_caller]
    pub fn when_deleted(self, what: &str) -> Self {
        self.when(&Deed::Delete(what.to_owned(), Propagation::Background))
    }

    /// So many seconds pass.
    #[track_caller]
    pub fn when_seconds_pass(self, seconds: u64) -> Self {
        self.when(&Deed::Wait(seconds * 1_000))
    }

    /// A child becomes ready.
    #[track_caller]
    pub fn when_ready(self, what: &str) -> Self {
        self.when(&Deed::Ready(what.to_owned()))
    }

    /// A child fails.
    #[track_caller]
    pub fn when_failed(self, what: &str, reason: &str, message: &str) -> Self {
        self.when(&Deed::Fail(what.to_owned(), reason.to_owned(), message.to_owned()))
    }

    /// The host ends, and starts again.
    #[track_caller]
    pub fn when_the_host_restarts(self) -> Self {
        self.when(&Deed::Restart)
    }

    /// The module of that file takes over.
    #[cfg(feature = "wasm")]
    #[track_caller]
    pub fn when_swapped_for(self, file: impl Into<PathBuf>) -> Self {
        self.when(&Deed::Swap(file.into()))
    }

    /// Another guest takes over.
    #[track_caller]
    pub fn when_another_takes_over(mut self, guest: Guest) -> Self {
        self.player.begin();
        done(self.player.lab.swap(guest).map_err(|Broken(why)| why));
        self
    }

    /// The connections of the host's watches break off, are resumed, or the API server forgets where they stood.
    #[track_caller]
    pub fn when_watches(self, link: Link) -> Self {
        self.when(&Deed::Watches(link))
    }

    /// The object is there and has these fields; it may have more.
    #[track_caller]
    pub fn then(self, what: &str, fields: Value) -> Self {
        self.expect(&Expected::Has(what.to_owned(), fields))
    }

    /// The object is there, and each of these fields is exactly so.
    #[track_caller]
    pub fn then_exactly(self, what: &str, fields: Value) -> Self {
        self.expect(&Expected::Exactly(what.to_owned(), fields))
    }

    /// There is no such object.
    #[track_caller]
    pub fn then_absent(self, what: &str) -> Self {
        self.expect(&Expected::Absent(what.to_owned()))
    }

    /// It is the same object as before the last deed.
    #[track_caller]
    pub fn then_same(self, what: &str) -> Self {
        self.expect(&Expected::Same(what.to_owned()))
    }

    /// The object has these children and no others.
    #[track_caller]
    pub fn then_children(self, of: &str, names: &[&str]) -> Self {
        self.expect(&Expected::Children(of.to_owned(), names.iter().map(|&name| name.to_owned()).collect()))
    }

    /// The object has this condition.
    #[track_caller]
    pub fn then_condition(self, of: &str, kind: &str, status: &str) -> Self {
        let told = Told { status: Some(status.to_owned()), ..Told::default() };
        self.expect(&Expected::Condition { of: of.to_owned(), kind: kind.to_owned(), told })
    }

    /// There is such an Event about the object: its type, its reason, a part of its message.
    #[track_caller]
    pub fn then_event(self, about: &str, kind: &str, reason: &str, message: &str) -> Self {
        let told =
            Told { status: Some(kind.to_owned()), reason: Some(reason.to_owned()), message: Some(message.to_owned()) };
        self.expect(&Expected::Event { about: Some(about.to_owned()), told })
    }

    /// Since the last deed the guest was called so often for the object.
    #[track_caller]
    pub fn then_called(self, of: &str, times: usize) -> Self {
        self.expect(&Expected::Calls(Some(of.to_owned()), times))
    }

    /// Since the last deed the host wrote this and nothing else, in any order.
    #[track_caller]
    pub fn then_written(self, writes: &[&str]) -> Self {
        self.expect(&Expected::Writes(writes.iter().map(|&write| write.to_owned()).collect()))
    }

    /// The API server refused the last deed with these words.
    #[track_caller]
    pub fn then_refused(self, words: &str) -> Self {
        self.expect(&Expected::Refused(words.to_owned()))
    }

    #[track_caller]
    fn when(mut self, deed: &Deed) -> Self {
        self.player.begin();
        self.and(deed)
    }

    #[track_caller]
    fn and(mut self, deed: &Deed) -> Self {
        done(self.player.does(deed, Path::new(""), &files::load).map_err(|Broken(why)| why));
        self
    }

    #[track_caller]
    fn expect(self, expected: &Expected) -> Self {
        let refused = self.player.refused().filter(|_| !matches!(expected, Expected::Refused(_)));
        done(refused.map_or(Ok(()), |refused| Err(format!("the API server refused: {refused}"))));
        let lines = done(self.player.meets(expected).map_err(|Broken(why)| why));
        let happened = self.player.lab.happened().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ");
        let why = || {
            format!("{}\n  (- expected, + found); what happened since the last deed:\n    {happened}", lines.join("\n"))
        };
        done(if lines.is_empty() { Ok(()) } else { Err(why()) });
        self
    }
}

#[track_caller]
fn objects(text: &str) -> Vec<Value> {
    let documents = done(yaml::documents(text).map_err(|wrong| wrong.to_string()));
    documents.iter().map(yaml::Node::value).collect()
}

#[track_caller]
#[expect(clippy::panic, reason = "a story is a test, and a test fails by panicking")]
fn done<T>(result: Result<T, String>) -> T {
    result.unwrap_or_else(|why| panic!("{why}"))
}
