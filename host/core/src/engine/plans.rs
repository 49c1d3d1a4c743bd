//! Plans that Reconcilers ask for before another module takes over (promise M05).

use std::collections::BTreeMap;

use super::reconcilers::{Declared, Why};
use super::{ASK_AGAIN_MS, Engine, Output};
use crate::binding::Module;
use crate::conditions;
use crate::names::APPROVED;
use crate::plan::Counts;
use crate::reconciler::{Plan, PlanFirst, Rollout};

/// What a plan found: counts, and a few examples.
pub type Found = (Counts, Vec<String>);

/// The last plan of each Reconciler, by its name.
#[derive(Debug, Default)]
pub(super) struct Plans {
    of: BTreeMap<String, Planned>,
}

#[derive(Debug)]
struct Planned {
    digest: String,
    made: Made,
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
    fn made(&self, name: &str, digest: &str) -> Option<&Made> {
        self.of.get(name).filter(|planned| planned.digest == digest).map(|planned| &planned.made)
    }

    /// The last plan that was made for a Reconciler.
    pub(super) fn last(&self, name: &str) -> Option<&Plan> {
        match &self.of.get(name)?.made {
            Made::Plan(plan) => Some(plan),
            Made::Asked | Made::Not(..) => None,
        }
    }
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
        let approved = declared.object.meta.annotations.get(APPROVED) == Some(&*module.digest);
        if rollout.plan == PlanFirst::Never || approved {
            return None;
        }
        let label = module.label();
        match self.plans.made(name, &module.digest) {
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

    /// Asks for the plans that modules wait for.
    pub(super) fn ask_for_plans(&mut self, waiting: Vec<(String, String)>) {
        let now = self.now.mono_ms;
        let mut later = false;
        for (name, digest) in waiting {
            match self.plans.made(&name, &digest) {
                Some(Made::Not(_, at)) if *at > now => later = true,
                None | Some(Made::Not(..)) => {
                    let planned = Planned { digest: digest.clone(), made: Made::Asked };
                    self.plans.of.insert(name.clone(), planned);
                    self.out.push(Output::Plan { reconciler: name, digest });
                }
                Some(Made::Asked | Made::Plan(_)) => {}
            }
        }
        self.plans.of.retain(|name, _| self.reconcilers.contains_key(name));
        if later {
            self.ask_again();
        }
    }

    /// What a plan found, or why it could not be made.
    pub(super) fn planned(&mut self, name: &str, digest: &str, result: Result<Found, String>) {
        self.want_no_more(name);
        let (now, made) = (self.now, conditions::timestamp(self.now.wall_ms));
        let Some(planned) = self.plans.of.get_mut(name).filter(|planned| planned.digest == digest) else { return };
        let short = digest.get(7..19).unwrap_or(digest);
        let text = match result {
            Ok((counts, examples)) => {
                let text = format!("Reconciler {name}: with {short}, {}", counts.sentence());
                planned.made = Made::Plan(Box::new(Plan { digest: digest.to_owned(), made, counts, examples }));
                text
            }
            Err(why) => {
                let text = format!("Reconciler {name}: what {short} would change cannot be worked out: {why}");
                planned.made = Made::Not(why, now.mono_ms + 5 * ASK_AGAIN_MS);
                text
            }
        };
        let trouble = matches!(planned.made, Made::Not(..));
        self.note(trouble, text);
        self.arrange();
    }
}
