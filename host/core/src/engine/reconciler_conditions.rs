//! The conditions of a Reconciler: `Ready`, `Reconciling` and `Stalled` by kstatus, and beside them `Loaded` (whether the module
//! decides that it names), `Accepted` (whether what it says makes sense) and `Planned` (whether what that module would change
//! is known, where somebody wants that).

use super::Engine;
use super::controllers::Controller;
use super::reconcilers::{Bound, Declared, Why};
use crate::binding::Module;
use crate::conditions;
use crate::contract::{Condition, ConditionStatus};
use crate::object::short;
use crate::reconciler::{OnDelete, Plan, PlanFirst, Spec};

/// How far a controller is.
pub(super) enum Progress {
    /// Its objects and children are being listed, or cannot be: then it says why.
    Filling(String),
    /// The same in a new process, while its status still says that it serves.
    Resuming,
    /// Its objects are looked at. Children of these kinds cannot be seen.
    Started(Vec<String>),
}

/// What happens while a Reconciler is being deleted.
fn leaving(declared: &Declared, is_offered: bool) -> String {
    let children = match declared.spec.as_ref().map(|spec| spec.on_delete).unwrap_or_default() {
        OnDelete::Orphan => "their children stay",
        OnDelete::Delete => "their children are deleted",
    };
    let again = match is_offered {
        true => {
            ". Its module is still in the folder that the host watches, so it will be made again: to prevent that, remove the file first"
        }
        false => "",
    };
    format!(
        "it is being deleted: finalizers are withdrawn from its objects, and {children}. An object that is being \
         deleted itself is finished first{again}"
    )
}

/// How it stands, by kstatus.
pub(super) fn standing(declared: &Declared, progress: &Progress, is_offered: bool) -> Vec<Condition> {
    let set = |status: [ConditionStatus; 3], reason: &str, message: &str| {
        ["Ready", "Reconciling", "Stalled"]
            .into_iter()
            .zip(status)
            .map(|(kind, status)| Condition {
                kind: kind.into(),
                status,
                reason: reason.into(),
                message: message.into(),
            })
            .collect()
    };
    let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
    if declared.is_going() && declared.bound.resource().is_some() {
        let message = leaving(declared, is_offered);
        return set([no, yes, no], "Deleting", &message);
    }
    let waits = match &declared.bound {
        Bound::Not { why: (reason, message) } | Bound::Finishing { why: (reason, message), .. } => {
            return set([no, no, yes], reason, message);
        }
        Bound::Serving { waits, .. } => waits.as_ref(),
    };
    match (waits, progress) {
        (Some((reason @ "Suspended", message)), _) => set([no, no, no], reason, message),
        (_, Progress::Resuming) => Vec::new(),
        (_, Progress::Filling(why)) if why.is_empty() => {
            set([no, yes, no], "FillingStores", "its objects are being listed")
        }
        (_, Progress::Filling(why)) => {
            set([no, yes, no], "FillingStores", &format!("its objects cannot be listed: {why}"))
        }
        (_, Progress::Started(unseen)) if !unseen.is_empty() => {
            let message =
                format!("its module decides, but children of some kinds cannot be seen: {}", unseen.join("; "));
            set([yes, no, no], "ChildrenUnseen", &message)
        }
        (Some((reason, message)), Progress::Started(_)) => set([yes, no, no], reason, message),
        (None, Progress::Started(_)) => set([yes, no, no], "Serving", "its module decides"),
    }
}

impl Engine {
    /// How far a controller is. One that said that it serves stays so while its stores are filled.
    pub(super) fn progress(&self, controller: Option<&Controller>, said_ready: bool) -> Progress {
        let Some(controller) = controller else { return Progress::Filling(String::new()) };
        let scene = self.scene();
        if controller.started {
            let all = [&controller.kinds, &controller.targets].into_iter().flat_map(|kinds| kinds.out_of_sight(&scene));
            let unseen = all.filter(|(_, unseen)| unseen.lasts);
            return Progress::Started(unseen.map(|(kind, unseen)| format!("{kind} ({})", unseen.why)).collect());
        }
        match scene.troubles.of_watch(&controller.objects).filter(|trouble| trouble.lasts(scene.now_ms)) {
            Some(trouble) => Progress::Filling(trouble.why().to_owned()),
            None if said_ready => Progress::Resuming,
            None => Progress::Filling(String::new()),
        }
    }

