//! Phase 6: the status if it changed, Events if somebody can act, and when to look again.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::child::Recheck;
use super::events::Trouble;
use super::{Desk, Ended, Memory, Next, Output, Phase, Seen, events, settled, unanswered};
use crate::action::{Action, Done};
use crate::cause::Due;
use crate::conditions::{self, Health, Standing};
use crate::contract::{Failure, Outcome, State, Verdict};
use crate::kind::Key;
use crate::names::SKIP_FINALIZE;
use crate::queue::Again;
use crate::resource::Address;
use crate::world::Read;

/// After how many failures in a row something that may go away by itself is shown on the object.
const SHOW_TRANSIENT_AFTER: u32 = 5;

/// How what is no child stands.
pub(super) struct Beside {
    /// Contributions.
    pub(super) contributions: Vec<(Verdict, Recheck)>,
    /// What is in the way of the labels and annotations of the object itself.
    pub(super) own: Option<(Verdict, Recheck)>,
}

/// What there is to report.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    outcome: Option<Outcome>,
    standing: Option<Standing>,
    verdicts: Vec<Verdict>,
    removals: Vec<Verdict>,
    contributions: Vec<Verdict>,
    again: Again,
    trouble: Option<String>,
    /// What stands in the way.
    culprit: Option<Key>,
    /// It is told by the next look.
    later: bool,
    jobs: HashMap<u32, Option<Value>>,
}

/// There is no outcome: nothing was applied, and the last status stays (promise G04). What is no word of the
/// guest's own names the module, so that it is known whom to ask.
pub(super) fn failed(desk: &Desk, failure: Failure) -> Next {
    if matches!(failure, Failure::Unseen(_) | Failure::Unwatched { .. }) {
        return postponed(failure.to_string());
    }
    let said = failure.to_string();
    let mut message = match (&failure, &desk.seen.binding.module) {
        (Failure::Retry { .. } | Failure::Invalid { .. }, _) | (_, None) => conditions::shortened(&said),
        (_, Some(module)) => conditions::shortened(&format!("{}: {said}", module.label())),
    };
    if desk.seen.is_going() {
        message = format!("{} {message}", how_to_skip(&desk.seen));
    }
    let (reason, again) = match &failure {
        Failure::Retry { after, .. } => ("GuestRetry", after.map_or(Again::BACK_OFF, Again::FailedAfter)),
        Failure::Invalid { .. } => ("Invalid", Again::OnChange),
        Failure::Trap(_) => ("GuestTrapped", Again::BACK_OFF),
        Failure::Limit { .. } => ("GuestLimitExceeded", Again::BACK_OFF),
        Failure::Refused(_) | Failure::Unseen(_) | Failure::Unwatched { .. } => ("OutcomeRefused", Again::BACK_OFF),
    };
    let reason = reason.to_owned();
    let standing = match failure {
        Failure::Retry { .. } => Standing::Reconciling { reason, message: message.clone() },
        _ => Standing::Stalled { reason, message: message.clone() },
    };
    go(Reporting { standing: Some(standing), again, trouble: Some(message), ..Reporting::default() })
}

/// Something stood in the way that may go away by itself; nothing is shown on the object yet.
pub(super) fn postponed(why: String) -> Next {
    go(Reporting { again: Again::BACK_OFF, trouble: Some(why), ..Reporting::default() })
}

/// There is nothing to report: the object is going, or nobody speaks for it.
pub(super) fn gone() -> Next {
    go(Reporting::default())
}

/// A person asked for the object to be left alone.
pub(super) fn paused() -> Next {
    go(Reporting { standing: Some(Standing::Paused), ..Reporting::default() })
}

/// The object waits for a guest that is not there.
pub(super) fn guest_is_missing(seen: &Seen) -> Next {
    let message = format!("{} No module is loaded that decides for its kind", how_to_skip(seen));
    let standing = Standing::Stalled { reason: "GuestMissing".into(), message: message.clone() };
    go(Reporting { standing: Some(standing), trouble: Some(message), ..Reporting::default() })
}

/// What an object that is being deleted waits for, and how a person lets it go all the same.
fn how_to_skip(seen: &Seen) -> String {
    let (key, plural) = (&seen.object.key, &seen.binding.resource.plural);
    let namespace = key.namespace.as_ref().map(|n| format!(" --namespace {n}")).unwrap_or_default();
    format!(
        "It is being deleted and waits until its guest has finished (to let it go without: \
         kubectl annotate {plural}.{} {}{namespace} {SKIP_FINALIZE}=true).",
        key.kind.group, key.name
    )
}

