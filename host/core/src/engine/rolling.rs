//! Modules that take over in steps: how their objects do, and what follows from that (promise M06).
//!
//! Which objects a new module decides for is said by the Reconciler's status alone ([`Share`]). A step is first written there,
//! and only then taken; so a new process, and everybody who looks, knows it.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use super::reconcilers::{Declared, Why};
use super::underway::{Looked, Underway, named};
use crate::binding::Module;
use crate::conditions::{self, Health};
use crate::names::PROMOTED;
use crate::object::Object;
use crate::reconciler::{Course, Rejected};
use crate::rollout::Share;

/// How often objects are counted while something changes, in milliseconds.
const COUNT_EVERY_MS: u64 = 500;

/// The same where it failed on one.
const SOON_MS: u64 = 50;

/// The rollouts that are on their way, by the names of Reconcilers.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    pub(super) of: BTreeMap<String, Underway>,
    /// Those Reconcilers for which this process has had one: what the status says of a rollout is its own word.
    had: BTreeSet<String>,
    /// Modules that failed and whose status does not say so yet.
    pub(super) left: BTreeMap<String, Rejected>,
}

impl Rollouts {
    /// What the status of a Reconciler says of a rollout is nothing to be gone on with.
    pub(super) fn is_settled(&mut self, name: &str) {
        self.had.insert(name.to_owned());
    }

    /// A Reconciler is gone.
    pub(super) fn retire(&mut self, name: &str) {
        self.of.remove(name);
        self.left.remove(name);
        self.had.remove(name);
    }
}

/// A rollout that there should be.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The Reconciler.
    pub(super) name: String,
    /// The module that takes over.
    pub(super) module: Module,
    pub(super) course: Course,
    /// Whether it takes further steps; not where another module is named by now.
    pub(super) goes_on: bool,
}

/// What is to be done next.
enum Verdict {
    Wait,
    Next(String),
    All,
    Back(String),
}

impl Engine {
    /// Whether a module takes over in steps from the one that serves, and in which. The error is what makes no sense of that.
    pub(super) fn course(&self, declared: &Declared, module: &Module) -> Result<Option<Course>, Why> {
        let rollout = declared.spec.as_ref().ok().and_then(|spec| spec.rollout.as_ref());
        let Some(rollout) = rollout else { return Ok(None) };
        let course = rollout.course().map_err(|why| ("InvalidSpec", why))?;
        Ok(course.filter(|_| !declared.promotes(&module.digest) && !declared.returns_to(module)))
    }

    /// The module that takes over for a Reconciler in steps, and in which.
    pub(super) fn underway(&self, name: &str) -> Option<(&Module, &Course)> {
        self.rollouts.of.get(name).map(|on| (&on.module, &on.course))
    }

    /// What takes over for a Reconciler stays where it is.
    pub(super) fn stays_underway(&self, name: &str) -> Option<Wanted> {
        let (module, course) = self.underway(name)?;
        Some(Wanted { name: name.to_owned(), module: module.clone(), course: course.clone(), goes_on: false })
    }

