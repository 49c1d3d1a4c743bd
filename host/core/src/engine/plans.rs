//! Plans that Reconcilers ask for before another module takes over (promise M05).

use std::collections::BTreeMap;

use super::reconcilers::{Declared, Why};
use super::{ASK_AGAIN_MS, Engine, Output};
use crate::binding::Module;
use crate::conditions;
use crate::kind::GroupKind;
use crate::names::APPROVED;
use crate::object::short;
use crate::plan::Counts;
use crate::reconciler::{Plan, PlanFirst, Rollout};
use crate::store::Change;

/// What a plan found: counts, and a few examples.
pub type Found = (Counts, Vec<String>);

/// The plans that modules wait for, and the last one that was made, by the names of Reconcilers.
#[derive(Debug, Default)]
pub(super) struct Plans {
    of: BTreeMap<String, Planned>,
    last: BTreeMap<String, Plan>,
}

/// A plan that a module waits with is made again when objects of its kind have changed, but not sooner than so many
/// milliseconds after it was made.
const AGAIN_MS: u64 = 60_000;

#[derive(Debug)]
struct Planned {
    of: Compared,
    made: Made,
    /// When it was made.
    at_ms: u64,
    /// Whether objects have changed since it was asked for.
    stale: bool,
    /// Whether it is being made again.
    again: bool,
}

impl Planned {
    fn asked(of: Compared) -> Self {
        Self { of, made: Made::Asked, at_ms: 0, stale: false, again: false }
    }

    /// When it is due to be made again.
    fn due_ms(&self) -> Option<u64> {
        let is_due = self.stale && !self.again && matches!(self.made, Made::Plan(_));
        is_due.then_some(self.at_ms + AGAIN_MS)
    }
}

/// What a plan holds against each other. It says nothing of anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// The digest of the module that would take over.
    pub(super) digest: String,
    /// The digest of the one that serves.
    pub(super) serving: String,
    /// The generation of the Reconciler: its permissions, limits and configuration.
    pub(super) generation: i64,
}

#[derive(Debug)]
enum Made {
    /// It is being made.
    Asked,
    /// It is there.
    Plan(Box<Plan>),
    /// It could not be made: why, and when that is tried again.
    Not(String, u64),
}

impl Plans {
    fn made(&self, name: &str, of: &Compared) -> Option<&Made> {
        self.of.get(name).filter(|planned| planned.of == *of).map(|planned| &planned.made)
    }

    /// The last plan that was made for a Reconciler.
    pub(super) fn last(&self, name: &str) -> Option<&Plan> {
        self.last.get(name)
    }
}

/// Whether a change of an object may make a difference to what modules say of it. What the host itself writes to it may not.
fn matters(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return true };
    let (before, after) = (&before.meta, &after.meta);
    before.generation != after.generation
        || before.deletion_timestamp.is_some() != after.deletion_timestamp.is_some()
        || before.labels != after.labels
}

impl Rollout {
    /// Whether what a plan found needs nobody's approval.
    fn lets_pass(&self, counts: &Counts) -> bool {
        self.plan == PlanFirst::Auto
            && counts.deletions() <= self.max_deletions.unwrap_or(0)
            && counts.new_failures() <= self.max_failures.unwrap_or(0)
    }
}

impl Engine {
    /// Why a module does not take over from another one yet: a plan is to be made first, or approved.
    pub(super) fn waits_for_plan(&self, name: &str, declared: &Declared, module: &Module) -> Option<Why> {
        let rollout = declared.spec.as_ref().ok()?.rollout.as_ref()?;
        let approved = declared.approves(&module.digest);
        if rollout.plan == PlanFirst::Never || approved {
            return None;
        }
        let label = module.label();
        let Some(of) = self.compared(name, declared, module) else {
            let digest = &module.digest;
            let text = format!(
                "{label} waits for approval; no plan can be made, for the module that decided before cannot be had: \
                 kubectl annotate reconciler {name} --overwrite {APPROVED}={digest}"
            );
            return Some(("ApprovalNeeded", text));
        };
        match self.plans.made(name, &of) {
            None | Some(Made::Asked) => Some(("PlanRunning", format!("what {label} would change is being worked out"))),
            Some(Made::Not(why, _)) => {
                Some(("PlanFailed", format!("what {label} would change cannot be worked out: {why}")))
            }
            Some(Made::Plan(plan)) if rollout.lets_pass(&plan.counts) => None,
            Some(Made::Plan(plan)) => {
                let found = plan.counts.sentence();
                let text = format!("{label} waits for approval ({found}): innkeeper approve {name}");
                Some(("ApprovalNeeded", text))
            }
        }
    }