/// How an object stands whose guest has been asked what is to be done before it goes.
fn finalizing(seen: &Seen, standing: Standing) -> Standing {
    let told = |message: String| format!("{} {message}", how_to_skip(seen));
    match standing {
        Standing::Paused => Standing::Paused,
        Standing::Ready { .. } => Standing::Reconciling { reason: "Finalizing".into(), message: how_to_skip(seen) },
        Standing::Reconciling { reason, message } => Standing::Reconciling { reason, message: told(message) },
        Standing::Stalled { reason, message } => Standing::Stalled { reason, message: told(message) },
    }
}

/// The object is being deleted, and only somebody's doing can bring that further.
pub(super) fn stuck(message: String) -> Next {
    let standing = Standing::Stalled { reason: "DeletionStuck".into(), message: message.clone() };
    go(Reporting { standing: Some(standing), again: Again::BACK_OFF, trouble: Some(message), ..Reporting::default() })
}

/// The object goes. The guest's last word is told; its status, where there will be an object to carry it.
pub(super) fn finished(last_word: Option<Box<Outcome>>, standing: Option<Standing>) -> Next {
    go(Reporting { outcome: last_word.map(|word| *word), standing, ..Reporting::default() })
}

/// The outcome was carried out, as far as it could be.
pub(super) fn acted(
    seen: &Seen,
    outcome: Outcome,
    children: Vec<(Verdict, Recheck)>,
    removals: Vec<(Verdict, Recheck)>,
    beside: Beside,
    prune_trouble: Vec<String>,
) -> Next {
    let count = children.len();
    let memory_of = |all: &[(Verdict, Recheck)]| all.iter().map(|(v, _)| v.clone()).collect();
    let verdicts_on_removals = memory_of(&removals);
    let verdicts_on_contributions = memory_of(&beside.contributions);
    // The rest is what the stores show, and they will show it as it is then.
    let beside_the_stores = children.iter().filter(|(v, r)| v.state == State::Waiting || *r != Recheck::OnChange);
    let verdicts_on_children = beside_the_stores.map(|(v, _)| v.clone()).collect();
    let unfinished = removals.into_iter().filter(|(v, _)| v.state != State::Absent);
    let verdicts: Vec<(Verdict, Recheck)> =
        children.into_iter().chain(unfinished).chain(beside.contributions).chain(beside.own).collect();
    let stuck: Vec<&(Verdict, Recheck)> =
        verdicts.iter().filter(|(v, _)| matches!(v.state, State::Failed | State::Conflict)).collect();
    let all = |pick: &dyn Fn(&(Verdict, Recheck)) -> bool| {
        let lines = verdicts.iter().filter(|v| pick(v)).map(|(v, _)| line(v));
        lines.collect::<Vec<_>>().join("; ")
    };
    let unready = all(&|(v, _)| v.state != State::Current);
    let transient = stuck.iter().any(|(_, r)| *r == Recheck::Transient) || !prune_trouble.is_empty();
    let refused = stuck.iter().any(|(_, r)| *r == Recheck::Refused);
    let mut trouble: Vec<String> = stuck.iter().map(|(v, _)| line(v)).collect();
    trouble.extend(prune_trouble);
    let standing = if let Some((v, _)) = stuck.iter().find(|(_, r)| *r != Recheck::Transient) {
        let reason = if v.state == State::Conflict { "Conflict" } else { "ChildFailed" };
        Some(Standing::Stalled { reason: reason.into(), message: trouble.join("; ") })
    } else if transient {
        None
    } else if !unready.is_empty() {
        Some(Standing::Reconciling { reason: "ChildrenNotReady".into(), message: unready })
    } else if let Some(hold) = &outcome.hold {
        Some(Standing::Reconciling { reason: hold.reason.clone(), message: hold.message.clone() })
    } else {
        Some(Standing::Ready { children: count })
    };
    let standing = standing.map(|s| if seen.is_going() { finalizing(seen, s) } else { s });
    let soonest = verdicts.iter().filter_map(|(_, r)| match r {
        Recheck::After(ms) => Some((*ms, Due::Recheck)),
        _ => None,
    });
    let again = if transient || refused { Again::BACK_OFF } else { Again::OnChange };
    let again = soonest.chain(outcome.requeue_after.map(|ms| (ms, Due::Requeue))).fold(again, Again::no_later_than);
    let trouble = (!trouble.is_empty()).then(|| trouble.join("; "));
    let culprit = stuck.iter().find(|(_, r)| *r != Recheck::Transient).map(|(v, _)| v.key.clone());
    go(Reporting {
        outcome: Some(outcome),
        standing,
        verdicts: verdicts_on_children,
        removals: verdicts_on_removals,
        contributions: verdicts_on_contributions,
        again,
        trouble,
        culprit,
        ..Reporting::default()
    })
}

