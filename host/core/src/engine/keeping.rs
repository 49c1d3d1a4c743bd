//! The cluster keeps every module that decides: one from the folder, a ConfigMap or a web server is put where pushed ones are, so
//! that it can be gone back to and a new process has it (promise M04).

use std::collections::{BTreeMap, BTreeSet};

use super::reconcilers::Declared;
use super::{Engine, Output};
use crate::object::short;
use crate::reconciler::Status;

/// After how long it is tried again to keep a module, in milliseconds. Nothing waits for it.
const TRY_AGAIN_MS: u64 = 600_000;

/// For how long the modules of a Reconciler are kept that is gone: one of another name may follow, in milliseconds.
const GRACE_MS: u64 = 600_000;

/// Which modules the cluster keeps, by digest, as far as this process has asked.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// Those that only a Reconciler named which is gone, and until when they stay.
    left_over: BTreeMap<String, u64>,
    of: BTreeMap<String, State>,
    /// When the first of those is tried again that could not be put there.
    again_ms: Option<u64>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Asked,
    Kept,
    /// It could not be put there; not again before this moment.
    Not(u64),
}

impl Keeping {
    /// Whether the cluster keeps the module of that digest.
    pub(super) fn is_kept(&self, digest: &str) -> bool {
        self.of.get(digest) == Some(&State::Kept)
    }

    /// When time alone makes a difference.
    pub(super) fn next_wake(&self) -> Option<u64> {
        self.again_ms.into_iter().chain(self.left_over.values().copied()).min()
    }
}

impl Engine {
    /// Asks for those modules to be kept that decide and are not.
    pub(super) fn keep_modules(&mut self) {
        if self.dry_run || self.only_watch {
            return;
        }
        let now = self.now.mono_ms;
        let (mut again_ms, mut asked) = (None, Vec::new());
        for (name, declared) in &self.reconcilers {
            let decides = [self.service.of(name), self.underway(name).map(|(module, _)| module)];
            for digest in decides.into_iter().flatten().map(|module| &module.digest) {
                let is_there = declared.status.keeps(digest);
                match self.keeping.of.get(digest) {
                    Some(State::Asked | State::Kept) => continue,
                    Some(State::Not(at)) if *at > now && !is_there => {
                        again_ms = Some(again_ms.map_or(*at, |first: u64| first.min(*at)));
                        continue;
                    }
                    _ => {}
                }
                let (state, output) = match is_there {
                    true => (State::Kept, Output::LetGo(digest.clone())),
                    false => (State::Asked, Output::Keep(digest.clone())),
                };
                asked.push((digest.clone(), state, output));
            }
        }
        self.keeping.again_ms = again_ms;
        for (digest, state, output) in asked {
            if self.keeping.of.insert(digest, state) != Some(State::Asked) {
                self.out.push(output);
            }
        }
    }

    /// Tries again what could not be kept, when that is due.
    pub(super) fn keep_again(&mut self) {
        if self.keeping.again_ms.is_some_and(|at| at <= self.now.mono_ms) {
            self.keep_modules();
        }
        let now = self.now.mono_ms;
        let over = self.keeping.left_over.extract_if(.., |_, at| *at <= now);
        let due: Vec<String> = over.map(|(digest, _)| digest).collect();
        for digest in due {
            self.discard_unnamed(&digest);
        }
    }

    /// A Reconciler is gone: what only that named goes after a while.
    pub(super) fn leave_over(&mut self, gone: &Declared) {
        if self.dry_run || self.only_watch {
            return;
        }
        let Status { digest, history, rejected, rollout, .. } = &gone.status;
        let named = gone.spec.as_ref().ok().and_then(|spec| spec.module.pushed().map(str::to_owned));
        let decided = history.iter().filter(|served| served.kept).map(|served| served.digest.clone());
        let left = rejected.iter().map(|left| left.digest.clone());
        let rolling = rollout.as_ref().map(|rolling| rolling.digest.clone());
        let until_ms = self.now.mono_ms + GRACE_MS;
        let all = decided.chain(left).chain(rolling).chain(named).chain(digest.clone());
        self.keeping.left_over.extend(all.map(|digest| (digest, until_ms)));
    }

    /// The cluster keeps a module no more of which no Reconciler speaks.
    fn discard_unnamed(&mut self, digest: &str) {
        let is_named = self.reconcilers.values().any(|declared| {
            let spec = declared.spec.as_ref().ok();
            declared.status.names(digest) || spec.is_some_and(|spec| spec.module.digest.as_deref() == Some(digest))
        });
        if !is_named {
            self.keeping.of.remove(digest);
            self.out.push(Output::Discard(digest.to_owned()));
        }
    }

    /// What came of putting a module into the cluster. The error is for people.
    pub(super) fn keeping_ended(&mut self, digest: &str, result: Result<(), String>) {
        let state = match &result {
            Ok(()) => State::Kept,
            Err(_) => State::Not(self.now.mono_ms + TRY_AGAIN_MS),
        };
        self.keeping.of.insert(digest.to_owned(), state);
        self.keep_modules();
        self.report_due = true;
        let module = short(digest);
        match result {
            Ok(()) => self.note(false, format!("the cluster keeps the module {module}")),
            Err(why) => {
                let text =
                    format!("the module {module} is not kept in the cluster, so that nobody can go back to it: {why}");
                self.note(true, text);
            }
        }
    }

    /// Lets those modules go that a Reconciler's history named before and that nobody names any more.
    pub(super) fn discard_modules(&mut self, before: &Status, after: &Status) {
        if self.dry_run || self.only_watch {
            return;
        }
        let decided = before.history.iter().filter(|served| served.kept).map(|served| &served.digest);
        let gone: BTreeSet<&String> = decided.chain(before.rejected.iter().map(|left| &left.digest)).collect();
        for digest in gone {
            if !after.names(digest) {
                self.discard_unnamed(digest);
            }
        }
    }
}
