//! Which module is in service for each Reconciler.
//!
//! What a Reconciler names takes over when it is loaded, and only if its digest is the one that is asked for. Until
//! then, and whenever it cannot be had, the module before goes on. A new process has none before: where what is named
//! cannot be had, or waits, it takes the one that the status says, which the cluster keeps.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::reconcilers::{Declared, Why};
use crate::binding::Module;
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

    /// A Reconciler is gone.
    pub(super) fn retire(&mut self, name: &str) {
        self.of.remove(name);
    }
}

/// Whether a module waits for a plan, or for the approval of one.
fn is_about_a_plan(reason: &str) -> bool {
    matches!(reason, "PlanRunning" | "PlanFailed" | "ApprovalNeeded")
}

/// Which module another one would take over from.
enum Before<'a> {
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
        let (mut digests, mut config_maps, mut plans) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (name, declared) in &self.reconcilers {
            let Ok(Spec { module: source, .. }) = &declared.spec else { continue };
            digests.extend(source.pushed().map(str::to_owned));
            config_maps.extend(source.config_map.clone());
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
            let named = named.filter(|_| waits.is_none());
            let last = last.filter(|_| named.is_none()).and_then(|last| self.kept.pushed(last));
            any_stands_in |= last.is_some();
            if let Some(module) = named.or(last).cloned() {
                self.service.of.insert(name.clone(), module);
            }
        }
        self.fetch(&digests);
        self.follow(&config_maps);
        self.ask_for_plans(plans);
        any_stands_in
    }

    /// The module that a source offers.
    fn named(&self, name: &str, source: &Source) -> Option<&Module> {
        if source.folder.is_some() { self.modules.named(name) } else { self.kept.module(source) }
    }

    /// The digest that served last, where a new process cannot have the one that is named and the cluster keeps that.
    fn stands_in<'a>(&self, name: &str, declared: &'a Declared, source: &Source) -> Option<&'a str> {
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
    fn before(&self, name: &str, declared: &Declared, source: &Source, module: &Module) -> Before<'_> {
        let decided = declared.status.digest.as_deref();
        match self.service.of(name) {
            Some(before) if before.digest == module.digest => Before::Nobody,
            Some(before) => Before::Module(before),
            None if decided.is_none_or(|digest| digest == module.digest) => Before::Nobody,
            None if source.folder.is_some() && !decided.is_some_and(|digest| declared.status.keeps(digest)) => {
                Before::Nobody
            }
            None => Before::Unknown,
        }
    }

    /// Why a module does not take over yet although it could: it asks for more than is granted, unlike the one before
    /// it (promise M10), or a plan is to be made first.
    fn waits(&self, name: &str, declared: &Declared, source: &Source, module: &Module) -> Option<Why> {
        if let Some(left) = self.left(name, declared, module) {
            return Some(left);
        }
        let before = match self.before(name, declared, source, module) {
            Before::Nobody => return None,
            Before::Module(before) => Some(&*before.manifest),
            Before::Unknown => None,
        };
        let spec = declared.spec.as_ref().ok()?;
        let keeps = spec.kind.clone().or_else(|| before.map(|before| before.serves.group_kind()));
        let (serves, label) = (module.manifest.serves.group_kind(), module.label());
        if let Some(keeps) = keeps.or_else(|| declared.status.kind.clone()).filter(|keeps| *keeps != serves) {
            return Some(("WrongKind", format!("{label} decides for {serves}, and Reconciler {name} keeps {keeps}")));
        }
        // One that decided before may do so again when a person says so: it can cause no more than is granted anyway.
        let returns = declared.status.history.iter().any(|served| served.digest == module.digest);
        if returns && declared.approves(&module.digest) {
            return None;
        }
        let lacks = spec.permissions.lacks(&module.manifest, before);
        if lacks.is_empty() {
            return self.waits_for_plan(name, declared, module);
        }
        let lacks = lacks.join("; ");
        let text =
            format!("{label} wants more than is granted: {lacks}. To let it take over, add that to spec.permissions");
        Some(("ApprovalNeeded", text))
    }

    /// Whether a module was left for another one, and nobody has approved it since (promise M04).
    fn left(&self, name: &str, declared: &Declared, module: &Module) -> Option<Why> {
        let decides = self.service.of(name).map(|module| &module.digest).or(declared.status.digest.as_ref());
        let rejected = declared.status.rejected(&module.digest).filter(|_| decides != Some(&module.digest))?;
        if declared.approves(&module.digest) {
            return None;
        }
        let (label, at, why) = (module.label(), &rejected.at, &rejected.why);
        Some((
            "RolledBack",
            format!("{label} was left at {at}: {why}. To let it decide all the same: innkeeper approve {name}"),
        ))
    }

    /// Whether no module is in service for a Reconciler because one is just being read from the cluster.
    pub(super) fn awaits_module(&self, name: &str) -> bool {
        let declared = self.reconcilers.get(name).filter(|_| self.service.of(name).is_none());
        let Some(declared) = declared else { return false };
        let Ok(Spec { module: source, .. }) = &declared.spec else { return false };
        let last = self.stands_in(name, declared, source);
        self.kept.is_open(source) || last.is_some_and(|last| self.kept.is_open_pushed(last))
    }

    /// Why no module is in service for a Reconciler.
    pub(super) fn why_no_module(&self, name: &str, spec: &Spec) -> Why {
        let source = &spec.module;
        if let Some(trouble) = self.source_trouble(name, source) {
            return trouble;
        }
        match source.folder {
            None => ("Loading", "its module is being read from the cluster".to_owned()),
            Some(_) => {
                let declared = self.reconcilers.get(name);
                let last = declared.and_then(|declared| self.stands_in(name, declared, source));
                let why = last.and_then(|last| self.kept.trouble_of(last)).map(|(_, why)| format!(", and {why}"));
                let why = why.unwrap_or_default();
                ("ModuleMissing", format!("no module named {name} is in the folder that the host watches{why}"))
            }
        }
    }

    /// Why the module that a Reconciler names is not the one in service, where that is so.
    pub(super) fn module_trouble(&self, name: &str) -> Option<Why> {
        let spec = self.reconcilers.get(name)?.spec.as_ref().ok()?;
        let trouble = self.source_trouble(name, &spec.module);
        trouble.or_else(|| {
            let (file, why) = self.modules.rejection(name).filter(|_| spec.module.folder.is_some())?;
            Some(("ModuleRejected", format!("{file}: {why}")))
        })
    }

    fn source_trouble(&self, name: &str, source: &Source) -> Option<Why> {
        let wrong = self.named(name, source).filter(|module| !source.takes(&module.digest));
        let wrong = wrong.map(|found| {
            let asked = source.digest.as_deref().unwrap_or_default();
            ("WrongDigest", format!("what is there is {}, and spec.module.digest asks for {asked}", found.label()))
        });
        wrong.or_else(|| self.kept.trouble(source)).or_else(|| self.waiting(name, source))
    }

    fn waiting(&self, name: &str, source: &Source) -> Option<Why> {
        self.waits(name, self.reconcilers.get(name)?, source, self.named(name, source)?)
    }
}
