//! Modules that are read: pushed ones once, by their digest, from the cluster; those of ConfigMaps and of web servers are
//! followed.

use std::collections::{BTreeMap, BTreeSet};

use super::reconcilers::Why;
use super::{Engine, Output};
use crate::binding::Module;
use crate::object::short;
use crate::reconciler::{Place, Source};

/// After how long a pushed module is looked for again that could not be read, in milliseconds.
const LOOK_AGAIN_MS: u64 = 10_000;

/// Why a module that is read from somewhere cannot serve, in words for people.
#[derive(Clone, Debug)]
pub enum Unfit {
    /// Its bytes are no module.
    Rejected(String),
    /// Its bytes cannot be had: they are not there, or nobody answers.
    Missing(String),
}

impl Unfit {
    /// Why.
    pub fn why(self) -> String {
        match self {
            Self::Rejected(why) | Self::Missing(why) => why,
        }
    }
}

/// What is known of one of them.
#[derive(Debug)]
pub(super) enum Had {
    /// It is being read and loaded.
    Asked,
    /// It can serve.
    Module(Module),
    /// It cannot.
    Not(Unfit),
}

impl Had {
    fn of(result: Result<Module, Unfit>) -> Self {
        result.map_or_else(Self::Not, Self::Module)
    }

    fn module(&self) -> Option<&Module> {
        if let Self::Module(module) = self { Some(module) } else { None }
    }

    /// Why it cannot serve, as a condition says it; none while that is open.
    fn trouble(&self) -> Option<Why> {
        match self {
            Self::Asked | Self::Module(_) => None,
            Self::Not(Unfit::Rejected(why)) => Some(("ModuleRejected", why.clone())),
            Self::Not(Unfit::Missing(why)) => Some(("ModuleMissing", why.clone())),
        }
    }
}

/// Those that Reconcilers name.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// By digest.
    pushed: BTreeMap<String, Had>,
    /// When those are looked for again that could not be read.
    again_ms: BTreeMap<String, u64>,
    followed: BTreeMap<Place, Had>,
}

impl Kept {
    fn had(&self, source: &Source) -> Option<&Had> {
        match source.pushed() {
            Some(digest) => self.pushed.get(digest),
            None => self.followed.get(&source.place()?),
        }
    }

    /// The module of a source.
    pub(super) fn module(&self, source: &Source) -> Option<&Module> {
        self.had(source).and_then(Had::module)
    }

    /// The pushed module of that digest.
    pub(super) fn pushed(&self, digest: &str) -> Option<&Module> {
        self.pushed.get(digest).and_then(Had::module)
    }

    /// Why a source has no module that can serve.
    pub(super) fn trouble(&self, source: &Source) -> Option<Why> {
        self.had(source)?.trouble()
    }

    /// Whether the pushed module of that digest could not be read.
    pub(super) fn is_missing(&self, digest: &str) -> bool {
        matches!(self.pushed.get(digest), Some(Had::Not(Unfit::Missing(_))))
    }

    /// Why the pushed module of that digest cannot serve.
    pub(super) fn trouble_of(&self, digest: &str) -> Option<Why> {
        self.pushed.get(digest)?.trouble()
    }

    /// Whether it is not known yet whether a source has one.
    pub(super) fn is_open(&self, source: &Source) -> bool {
        source.folder.is_none() && matches!(self.had(source), None | Some(Had::Asked))
    }

    /// The same of the pushed module of that digest.
    pub(super) fn is_open_pushed(&self, digest: &str) -> bool {
        matches!(self.pushed.get(digest), None | Some(Had::Asked))
    }
}

impl Engine {
    /// Reads the pushed modules that nobody has asked for yet, or that could not be had for a while.
    pub(super) fn fetch(&mut self, wanted: &BTreeSet<String>) {
        let Kept { pushed, again_ms, .. } = &mut self.kept;
        // What has been a module is one: it may be wanted again.
        pushed.retain(|digest, had| matches!(had, Had::Module(_)) || wanted.contains(digest));
        again_ms.retain(|digest, _| pushed.contains_key(digest));
        let now = self.now.mono_ms;
        let mut later = false;
        for digest in wanted {
            match again_ms.get(digest) {
                Some(at) if *at > now => later = true,
                None if pushed.contains_key(digest) => {}
                _ => {
                    again_ms.remove(digest);
                    pushed.insert(digest.clone(), Had::Asked);
                    self.out.push(Output::Fetch(digest.clone()));
                }
            }
        }
        if later {
            self.ask_again();
        }
    }

    /// Follows these places and no others.
    pub(super) fn follow(&mut self, wanted: &BTreeSet<Place>) {
        let followed = &mut self.kept.followed;
        self.out.extend(followed.extract_if(.., |at, _| !wanted.contains(at)).map(|(at, _)| Output::Leave(at)));
        for at in wanted {
            if !followed.contains_key(at) {
                followed.insert(at.clone(), Had::Asked);
                self.out.push(Output::Follow(at.clone()));
            }
        }
    }

    /// What came of reading a pushed module.
    pub(super) fn fetched(&mut self, digest: &str, result: Result<Module, Unfit>) {
        let what = format!("the pushed module {}", short(digest));
        self.say_what_came(&what, &result);
        if matches!(result, Err(Unfit::Missing(_))) {
            self.kept.again_ms.insert(digest.to_owned(), self.now.mono_ms + LOOK_AGAIN_MS);
        }
        if let Some(known) = self.kept.pushed.get_mut(digest) {
            *known = Had::of(result);
        }
        self.arrange();
    }

    /// What became of the module of a place that is followed.
    pub(super) fn followed(&mut self, at: &Place, result: Result<Module, Unfit>) {
        // What is not followed any more may have been on its way.
        if self.kept.followed.contains_key(at) {
            self.say_what_came(&at.to_string(), &result);
            self.kept.followed.insert(at.clone(), Had::of(result));
            self.arrange();
        }
    }

    fn say_what_came(&mut self, what: &str, result: &Result<Module, Unfit>) {
        let text = match result {
            Ok(module) => format!("{what}: {} {} is loaded", module.label(), module.manifest.version),
            Err(Unfit::Rejected(why)) => format!("{what}: {why}"),
            Err(Unfit::Missing(why)) => format!("{what} cannot be read: {why}"),
        };
        self.note(result.is_err(), text);
    }
}