    /// The conditions beside those of kstatus. One that is left out stays as it was.
    pub(super) fn beside(&self, name: &str, declared: &Declared) -> Vec<Condition> {
        let loaded = (!self.is_planned_anew(name, declared)).then(|| self.loaded(name));
        loaded.into_iter().chain([accepted(declared)]).chain(self.planned_yet(name, declared)).collect()
    }

    /// Whether the module decides that is named.
    fn loaded(&self, name: &str) -> Condition {
        let one = |status, reason: &str, message: &str| condition("Loaded", status, reason, message);
        match (self.module_trouble(name), self.service.of(name)) {
            (Some((reason, why)), Some(_)) => {
                one(ConditionStatus::False, reason, &format!("{why}; the module loaded before stays in service"))
            }
            (Some((reason, why)), None) => one(ConditionStatus::False, reason, &why),
            (None, Some(_)) => match self.rolling_words(name) {
                Some(words) => one(ConditionStatus::True, "RollingOut", &words),
                None => one(ConditionStatus::True, "Loaded", ""),
            },
            (None, None) => {
                let spec = self.reconcilers.get(name).and_then(|declared| declared.spec.as_ref().ok());
                let (reason, why) = spec.map_or(("InvalidSpec", String::new()), |spec| self.why_no_module(name, spec));
                one(ConditionStatus::False, reason, &why)
            }
        }
    }

    /// Whether what the named module would change is known, where the Reconciler asks for that.
    fn planned_yet(&self, name: &str, declared: &Declared) -> Option<Condition> {
        let spec = declared.spec.as_ref().ok()?;
        let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
        let one = |status, reason: &str, message: &str| Some(condition("Planned", status, reason, message));
        if spec.rollout.as_ref().map(|rollout| rollout.plan).unwrap_or_default() == PlanFirst::Never {
            return one(yes, "NotAsked", "spec.rollout.plan is Never: another module takes over without a plan");
        }
        if self.is_planned_anew(name, declared) {
            return None;
        }
        let named = self.sound(name, spec);
        let plan = named.and_then(|module| self.last_plan(name, declared, module));
        match (self.module_trouble(name), plan) {
            (Some((reason @ ("PlanRunning" | "PlanFailed"), why)), _) => one(no, reason, &why),
            (_, Some(plan)) => {
                one(yes, "Planned", &format!("with {}, {}", short(&plan.digest), plan.counts.sentence()))
            }
            (Some((reason, why)), None) => one(no, reason, &format!("no plan is made of it: {why}")),
            (None, None) => {
                let label = named?.label();
                one(
                    yes,
                    "NoPlanNeeded",
                    &format!("{label} decides without one: it is the first, or somebody approved it"),
                )
            }
        }
    }

    /// The module that is named, where its digest is the one that is asked for.
    fn sound(&self, name: &str, spec: &Spec) -> Option<&Module> {
        self.named(name, &spec.module).filter(|module| spec.module.takes(&module.digest))
    }

    /// The last plan of that module.
    fn last_plan<'a>(&'a self, name: &str, declared: &'a Declared, module: &Module) -> Option<&'a Plan> {
        let last = self.plans.last(name).or(declared.status.plan.as_ref());
        last.filter(|plan| plan.digest == module.digest)
    }

    /// Whether the plan that a module waits with is only made again, by a new process: then it waits as it did.
    fn is_planned_anew(&self, name: &str, declared: &Declared) -> bool {
        let runs = self.module_trouble(name).is_some_and(|(reason, _)| reason == "PlanRunning");
        let waited = declared.status.condition("Loaded").is_some_and(|loaded| {
            loaded.reason == "ApprovalNeeded" && loaded.observed_generation == declared.object.meta.generation
        });
        let named = declared.spec.as_ref().ok().and_then(|spec| self.sound(name, spec));
        runs && waited && named.is_some_and(|module| self.last_plan(name, declared, module).is_some())
    }
}

/// Whether what a Reconciler says makes sense, and no other one has its kind.
fn accepted(declared: &Declared) -> Condition {
    let steps = declared.spec.as_ref().ok().and_then(|spec| spec.rollout.as_ref()?.course().err());
    let kind = |why: &&Why| matches!(why.0, "InvalidSpec" | "KindTaken" | "WrongKind");
    let wrong = declared.bound.why().filter(kind).map(|(reason, why)| (*reason, why.clone()));
    match wrong.or(steps.map(|why| ("InvalidSpec", why))) {
        Some((reason, why)) => condition("Accepted", ConditionStatus::False, reason, &why),
        None => condition("Accepted", ConditionStatus::True, "Accepted", ""),
    }
}

fn condition(kind: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    Condition { kind: kind.into(), status, reason: reason.into(), message: conditions::shortened(message) }
}
