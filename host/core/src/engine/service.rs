//! Which module is in service for each Reconciler.
//!
//! What a Reconciler names takes over when it is loaded, and only if its digest is the one that is asked for. Until
//! then, and whenever it cannot be had, the module before goes on. A new process has none before: where what is named
//! cannot be had, or waits, it takes the one that the status says, which the cluster keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::reconcilers::Declared;
use super::rolling::Wanted;
use crate::binding::Module;
use crate::object::short;
use crate::reconciler::{Source, Spec};

/// The modules that serve.
#[derive(Debug, Default)]
pub(super) struct Service {
    /// By the name of the Reconciler.
    of: BTreeMap<String, Module>,
}

impl Service {
    /// The module that is in service for a Reconciler.
    pub(super) fn of(&self, name: &str) -> Option<&Module> {
        self.of.get(name)
    }

    /// Every module that is in service.
    pub(super) fn all(&self) -> impl Iterator<Item = &Module> {
        self.of.values()
    }

    /// A module decides for a Reconciler from now on.
    pub(super) fn install(&mut self, name: &str, module: Module) {
        self.of.insert(name.to_owned(), module);
    }

    /// A Reconciler is gone.
    pub(super) fn retire(&mut self, name: &str) {
        self.of.remove(name);
    }
}

/// Whether a module waits for a plan, or for the approval of one.
fn is_about_a_plan(reason: &str) -> bool {
    matches!(reason, "PlanRunning" | "PlanFailed" | "ApprovalNeeded")
}

/// Whether a module waits for its CustomResourceDefinition.
fn is_about_a_crd(reason: &str) -> bool {
    matches!(reason, "CRDPending" | "CRDFailed" | "CRDRefused")
}

/// Whether a module that takes over in steps does so no more.
fn ends_a_rollout(reason: &str) -> bool {
    matches!(reason, "RolledBack" | "WrongKind" | "WrongVersion")
}

/// What the log says where another module came into service for a Reconciler.
fn replaces(name: &str, module: &Module, before: &Module) -> String {
    let (label, version, before) = (module.label(), &module.manifest.version, short(&before.digest));
    format!("Reconciler {name}: {label} {version} is in service; before it, {before} was")
}

/// Which module another one would take over from.
pub(super) enum Before<'a> {
    /// It is the first, or the same; one that a folder has after a start, where the cluster does not keep what was before.
    Nobody,
    /// This one.
    Module(&'a Module),
    /// One that this process has not read.
    Unknown,
}

impl Engine {
    /// Works out which module serves for each Reconciler, and asks for those that the cluster keeps.
    pub(super) fn settle_modules(&mut self) {
        // What is named is held against the one that stands in for it as soon as that is there.
        if self.settle_once() {
            self.settle_once();
        }
    }