    /// What a plan of a module is held against now; none while no module is in service.
    pub(super) fn compared(&self, name: &str, declared: &Declared, module: &Module) -> Option<Compared> {
        let serving = self.service.of(name)?.digest.clone();
        let generation = declared.object.meta.generation;
        Some(Compared { digest: module.digest.clone(), serving, generation })
    }

    /// Asks for the plans that modules wait for. Those that nobody waits for any more are forgotten.
    pub(super) fn ask_for_plans(&mut self, waiting: Vec<(String, Compared)>) {
        let now = self.now.mono_ms;
        let mut later = false;
        self.plans.of.retain(|name, planned| waiting.iter().any(|(waits, of)| waits == name && *of == planned.of));
        self.plans.last.retain(|name, _| self.reconcilers.contains_key(name));
        for (name, of) in waiting {
            match self.plans.made(&name, &of) {
                Some(Made::Not(_, at)) if *at > now => later = true,
                None | Some(Made::Not(..)) => {
                    let digest = of.digest.clone();
                    self.plans.of.insert(name.clone(), Planned::asked(of));
                    self.out.push(Output::Plan { reconciler: name, digest });
                }
                Some(Made::Asked | Made::Plan(_)) => {}
            }
        }
        if later {
            self.ask_again();
        }
    }

    /// Objects of a kind changed, came or went: plans over them say something that was.
    pub(super) fn plans_go_stale(&mut self, kind: &GroupKind, change: &Change) {
        if self.plans.of.is_empty() || !matters(change) {
            return;
        }
        for (name, planned) in &mut self.plans.of {
            if self.reconcilers.get(name).and_then(Declared::kind).as_ref() == Some(kind) {
                planned.stale = true;
            }
        }
    }

    /// When time alone makes a difference.
    pub(super) fn next_plan(&self) -> Option<u64> {
        self.plans.of.values().filter_map(Planned::due_ms).min()
    }

    /// Makes plans again that have gone stale. Until then, what they found holds.
    pub(super) fn plan_again(&mut self) {
        let now = self.now.mono_ms;
        for (name, planned) in &mut self.plans.of {
            if planned.due_ms().is_some_and(|at| at <= now) {
                (planned.stale, planned.again) = (false, true);
                let (reconciler, digest) = (name.clone(), planned.of.digest.clone());
                self.out.push(Output::Plan { reconciler, digest });
            }
        }
    }

    /// What a plan found, or why it could not be made.
    pub(super) fn planned(&mut self, name: &str, digest: &str, result: Result<Found, String>) {
        self.want_no_more(name);
        let (now, made) = (self.now, conditions::timestamp(self.now.wall_ms));
        let Some(planned) = self.plans.of.get_mut(name).filter(|planned| planned.of.digest == digest) else { return };
        let module = short(digest);
        planned.at_ms = now.mono_ms;
        let is_again = std::mem::take(&mut planned.again);
        let text = match result {
            Ok((counts, examples)) => {
                let text = format!("Reconciler {name}: with {module}, {}", counts.sentence());
                let plan = Plan { digest: digest.to_owned(), made, counts, examples };
                planned.made = Made::Plan(Box::new(plan.clone()));
                self.plans.last.insert(name.to_owned(), plan);
                text
            }
            // What the one before found holds until it works.
            Err(why) if is_again => {
                planned.stale = true;
                format!("Reconciler {name}: what {module} would change cannot be worked out again: {why}")
            }
            Err(why) => {
                let text = format!("Reconciler {name}: what {module} would change cannot be worked out: {why}");
                planned.made = Made::Not(why, now.mono_ms + 5 * ASK_AGAIN_MS);
                text
            }
        };
        let trouble = matches!(planned.made, Made::Not(..));
        self.note(trouble, text);
        self.arrange();
    }
}