/// The guest said what it had said when the object came to rest, and all is as it was left then.
pub(super) fn unchanged(desk: &mut Desk, outcome: Outcome) -> Next {
    let again = outcome.requeue_after.map_or(Again::OnChange, |ms| Again::After(ms, Due::Requeue));
    let removals = desk.seen.memory.removals.clone();
    finish_when_answered(desk, Reporting { outcome: Some(outcome), again, removals, ..Reporting::default() })
}

fn go(reporting: Reporting) -> Next {
    Next::Go(Phase::Reporting(Box::new(reporting)))
}

fn line(verdict: &Verdict) -> String {
    match (&verdict.state, verdict.message.as_str()) {
        (state, "") => format!("{}: {}", verdict.key, format!("{state:?}").to_lowercase()),
        (_, message) => format!("{}: {message}", verdict.key),
    }
}

/// Whether how the object stands can be told by the next look, which what was written brings about. In a sweep the
/// children of all objects go first; but trouble is told at once, and no object shows itself ready that is not.
fn can_wait(desk: &Desk, reporting: &Reporting) -> bool {
    let is_well = matches!(reporting.standing, Some(Standing::Ready { .. } | Standing::Reconciling { .. }));
    let says_more = reporting.trouble.is_some() || desk.seen.unsettled.is_some() || desk.seen.is_going();
    desk.seen.is_ahead
        && is_well
        && !says_more
        && !desk.written.is_empty()
        && conditions::health(&desk.seen.object.status()) != Some(Health::Ready)
}

/// Sends the status patch and the Events that are due.
pub(super) fn begin(desk: &mut Desk, mut reporting: Reporting) -> Next {
    if can_wait(desk, &reporting) {
        reporting.later = true;
        return finish_when_answered(desk, reporting);
    }
    let hidden = reporting.standing.is_none() && desk.seen.failures + 1 >= SHOW_TRANSIENT_AFTER;
    if let (true, Some(trouble)) = (hidden, &reporting.trouble) {
        let (reason, message) = ("Retrying".to_owned(), trouble.clone());
        reporting.standing = Some(Standing::Reconciling { reason, message });
    }
    let says_more = matches!(reporting.standing, Some(Standing::Paused | Standing::Stalled { .. }));
    if let Some(why) = desk.seen.unsettled.as_ref().filter(|_| !says_more) {
        reporting.standing = Some(Standing::Stalled { reason: "HotLoop".into(), message: why.clone() });
    }
    let patch = status_patch(desk, &reporting);
    let own = match &reporting.standing {
        Some(Standing::Stalled { reason, message }) => {
            Some(Trouble { reason, message, culprit: reporting.culprit.clone() })
        }
        _ => None,
    };
    let said = reporting.outcome.as_ref().map(|o| o.events.clone());
    // After a reconcile without an outcome, the status that this process wrote for it says nothing of the guest's.
    let put_back = |patch: &Value| {
        let told = &desk.seen.memory.told;
        told.is_first() && told.found.is_some() && events::leaves_the_guests(&desk.seen.object, patch)
    };
    let status_stays = patch.as_ref().is_none_or(put_back);
    let events = events::due(desk, said, own, status_stays);
    if let Some(patch) = patch {
        let object = &desk.seen.object;
        let at = Address {
            resource: desk.seen.binding.resource.clone(),
            namespace: object.key.namespace.clone(),
            name: object.key.name.clone(),
        };
        let mut whole = json!({ "status": patch });
        whole["metadata"] = json!({ "resourceVersion": object.meta.resource_version });
        let id = desk.act(Action::Merge { at, status: true, patch: whole });
        reporting.jobs.insert(id, Some(patch));
    }
    for event in events {
        let id = desk.act(event);
        reporting.jobs.insert(id, None);
    }
    finish_when_answered(desk, reporting)
}