    /// The digest of the module that took over before this process began, where that is to be gone on with.
    pub(super) fn resumes<'a>(&self, name: &str, declared: &'a Declared) -> Option<&'a str> {
        let rolling = declared.status.rollout.as_ref().map(|rolling| rolling.digest.as_str());
        rolling.filter(|digest| !self.rollouts.had.contains(name) && self.just_left(name, digest).is_none())
    }

    /// The same rollout, where its module can be had: it stays where it was.
    pub(super) fn resumed(&self, name: &str, declared: &Declared) -> Option<Wanted> {
        self.service.of(name)?;
        let module = self.kept.pushed(self.resumes(name, declared)?)?.clone();
        // It takes no further step anyway.
        let course = self.course(declared, &module).ok().flatten().unwrap_or_default();
        Some(Wanted { name: name.to_owned(), module, course, goes_on: false })
    }

    /// Whether the module of that digest takes over for a Reconciler in steps.
    pub(super) fn is_taking_over(&self, name: &str, digest: &str) -> bool {
        self.rollouts.of.get(name).is_some_and(|on| on.module.digest == digest)
    }

    /// These are the rollouts that there should be.
    pub(super) fn settle_rollouts(&mut self, wanted: Vec<Wanted>) {
        let is_wanted =
            |name: &str, digest: &str| wanted.iter().any(|one| one.name == name && one.module.digest == digest);
        self.rollouts.of.retain(|name, on| is_wanted(name, &on.module.digest));
        for Wanted { name, module, course, goes_on } in wanted {
            let Some(declared) = self.reconcilers.get(&name) else { continue };
            let rollout = declared.spec.as_ref().ok().map(|spec| spec.rollout.clone().unwrap_or_default());
            let written = declared.status.rollout.as_ref().filter(|rolling| rolling.digest == module.digest);
            let taken = written.map(|rolling| rolling.taken.clone());
            let now = self.now.mono_ms;
            self.rollouts.had.insert(name.clone());
            let on = self.rollouts.of.entry(name).or_insert_with(|| {
                let first = || course.left(&[]).take(1).map(str::to_owned).collect();
                Underway::of(module, course.clone(), taken.clone().unwrap_or_else(first))
            });
            (on.course, on.stands) = (course, !goes_on || rollout.as_ref().is_some_and(|rollout| rollout.paused));
            if let Some(rollout) = &rollout {
                on.most_failures = rollout.max_failures.unwrap_or(0);
            }
            on.due_ms = now;
            if taken.as_ref() != on.taken.as_ref().map(|(steps, _)| steps) {
                on.taken = taken.map(|steps| (steps, now));
            }
        }
    }

    /// The module that takes over for a Reconciler, and for which objects. None before that is written.
    pub(super) fn taking_over(&self, name: &str) -> Option<(&Module, Share)> {
        let on = self.rollouts.of.get(name)?;
        let (taken, _) = on.taken.as_ref()?;
        Some((&on.module, Share::of(&on.module.digest, taken)))
    }

    /// A module is to decide for an object from now on.
    pub(super) fn is_handed_to(&mut self, name: &str, digest: &str, object: &Object) {
        let Some(on) = self.rollouts.of.get_mut(name).filter(|on| on.module.digest == digest) else { return };
        on.due_ms = self.now.mono_ms;
        let ails = match conditions::health(&object.status()) {
            Some(Health::Ready) | None => None,
            Some(health) => Some(matches!(health, Health::Failed(_))),
        };
        match ails {
            Some(failed) => drop(on.ailing.insert(object.meta.uid.clone(), failed)),
            None => drop(on.ailing.remove(&object.meta.uid)),
        }
    }

    /// A reconcile of an object ended, with that module.
    pub(super) fn rolled(&mut self, name: &str, digest: &str, object: &Object, health: Option<Health>) {
        // It may have been the other's before.
        self.count_soon(name);
        let Some(on) = self.rollouts.of.get_mut(name).filter(|on| on.module.digest == digest) else { return };
        let now = self.now.mono_ms;
        // Nothing is asked about it: its time begins anew when somebody lets it go on.
        if conditions::is_paused(object) {
            on.looked.remove(&object.key);
            return;
        }
        let Some(health) = health.or_else(|| conditions::health(&object.status())) else { return };
        if matches!(health, Health::Failed(_)) {
            on.due_ms = on.due_ms.min(now + SOON_MS);
        }
        let uid = object.meta.uid.clone();
        if health == Health::Ready {
            on.ailing.remove(&uid);
        }
        let known = on.looked.get(&object.key).filter(|looked| looked.uid == uid && looked.health != Health::Ready);
        let since_ms = known.map_or(now, |looked| looked.since_ms);
        on.looked.insert(object.key.clone(), Looked { uid, health, since_ms });
    }

    /// Something may have become of the objects for which a module takes over.
    pub(super) fn count_soon(&mut self, name: &str) {
        if let Some(on) = self.rollouts.of.get_mut(name) {
            on.due_ms = on.due_ms.min(self.now.mono_ms + COUNT_EVERY_MS);
        }
    }

    /// When time alone makes a difference.
    pub(super) fn next_roll(&self) -> Option<u64> {
        self.rollouts.of.values().map(|on| on.due_ms).min()
    }

    /// Takes the next step where everything is well, and goes back where it is not.
    pub(super) fn roll(&mut self) {
        let now = self.now.mono_ms;
        let due = self.rollouts.of.iter().filter(|(_, on)| on.due_ms <= now);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            let (verdict, text) = self.judge_rollout(&name);
            let Some(on) = self.rollouts.of.get_mut(&name) else { continue };
            match verdict {
                Verdict::Wait => continue,
                Verdict::Next(step) => on.wanted.push(step),
                Verdict::All => {
                    let module = on.module.clone();
                    self.rollouts.of.remove(&name);
                    self.service.install(&name, module);
                    self.arrange();
                }
                Verdict::Back(why) => {
                    let digest = on.module.digest.clone();
                    self.rollouts.of.remove(&name);
                    let at = conditions::timestamp(self.now.wall_ms);
                    self.rollouts.left.insert(name.clone(), Rejected { digest, at, why });
                    self.arrange();
                }
            }
            self.report_due = true;
            self.note(text.contains("goes back"), text);
        }
    }

    fn judge_rollout(&mut self, name: &str) -> (Verdict, String) {
        let now = self.now.mono_ms;
        let share = self.taking_over(name).map(|(_, share)| share);
        let controller = self.controllers.values().find(|c| c.binding.reconciler == name && c.started);
        let store = controller.and_then(|controller| self.stores.filled(&controller.objects));
        let is_suspended = controller.is_some_and(|controller| controller.suspended);
        let Some(on) = self.rollouts.of.get_mut(name) else { return (Verdict::Wait, String::new()) };
        on.due_ms = u64::MAX;
        on.suspend(is_suspended, now);
        let Some(((share, store), (taken, since_ms))) = share.zip(store).zip(on.taken.clone()) else {
            return (Verdict::Wait, String::new());
        };
        if is_suspended {
            return (Verdict::Wait, String::new());
        }
        let tally = on.count(&share, store, now);
        on.forget_the_gone(store);
        if tally != on.tally
            && let Some(declared) = self.reconcilers.get_mut(name)
        {
            declared.reporting.count_again();
        }
        let is_taken = taken == on.wanted;
        let step = on.course.left(&taken).next().map(str::to_owned);
        on.tally = tally;
        let (module, tally) = (on.module.label(), &on.tally);
        if tally.failing > on.most_failures {
            let example = tally.example.as_ref().map(|(key, why)| format!("{}: {why}", named(key))).unwrap_or_default();
            let why = format!(
                "it failed on {} of {} objects, more than {}: {example}",
                tally.failing, tally.objects, on.most_failures
            );
            let why = conditions::shortened(&why);
            let text = format!("Reconciler {name}: {module} goes back: {why}");
            return (Verdict::Back(why), text);
        }
        let lasts = since_ms.saturating_add(on.course.pause_ms);
        if !is_taken || on.stands || tally.open > 0 {
            on.due_ms = tally.overdue_ms.unwrap_or(u64::MAX);
            return (Verdict::Wait, String::new());
        }
        // A step without objects tells nothing: nobody needs to wait for it.
        if now < lasts && tally.objects > 0 {
            on.due_ms = lasts;
            return (Verdict::Wait, String::new());
        }
        match step {
            None => (Verdict::All, format!("Reconciler {name}: {module} decides for every object")),
            Some(step) => {
                let text = format!("Reconciler {name}: {module} takes the next step: {step}");
                (Verdict::Next(step), text)
            }
        }
    }
}

impl Declared {
    /// Whether a person wants the module of that digest to take over at once.
    fn promotes(&self, digest: &str) -> bool {
        self.status.is_promoted(digest, self.promotion())
    }

    /// What a person wrote to let a module take over at once.
    pub(super) fn promotion(&self) -> Option<&str> {
        self.object.meta.annotations.get(PROMOTED)
    }

    /// Whether a module decided before, and a person goes back to it.
    pub(super) fn returns_to(&self, module: &Module) -> bool {
        let decided = self.status.has_served(&module.digest);
        decided && self.status.rejected(&module.digest).is_none() && self.approves(&module.digest)
    }
}
