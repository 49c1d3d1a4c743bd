//! CustomResourceDefinitions that modules bring along (promise M08): where a Reconciler permits it, each is applied
//! before its module decides.

use std::collections::BTreeMap;

use super::reconcilers::{Declared, Why};
use super::watches::CRDS;
use super::{ASK_AGAIN_MS, Engine, Output};
use crate::binding::Module;
use crate::object::short;
use crate::reconciler::CrdPolicy;

/// After how long one that was refused is tried again, in milliseconds: objects may have changed.
const AGAIN_MS: u64 = 60_000;

/// Why a CustomResourceDefinition was not applied.
#[derive(Clone, Debug)]
pub enum NotUpgraded {
    /// It would lose or break something: what, a line each.
    Refused(Vec<String>),
    /// It could not be found out, or not be written. For people.
    Failed(String),
}

/// Those that modules wait for, by the names of Reconcilers.
#[derive(Debug, Default)]
pub(super) struct Upgrades {
    of: BTreeMap<String, Upgrade>,
}

#[derive(Debug)]
struct Upgrade {
    digest: String,
    state: State,
}

#[derive(Debug)]
enum State {
    Asked,
    Done,
    /// Why not, and when it is tried again.
    Not(NotUpgraded, u64),
}

impl Engine {
    /// Why a module does not decide yet: its CustomResourceDefinition is to be applied first.
    pub(super) fn waits_for_crd(&self, name: &str, declared: &Declared, module: &Module) -> Option<Why> {
        self.brings_crd(name, declared, module).then_some(())?;
        let (label, kind) = (module.label(), module.manifest.serves.group_kind());
        match self.upgrades.of.get(name).filter(|upgrade| upgrade.digest == module.digest).map(|upgrade| &upgrade.state)
        {
            Some(State::Done) => None,
            None | Some(State::Asked) => Some((
                "CRDPending",
                format!("the CustomResourceDefinition of {kind} that {label} brings is being applied"),
            )),
            Some(State::Not(NotUpgraded::Failed(why), _)) => {
                Some(("CRDFailed", format!("the CustomResourceDefinition of {kind} that {label} brings: {why}")))
            }
            Some(State::Not(NotUpgraded::Refused(list), _)) => {
                let text = format!(
                    "the CustomResourceDefinition of {kind} that {label} brings is not applied, for it would lose or \
                     break what is there: {}. Whoever wants that all the same applies it by hand",
                    list.join("; ")
                );
                Some(("CRDRefused", text))
            }
        }
    }

    /// Whether the CustomResourceDefinition of a module is to be applied: it decides for the first time, or the kind is
    /// not there. One that decides again finds what was applied since, which knows more.
    fn brings_crd(&self, name: &str, declared: &Declared, module: &Module) -> bool {
        let is_permitted = declared.spec.as_ref().is_ok_and(|spec| spec.crd == CrdPolicy::Apply);
        if !is_permitted || module.manifest.crd.is_none() || self.dry_run || self.stores.filled(&CRDS).is_none() {
            return false;
        }
        let decides = self.service.of(name).is_some_and(|serving| serving.digest == module.digest);
        let decided = decides
            || declared.status.has_served(&module.digest)
            || declared.status.is_rolling(&module.digest)
            || self.is_taking_over(name, &module.digest);
        !decided || self.catalog.crd(&module.manifest.serves.group_kind()).is_none()
    }

    /// Asks for those that modules wait for. Those that nobody waits for any more are forgotten.
    pub(super) fn ask_for_upgrades(&mut self, waiting: Vec<(String, Module)>) {
        let now = self.now.mono_ms;
        let mut later = false;
        let brings: Vec<String> = self
            .reconcilers
            .iter()
            .filter(|(name, declared)| {
                let source = declared.spec.as_ref().ok().map(|spec| &spec.module);
                let named = source.and_then(|source| self.named(name, source));
                named.is_some_and(|module| self.brings_crd(name, declared, module))
            })
            .map(|(name, _)| name.clone())
            .collect();
        self.upgrades.of.retain(|name, _| brings.contains(name));
        for (name, module) in waiting {
            let known = self.upgrades.of.get(&name).filter(|upgrade| upgrade.digest == module.digest);
            match known.map(|upgrade| &upgrade.state) {
                Some(State::Not(_, at)) if *at > now => later = true,
                None | Some(State::Not(..)) => {
                    let (digest, crd) = (module.digest.clone(), module.manifest.crd.clone().unwrap_or_default());
                    self.upgrades.of.insert(name.clone(), Upgrade { digest: digest.clone(), state: State::Asked });
                    self.out.push(Output::Upgrade { reconciler: name, digest, crd });
                }
                Some(State::Asked | State::Done) => {}
            }
        }
        if later {
            self.ask_again();
        }
    }

    /// What came of applying the CustomResourceDefinition of a module.
    pub(super) fn upgraded(&mut self, name: &str, digest: &str, result: Result<(), NotUpgraded>) {
        let now = self.now.mono_ms;
        let Some(upgrade) = self.upgrades.of.get_mut(name).filter(|upgrade| upgrade.digest == digest) else { return };
        let what = format!("Reconciler {name}: the CustomResourceDefinition of {}", short(digest));
        let (state, text) = match result {
            Ok(()) => (State::Done, format!("{what} is applied")),
            Err(not) => {
                let (pause, text) = match &not {
                    NotUpgraded::Refused(list) => (AGAIN_MS, format!("{what} is refused: {}", list.join("; "))),
                    NotUpgraded::Failed(why) => (5 * ASK_AGAIN_MS, format!("{what}: {why}")),
                };
                (State::Not(not, now + pause), text)
            }
        };
        let trouble = matches!(state, State::Not(..));
        upgrade.state = state;
        self.note(trouble, text);
        self.arrange();
    }
}
