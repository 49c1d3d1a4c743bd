//! Phase 4: what was planned is done. Finalizers first, then the labels of the object itself, then children wave
//! by wave, then what is no longer wanted goes, then finalizers whose reason is gone.

use std::collections::HashMap;
use std::sync::Arc;

use super::child::{self, Move, Recheck, Settled, Stand};
use super::{
    Desk, Next, Phase, Resources, claim, contribute, doubts, finalizers, finish, leave, own, plan, remove, report,
};
use crate::action::{Action, Done};
use crate::contract::{Outcome, Policy, State, Verdict};
use crate::object::Object;
use crate::resource::Address;
use crate::wanted::{Contributed, Wanted};

/// The work of this phase, and how far it is.
#[derive(Debug)]
pub(super) struct Acting {
    outcome: Outcome,
    wanted: Vec<Wanted>,
    stands: Vec<Stand>,
    surplus: Vec<(Arc<Object>, Address)>,
    stage: Stage,
    jobs: HashMap<u32, Job>,
    prune_trouble: Vec<String>,
    removals: Vec<remove::Removing>,
    contributions: Vec<contribute::Contributing>,
    /// What is in the way of the labels and annotations of the object itself.
    own: Option<(Verdict, Recheck)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    TakeFinalizers,
    Own,
    Contribute,
    Waves,
    Prune,
    Remove,
    DropFinalizers,
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Job {
    Finalizers,
    Own,
    Contribution(usize),
    Child(usize),
    Prune(usize),
    Remove(usize),
}

impl Acting {
    pub(super) fn new(
        desk: &Desk,
        outcome: Outcome,
        wanted: Vec<Wanted>,
        contributed: Vec<Contributed>,
        resources: Resources<'_>,
    ) -> Self {
        let surplus = plan::surplus(desk, &wanted)
            .into_iter()
            .filter_map(|child| Some((address(&child, resources)?, child)))
            .map(|(at, child)| (child, at))
            .collect();
        let stands = vec![Stand::Untouched; wanted.len()];
        let (stage, jobs) = (Stage::TakeFinalizers, HashMap::new());
        let contributions = contribute::all(desk, contributed, resources);
        let removals = remove::all(desk, &outcome.remove, resources);
        Self {
            outcome,
            wanted,
            stands,
            surplus,
            stage,
            jobs,
            prune_trouble: Vec::new(),
            removals,
            contributions,
            own: None,
        }
    }

    /// The verdicts on all wanted children; what has not been touched waits for an earlier wave.
    fn verdicts(&self) -> Vec<(Verdict, Recheck)> {
        let all = self.wanted.iter().zip(&self.stands).map(|(wanted, stand)| match stand {
            Stand::Settled(s) => {
                (Verdict { key: wanted.at.key(), state: s.state, message: s.message.clone() }, s.recheck)
            }
            _ => {
                let message = format!("wave {} waits until earlier waves are ready", wanted.wave);
                (Verdict { key: wanted.at.key(), state: State::Waiting, message }, Recheck::OnChange)
            }
        });
        // What should stay as it is does not count when it is gone.
        all.zip(&self.wanted)
            .filter(|((v, _), w)| w.policy != Policy::Keep || v.state != State::Absent)
            .map(|(v, _)| v)
            .collect()
    }

    fn contributes(&self) -> bool {
        self.contributions.iter().any(contribute::Contributing::is_wanted)
    }

