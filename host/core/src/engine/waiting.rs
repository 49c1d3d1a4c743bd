//! Why the module that a Reconciler names is not the one in service: it cannot be had, it waits for somebody, or it was left.

use super::Engine;
use super::reconcilers::{Declared, Why};
use super::service::Before;
use crate::binding::Module;
use crate::contract::Manifest;
use crate::reconciler::{Source, Spec};

/// How long a new process waits for a module that a rollout needs and that cannot be read, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

impl Engine {
    /// Why a module does not take over yet although it could: it asks for more than is granted, unlike the one before
    /// it (promise M10), a plan is to be made first, or its CustomResourceDefinition is to be applied.
    pub(super) fn waits(&self, name: &str, declared: &Declared, source: &Source, module: &Module) -> Option<Why> {
        let waits = self.waits_for_people(name, declared, source, module);
        waits.or_else(|| self.waits_for_crd(name, declared, module))
    }

    fn waits_for_people(&self, name: &str, declared: &Declared, source: &Source, module: &Module) -> Option<Why> {
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
        if declared.returns_to(module) {
            return None;
        }
        // One that is on its way was let pass before.
        if let Some(why) = self.cannot_take_steps(name, declared, module, before) {
            return Some(why);
        }
        if self.is_taking_over(name, &module.digest) || declared.status.is_rolling(&module.digest) {
            return self.misses_the_one_before(name, declared, module, before);
        }
        let lacks = spec.permissions.lacks(&module.manifest, before);
        if lacks.is_empty() {
            let waits = self.waits_for_plan(name, declared, module);
            return waits.or_else(|| self.misses_the_one_before(name, declared, module, before));
        }
        let lacks = lacks.join("; ");
        let text =
            format!("{label} wants more than is granted: {lacks}. To let it take over, add that to spec.permissions");
        Some(("ApprovalNeeded", text))
    }

    /// Why a module can never take over in steps, where it is to.
    fn cannot_take_steps(
        &self,
        name: &str,
        declared: &Declared,
        module: &Module,
        before: Option<&Manifest>,
    ) -> Option<Why> {
        let serves = &module.manifest.serves;
        match self.course(declared, module) {
            Err(why) => return Some(why),
            Ok(None) => return None,
            Ok(Some(_)) => {}
        }
        let before = before.filter(|before| before.serves != *serves)?;
        let (label, new, old) = (module.label(), &serves.version, &before.serves.version);
        let text = format!(
            "{label} decides for version {new}, and the one before it for {old}: there are no steps between them; {}",
            at_once(name, module)
        );
        Some(("WrongVersion", text))
    }

    /// Why a module cannot take over in steps yet, where it is to: nobody knows what it would take over from.
    fn misses_the_one_before(
        &self,
        name: &str,
        declared: &Declared,
        module: &Module,
        before: Option<&Manifest>,
    ) -> Option<Why> {
        let is_missed = before.is_none() && self.course(declared, module).is_ok_and(|course| course.is_some());
        let label = module.label();
        let text = format!(
            "{label} is to take over in steps, and the module that decided before cannot be had; {}",
            at_once(name, module)
        );
        is_missed.then_some(("ModuleMissing", text))
    }

    /// Whether a module was left for another one, and nobody has approved it since (promise M04).
    fn left(&self, name: &str, declared: &Declared, module: &Module) -> Option<Why> {
        let decides = self.service.of(name).map(|module| &module.digest).or(declared.status.digest.as_ref());
        let rejected = self.just_left(name, &module.digest).or_else(|| declared.status.rejected(&module.digest));
        let rejected = rejected.filter(|_| decides != Some(&module.digest))?;
        // Until that is told, what approved it then stands there still.
        if declared.approves(&module.digest) && self.just_left(name, &module.digest).is_none() {
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
        let Some(declared) = self.reconcilers.get(name) else { return false };
        let Ok(Spec { module: source, .. }) = &declared.spec else { return false };
        let named = self.named(name, source).map(|module| module.digest.as_str());
        let resumes = self.resumes(name, declared).filter(|digest| named != Some(digest));
        if resumes.is_some_and(|digest| self.is_open(declared, digest)) {
            return true;
        }
        if self.service.of(name).is_some() {
            return false;
        }
        let last = self.stands_in(name, declared, source);
        self.kept.is_open(source) || last.is_some_and(|last| self.is_open(declared, last))
    }

    /// Whether it is not known yet whether the cluster has the module of that digest. In the middle of a rollout it is
    /// waited for a while: objects should not go from one module to another because one answer failed.
    pub(super) fn is_open(&self, declared: &Declared, digest: &str) -> bool {
        let is_young = self.now.mono_ms < self.started_ms + PATIENCE_MS;
        self.kept.is_open_pushed(digest)
            || (is_young && declared.status.rollout.is_some() && self.kept.is_missing(digest))
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

fn at_once(name: &str, module: &Module) -> String {
    format!("to let it take over at once: innkeeper rollout promote {name} --digest {}", module.digest)
}