/// A patch or an Event was answered. A status that could not be written is tried again; an Event is not.
pub(super) fn done(desk: &mut Desk, mut reporting: Reporting, id: u32, done: Done) -> Next {
    if let Some(Some(patch)) = reporting.jobs.remove(&id) {
        match done {
            Done::Object { object, .. } => {
                let futile = object.meta.resource_version == desk.seen.object.meta.resource_version;
                desk.seen.memory.futile_patch = futile.then_some(patch);
                desk.wrote(Some(&desk.seen.object.clone()), &object, "wrote the status of");
                desk.seen.object = object;
            }
            Done::NotFound(_) => {}
            Done::Conflict(_) => reporting.again = reporting.again.failed(),
            other => {
                reporting.again = reporting.again.failed();
                let why = format!("its status cannot be written: {}", super::act::words(&other));
                reporting.trouble.get_or_insert(why);
            }
        }
    }
    finish_when_answered(desk, reporting)
}

fn finish_when_answered(desk: &mut Desk, reporting: Reporting) -> Next {
    if !reporting.jobs.is_empty() {
        return Next::Wait(Phase::Reporting(Box::new(reporting)));
    }
    let reached = desk.reads.iter().filter_map(|read| match read {
        Read::Reached { at, answer: false } => Some(((at - desk.seen.now_ms).max(1).unsigned_abs(), Due::Clock)),
        _ => None,
    });
    let unknown = unanswered::trouble(desk);
    let again = if unknown.is_some() { reporting.again.failed() } else { reporting.again };
    let again = reached.fold(again, Again::no_later_than).no_sooner_than(desk.wait_ms);
    let trouble = reporting.trouble.or(unknown);
    let ending = settled::Ending {
        outcome: reporting.outcome.as_ref(),
        verdicts: &reporting.verdicts,
        removals: &reporting.removals,
        trouble: trouble.is_some(),
        again,
    };
    let settled = if reporting.later { None } else { settled::settled(desk, &ending) };
    let changes = std::mem::take(&mut desk.changes);
    let mut memory = Memory { settled, ..std::mem::take(&mut desk.seen.memory) };
    // What the last outcome came to holds until another one is carried out.
    if reporting.outcome.is_some() {
        memory.verdicts = reporting.verdicts;
        memory.contributions = reporting.contributions;
        memory.removals = reporting.removals;
    }
    let health = match &reporting.standing {
        Some(standing) => standing.health(),
        None => trouble.clone().map(Health::Waiting),
    };
    let ended = Ended { again, memory, changes, trouble, health, skipped: false, owes_a_word: reporting.later };
    desk.outputs.push(Output::End(Box::new(ended)));
    Next::Wait(Phase::Over)
}

/// The merge patch of the status; none where it is as it should be, or cannot be written.
fn status_patch(desk: &Desk, reporting: &Reporting) -> Option<Value> {
    let (seen, support) = (&desk.seen, desk.seen.binding.status);
    let standing = reporting.standing.as_ref().filter(|_| support.subresource)?;
    let live = seen.object.status();
    let mut wanted: Map<String, Value> = live.as_object().cloned().unwrap_or_default();
    if let Some(said) = reporting.outcome.as_ref().and_then(|o| o.status.as_deref()) {
        wanted.retain(|field, _| matches!(field.as_str(), "conditions" | "observedGeneration"));
        if let Ok(Value::Object(said)) = serde_json::from_str(said) {
            wanted.extend(
                said.into_iter().filter(|(k, v)| !v.is_null() && k != "conditions" && k != "observedGeneration"),
            );
        }
    }
    let generation = seen.object.meta.generation;
    if support.observed_generation {
        wanted.insert("observedGeneration".into(), generation.into());
    }
    if support.conditions {
        let existing = live["conditions"].as_array().cloned().unwrap_or_default();
        let said = reporting.outcome.as_ref().map(|o| o.conditions.as_slice());
        let set: Vec<_> = standing.conditions().into_iter().chain(said.unwrap_or_default().iter().cloned()).collect();
        // Without an outcome the guest's conditions stay; with one, those that it left out go.
        let now = conditions::timestamp(seen.now_ms);
        let list = conditions::merged(&existing, &set, |_| said.is_none(), generation, &now);
        wanted.insert("conditions".into(), Value::Array(list));
    }
    let patch = conditions::merge_patch(&live, &Value::Object(wanted))?;
    (seen.memory.futile_patch.as_ref() != Some(&patch)).then_some(patch)
}