    /// Says whether a module came into service that only stands in for another.
    fn settle_once(&mut self) -> bool {
        let mut any_stands_in = false;
        let (mut digests, mut places) = (BTreeSet::new(), BTreeSet::new());
        let (mut plans, mut rollouts, mut settled) = (Vec::new(), Vec::new(), Vec::new());
        let (mut upgrades, mut replaced) = (Vec::new(), Vec::new());
        for (name, declared) in &self.reconcilers {
            let Ok(Spec { module: source, .. }) = &declared.spec else {
                rollouts.extend(self.stays_underway(name));
                continue;
            };
            digests.extend(source.pushed().map(str::to_owned));
            places.extend(source.place());
            let last = self.stands_in(name, declared, source);
            digests.extend(last.map(str::to_owned));
            let named = self.named(name, source).filter(|module| source.takes(&module.digest));
            let waits = named.and_then(|module| self.waits(name, declared, source, module));
            if let Some((module, of)) = named.zip(named.and_then(|module| self.compared(name, declared, module)))
                && of.serving != module.digest
                && waits.as_ref().is_some_and(|(reason, _)| is_about_a_plan(reason))
            {
                plans.push((name.clone(), of));
            }
            if let Some(module) = named.filter(|_| waits.as_ref().is_some_and(|(reason, _)| is_about_a_crd(reason))) {
                upgrades.push((name.clone(), module.clone()));
            }
            // What takes over in steps stays where it is while what is named cannot decide, or go on.
            let ends = waits.as_ref().is_some_and(|(reason, _)| ends_a_rollout(reason))
                && named.is_some_and(|module| {
                    self.is_taking_over(name, &module.digest) || self.resumes(name, declared) == Some(&*module.digest)
                });
            settled.extend(ends.then(|| name.clone()));
            if (named.is_none() || waits.is_some()) && !ends {
                digests.extend(self.resumes(name, declared).map(str::to_owned));
                rollouts.extend(self.stays_underway(name).or_else(|| self.resumed(name, declared)));
            }
            let named = named.filter(|_| waits.is_none());
            let is_settled = named.is_some();
            let last = last.filter(|_| named.is_none()).and_then(|last| self.kept.pushed(last));
            any_stands_in |= last.is_some();
            let Some(module) = named.or(last).cloned() else { continue };
            settled.extend(is_settled.then(|| name.clone()));
            let before = self.service.of(name).filter(|before| before.digest != module.digest);
            match before.and_then(|_| self.course(declared, &module).ok().flatten()) {
                Some(course) => rollouts.push(Wanted { name: name.clone(), module, course, goes_on: true }),
                None => {
                    replaced.extend(before.map(|before| replaces(name, &module, before)));
                    self.service.install(name, module);
                }
            }
        }
        settled.iter().for_each(|name| self.rollouts.is_settled(name));
        self.settle_rollouts(rollouts);
        self.fetch(&digests);
        self.follow(&places);
        self.ask_for_plans(plans);
        self.ask_for_upgrades(upgrades);
        replaced.into_iter().for_each(|text| self.note(false, text));
        any_stands_in
    }

    /// What the log adds about a file whose module's Reconciler takes none from the folder.
    pub(super) fn unused(&self, file: &str) -> Option<String> {
        let name = self.modules.offers(file)?;
        let source = &self.reconcilers.get(name)?.spec.as_ref().ok()?.module;
        let elsewhere =
            format!("Reconciler {name} takes its module from spec.module.{}, not from the folder", source.word());
        source.folder.is_none().then(|| format!("; it changes nothing: {elsewhere}"))
    }

    /// The module that a source offers.
    pub(super) fn named(&self, name: &str, source: &Source) -> Option<&Module> {
        if source.folder.is_some() { self.modules.named(name) } else { self.kept.module(source) }
    }

    /// The digest that served last, where a new process cannot have the one that is named and the cluster keeps that.
    pub(super) fn stands_in<'a>(&self, name: &str, declared: &'a Declared, source: &Source) -> Option<&'a str> {
        let last = declared.status.digest.as_deref()?;
        let is_had = source.pushed.is_some() || declared.status.keeps(last);
        if !is_had || self.service.of(name).is_some() {
            return None;
        }
        let is_needed = match self.named(name, source).filter(|module| source.takes(&module.digest)) {
            Some(module) => self.waits(name, declared, source, module).is_some(),
            None if source.folder.is_some() => self.modules_read,
            None => !self.kept.is_open(source),
        };
        is_needed.then_some(last)
    }

    /// Which module a module would take over from.
    pub(super) fn before(&self, name: &str, declared: &Declared, source: &Source, module: &Module) -> Before<'_> {
        let decided = declared.status.digest.as_deref();
        match self.service.of(name) {
            Some(before) if before.digest == module.digest => Before::Nobody,
            Some(before) => Before::Module(before),
            None if decided.is_none_or(|digest| digest == module.digest) => Before::Nobody,
            None if declared.status.is_rolling(&module.digest) => Before::Unknown,
            None if source.folder.is_some() && !decided.is_some_and(|digest| declared.status.keeps(digest)) => {
                Before::Nobody
            }
            None => Before::Unknown,
        }
    }
}
