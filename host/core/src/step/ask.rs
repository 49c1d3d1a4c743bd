//! Phase 2: the question to the guest, and its answer.

use super::{Desk, Next, Output, Phase, Seen, report, settled};
use crate::contract::{self, Failure, Outcome, Request, State, Verdict};
use crate::kind::Key;
use crate::kstatus;
use crate::object::Object;
use crate::print::Print;
use crate::shown;
use crate::wanted;
use crate::world::Read;

/// What the guest is given.
pub(super) fn request(seen: &Seen, phase: contract::Phase) -> Request {
    let mut children: Vec<Verdict> = seen.children.iter().map(|child| verdict(child)).collect();
    for remembered in &seen.memory.verdicts {
        match children.iter_mut().find(|v| v.key == remembered.key) {
            Some(shown) if matches!(shown.state, State::Current | State::Applied) => *shown = remembered.clone(),
            Some(_) => {}
            None => children.push(remembered.clone()),
        }
    }
    children.sort_by(|a, b| a.key.cmp(&b.key));
    Request {
        phase,
        object: shown::text(&seen.object),
        config: seen.binding.config.clone(),
        children,
        contributions: contributions(seen),
        removals: seen.memory.removals.clone(),
    }
}

/// Verdicts on contributions: as they were last, and on what else is there.
fn contributions(seen: &Seen) -> Vec<Verdict> {
    let mut all = seen.memory.contributions.clone();
    let is_at = |v: &Verdict, key: &Key| {
        v.key.kind.group_kind() == key.kind.group_kind()
            && (&v.key.namespace, &v.key.name) == (&key.namespace, &key.name)
    };
    for there in &seen.contributed {
        if !all.iter().any(|v| is_at(v, &there.key)) {
            let (key, message) = (there.key.clone(), String::new());
            all.push(Verdict { key, state: State::Current, message });
        }
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// The verdict on a child that is there, by kstatus. It is an input of the guest and shown on the object, so it
/// does not count how far a controller is.
pub(super) fn verdict(child: &Object) -> Verdict {
    let (state, words) = child.readiness();
    let state = match state {
        kstatus::State::Current => State::Current,
        kstatus::State::InProgress => State::Applied,
        kstatus::State::Failed => State::Failed,
        kstatus::State::Terminating => State::Deleting,
    };
    Verdict { key: child.key.clone(), state, message: words.to_owned() }
}

/// The guest answered: its children's kinds must be known before they can be planned.
pub(super) fn answered(desk: &mut Desk, result: Result<Outcome, Failure>, reads: Vec<Read>) -> Next {
    desk.reads = reads;
    desk.answer = result.as_ref().map(Print::of_value).unwrap_or_default();
    match result {
        Err(failure) => report::failed(desk, failure),
        Ok(outcome) if settled::comes_to_the_same(desk, &outcome) => report::unchanged(desk, outcome),
        Ok(mut outcome) => {
            if desk.is_finished_by(&outcome) {
                // The object goes: what is there of it goes too, and nothing is made for it any more.
                outcome.children.clear();
                outcome.contributions.clear();
                outcome.replace.clear();
            }
            let kinds = match wanted::kinds(&outcome) {
                Err(e) => return report::failed(desk, Failure::Refused(e.to_string())),
                Ok(kinds) => kinds,
            };
            desk.outputs.push(Output::Resolve(kinds));
            Next::Wait(Phase::Resolving(Box::new(outcome)))
        }
    }
}