    fn report(self, desk: &mut Desk) -> Next {
        let verdicts = self.verdicts();
        let removals: Vec<_> = self.removals.iter().map(remove::Removing::verdict).collect();
        desk.seen.memory.gone = remove::gone(&self.removals);
        desk.seen.memory.targets = contribute::targets(&self.contributions);
        // What the guest asked for last is done first.
        if desk.is_finished_by(&self.outcome) && self.removals.iter().all(remove::Removing::is_gone) {
            return Next::Go(Phase::Finishing(finish::Finishing::after(self.outcome)));
        }
        let beside = report::Beside {
            contributions: self.contributions.iter().filter_map(contribute::Contributing::verdict).collect(),
            own: self.own,
        };
        report::acted(&desk.seen, self.outcome, verdicts, removals, beside, self.prune_trouble)
    }
}

pub(super) use finalizers::finalizers_patch;

/// Where a child that a store shows is served.
pub(super) fn address(child: &Object, resources: Resources<'_>) -> Option<Address> {
    let resource = resources(&child.key.kind)?;
    Some(Address { resource, namespace: child.key.namespace.clone(), name: child.key.name.clone() })
}

/// Every kind is recorded and its store filled, or it could not be.
pub(super) fn ensured(desk: &Desk, mut acting: Acting, result: Result<Vec<Arc<Object>>, String>) -> Next {
    match result {
        Ok(targets) => {
            acting.contributions.iter_mut().for_each(|one| one.meet(desk, &targets));
            Next::Go(Phase::Acting(Box::new(acting)))
        }
        Err(why) => report::postponed(why),
    }
}

/// Does what can be done now.
pub(super) fn act(desk: &mut Desk, mut acting: Acting) -> Next {
    while acting.jobs.is_empty() {
        match acting.stage {
            Stage::TakeFinalizers => {
                let action = finalizers::take(desk, &acting.wanted, acting.contributes());
                start(desk, &mut acting, action, Job::Finalizers, Stage::Own);
            }
            Stage::Own => {
                let action = own::apply(desk, &acting.outcome);
                start(desk, &mut acting, action, Job::Own, Stage::Contribute);
            }
            Stage::Contribute => {
                acting.stage = Stage::Waves;
                contribute(desk, &mut acting, false);
            }
            Stage::Waves => wave(desk, &mut acting),
            Stage::Prune => prune(desk, &mut acting),
            Stage::DropFinalizers => {
                let action = finalizers::drop_spare(desk, &acting.wanted, acting.contributes());
                start(desk, &mut acting, action, Job::Finalizers, Stage::Over);
            }
            Stage::Remove => start_removals(desk, &mut acting, None),
            Stage::Over => return acting.report(desk),
        }
    }
    Next::Wait(Phase::Acting(Box::new(acting)))
}

/// Asks for an action, if there is one; the stage after it comes when it is answered.
fn start(desk: &mut Desk, acting: &mut Acting, action: Option<Action>, job: Job, then: Stage) {
    acting.stage = then;
    if let Some(action) = action {
        let id = desk.act(action);
        acting.jobs.insert(id, job);
    }
}

/// Starts the first wave that has untouched children, if every earlier one is ready.
fn wave(desk: &mut Desk, acting: &mut Acting) {
    let settled = |stand: &Stand| match stand {
        Stand::Settled(settled) => Some(settled.clone()),
        _ => None,
    };
    let next =
        acting.wanted.iter().zip(&acting.stands).find(|(_, s)| matches!(s, Stand::Untouched)).map(|(w, _)| w.wave);
    let done: Vec<(bool, Settled)> = acting
        .wanted
        .iter()
        .zip(&acting.stands)
        .filter_map(|(w, s)| Some((w.policy == Policy::Keep, settled(s)?)))
        .collect();
    let is_ready = |(keep, s): &(bool, Settled)| s.state == State::Current || (*keep && s.state == State::Absent);
    match next {
        Some(wave) if done.iter().all(is_ready) => {
            // What must be gone before this wave is removed first, and waited for.
            if acting.removals.iter().any(|r| r.is_due(Some(wave)) && !r.is_gone()) {
                return start_removals(desk, acting, Some(wave));
            }
            for n in 0..acting.wanted.len() {
                if acting.wanted[n].wave == wave {
                    let next = child::begin(&desk.seen, &acting.wanted[n]);
                    step_child(desk, acting, n, next);
                }
            }
        }
        Some(_) => acting.stage = Stage::Over,
        // Pruning waits until every apply has succeeded (promise A08).
        None if done.iter().all(|(_, s)| is_applied(s)) => acting.stage = Stage::Prune,
        None => acting.stage = Stage::Over,
    }
}

fn is_applied(settled: &Settled) -> bool {
    matches!(settled.state, State::Current | State::Applied | State::Absent)
        || (settled.state == State::Failed && settled.recheck == Recheck::OnChange)
}

fn step_child(desk: &mut Desk, acting: &mut Acting, n: usize, next: Move) {
    acting.stands[n] = match next {
        Move::Settle(settled) => Stand::Settled(settled),
        Move::Act(action, stand) => {
            if let Stand::Withdrawing { uid, .. } = &stand {
                desk.seen.memory.strangers.insert(uid.clone());
            }
            let id = match (&stand, action) {
                (Stand::Looking, Action::Look(at)) => desk.find_room(at),
                (_, action) => desk.act(action),
            };
            acting.jobs.insert(id, Job::Child(n));
            stand
        }
    };
}

/// Begins the removals that are due; where none is left to begin, the phase goes on.
fn start_removals(desk: &mut Desk, acting: &mut Acting, wave: Option<i32>) {
    for (n, removal) in acting.removals.iter_mut().enumerate().filter(|(_, r)| r.is_due(wave)) {
        if let Some(id) = removal.begin(desk) {
            acting.jobs.insert(id, Job::Remove(n));
        }
    }
    if acting.jobs.is_empty() {
        // A wave waits for what is still going; the time after all applies waits for nothing.
        acting.stage = if wave.is_some() { Stage::Over } else { Stage::DropFinalizers };
    }
}

/// Sets the fields of contributions, or withdraws those that are not asked for any more.
fn contribute(desk: &mut Desk, acting: &mut Acting, withdraw: bool) {
    for (n, one) in acting.contributions.iter_mut().enumerate() {
        if let Some(id) = one.begin(desk, withdraw) {
            acting.jobs.insert(id, Job::Contribution(n));
        }
    }
}

fn prune(desk: &mut Desk, acting: &mut Acting) {
    acting.stage = Stage::Remove;
    if desk.is_finished_by(&acting.outcome) {
        return;
    }
    contribute(desk, acting, true);
    let all: Vec<Arc<Object>> = acting.surplus.iter().map(|(child, _)| child.clone()).collect();
    // Of an object that goes, children go in order also while its guest works.
    let due = if desk.seen.is_going() { leave::last_wave(&all) } else { all };
    for (n, (child, at)) in acting.surplus.iter().enumerate() {
        if child.meta.deletion_timestamp.is_none() && due.iter().any(|one| Arc::ptr_eq(one, child)) {
            let action = removal(desk, child, at.clone());
            let id = desk.act(action);
            acting.jobs.insert(id, Job::Prune(n));
        }
    }
}

/// How an object that looks like a child goes: it is deleted, unless it is a stranger's.
pub(super) fn removal(desk: &Desk, child: &Object, at: Address) -> Action {
    match desk.seen.memory.strangers.contains(&child.meta.uid) {
        true => claim::withdraw(&desk.seen, &at, &child.meta.uid),
        false => Action::Delete { at, uid: child.meta.uid.clone() },
    }
}

/// That took effect.
pub(super) fn removed(desk: &mut Desk, child: &Object, done: &Done) {
    match done {
        Done::Object { object, .. } if desk.seen.memory.strangers.contains(&child.meta.uid) => desk.withdrew(object),
        // A deletion shows no object: our fields were withdrawn from what we contributed to.
        Done::Object { object, .. } => desk.wrote(Some(child), object, "withdrew from"),
        _ => desk.deleted(child),
    }
}

/// A request was answered.
pub(super) fn done(desk: &mut Desk, mut acting: Acting, id: u32, done: Done) -> Next {
    match acting.jobs.remove(&id) {
        None => {}
        Some(Job::Finalizers) => match done {
            Done::Object { object, .. } => {
                desk.wrote(Some(&desk.seen.object.clone()), &object, "set the finalizers of");
                desk.seen.object = object;
            }
            Done::NotFound(_) => return report::gone(),
            other => {
                let why = format!("its finalizers cannot be set: {}", words(&other));
                return report::postponed(why);
            }
        },
        Some(Job::Own) => match own::done(desk, &acting.outcome, done) {
            Ok(trouble) => acting.own = trouble,
            Err(gone) => return gone,
        },
        Some(Job::Contribution(n)) => {
            if let Some(id) = acting.contributions[n].done(desk, done) {
                acting.jobs.insert(id, Job::Contribution(n));
            }
        }
        Some(Job::Child(n)) => {
            let (wanted, stand) = (acting.wanted[n].clone(), acting.stands[n].clone());
            match (&stand, &done) {
                (Stand::Asking, _) => {}
                (Stand::Looking, Done::NotFound(_)) => doubts::look(&mut desk.seen, &wanted.at.key(), None),
                (Stand::Claiming, Done::Unknown(_)) => drop(desk.seen.memory.claimed.insert(wanted.at.key())),
                (Stand::Withdrawing { uid, .. }, Done::NotFound(_)) => drop(desk.seen.memory.strangers.remove(uid)),
                (Stand::Unmaking { old, .. }, Done::Accepted | Done::Object { .. }) => desk.deleted(old),
                (Stand::Withdrawing { uid, .. }, Done::Invalid(_)) => doubts::cannot_be_without_us(&mut desk.seen, uid),
                (_, Done::Object { object, created }) => {
                    doubts::look(&mut desk.seen, &wanted.at.key(), Some(object));
                    note(desk, &stand, object, *created);
                    // What came in between is for the next look, which must not take it to be left so.
                    desk.at_work |=
                        matches!(stand, Stand::Applying(_)) && super::ours::has_foreign(&desk.seen, &wanted, object);
                }
                _ => {}
            }
            let next = child::done(&desk.seen, &wanted, &stand, done);
            step_child(desk, &mut acting, n, next);
        }
        Some(Job::Remove(n)) => {
            if let Some(id) = acting.removals[n].done(desk, done) {
                acting.jobs.insert(id, Job::Remove(n));
            }
        }
        Some(Job::Prune(n)) => match done {
            Done::Accepted | Done::Object { .. } => removed(desk, &acting.surplus[n].0, &done),
            Done::NotFound(_) => {}
            other => acting.prune_trouble.push(format!("{} cannot be deleted: {}", acting.surplus[n].1, words(&other))),
        },
    }
    Next::Go(Phase::Acting(Box::new(acting)))
}

fn note(desk: &mut Desk, stand: &Stand, object: &Object, created: bool) {
    let before = desk.seen.children.iter().find(|c| c.key == object.key && c.meta.uid == object.meta.uid).cloned();
    match stand {
        Stand::Looking if child::is_ours(&desk.seen, object) => desk.saw(object),
        Stand::Claiming | Stand::Applying(_) => {
            desk.wrote(before.as_deref(), object, if created { "created" } else { "applied" });
        }
        Stand::Withdrawing { .. } => desk.withdrew(object),
        Stand::Releasing => desk.wrote(before.as_deref(), object, "handed over fields of"),
        Stand::Labelling => desk.wrote(before.as_deref(), object, "labelled"),
        Stand::Cleaning(_) | Stand::Sweeping => desk.wrote(before.as_deref(), object, "removed foreign entries of"),
        _ => {}
    }
}

/// What came of an action, for people.
pub(super) fn words(done: &Done) -> String {
    match done {
        Done::Object { .. } | Done::Accepted => "done".into(),
        Done::NotFound(e) | Done::Conflict(e) | Done::Unknown(e) => e.clone(),
        Done::Invalid(e) => e.to_string(),
        Done::Forbidden(e) => format!("forbidden: {e}"),
        Done::Throttled { message, .. } => format!("the API server asks to wait: {message}"),
    }
}
