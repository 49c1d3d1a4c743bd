//! What a Reconciler's status says newly, as Events: which module decides, how far one takes over, which was left, what a plan
//! found, and what a module waits for.
//!
//! They follow from two versions of the status alone. So a new process tells nothing again, and what is told is what can be
//! read there.

use super::{Condition, Rejected, Served, Status, went_back};
use crate::contract::{Event, EventType};
use crate::object::short;

/// Conditions of these reasons pass by themselves, and soon.
const PASSING: [&str; 6] = ["Pending", "Loading", "PlanRunning", "CRDPending", "FillingStores", "KindNotEstablished"];

/// Conditions of these reasons say that all is as somebody wanted it, and that it goes on when somebody says so.
const BY_DESIGN: [&str; 2] = ["ApprovalNeeded", LEFT];

/// The reason where a module was left for another one.
const LEFT: &str = "RolledBack";

/// What is to be told of the Reconciler of that name, whose status was `before` and is `after`.
pub fn news(name: &str, before: &Status, after: &Status) -> Vec<Event> {
    let left = left(name, before, after);
    let is_left = left.is_some();
    let mut all: Vec<Event> = left.into_iter().chain(decides(before, after)).collect();
    all.extend(step(before, after));
    all.extend(plan(before, after));
    let troubles = troubles(after);
    let known = self::troubles(before);
    let new = troubles.into_iter().filter(|trouble| !known.contains(trouble));
    all.extend(new.filter(|(reason, _)| !is_left || *reason != LEFT).map(|(reason, message)| {
        let is_wanted = BY_DESIGN.contains(&reason);
        event(if is_wanted { EventType::Normal } else { EventType::Warning }, reason, "Load", message.to_owned())
    }));
    all
}

fn event(kind: EventType, reason: &str, action: &str, message: String) -> Event {
    Event { kind, reason: reason.to_owned(), action: action.to_owned(), message }
}

fn module(served: &Served) -> String {
    let from = match &*served.source {
        "pushed" => "pushed",
        "folder" => "from the folder",
        "configMap" => "from a ConfigMap",
        "configMaps" => "from ConfigMaps",
        "url" => "from its URL",
        other => other,
    };
    format!("{} (version {}, {from})", short(&served.digest), served.version)
}

/// Another module decides.
fn decides(before: &Status, after: &Status) -> Option<Event> {
    let digest = after.digest.as_ref().filter(|digest| before.digest.as_ref() != Some(digest))?;
    let served = after.history.first().filter(|served| served.digest == *digest)?;
    // That is told as the way back that it is.
    if new_rejections(before, after).any(|left| left.why == went_back(digest)) {
        return None;
    }
    let last = before.digest.as_deref().map(|last| format!("; before it, {} did", short(last))).unwrap_or_default();
    let module = module(served);
    let (reason, action, text) = match before.is_rolling(digest) {
        true => ("RolloutFinished", "RollOut", format!("module {module} decides for every object{last}")),
        false => ("ModuleSwapped", "Swap", format!("module {module} decides{last}")),
    };
    Some(event(EventType::Normal, reason, action, text))
}

fn new_rejections<'a>(before: &'a Status, after: &'a Status) -> impl Iterator<Item = &'a Rejected> {
    after.rejected.iter().filter(|left| !before.rejected.contains(left))
}

/// A module was left for the one before it.
fn left(name: &str, before: &Status, after: &Status) -> Option<Event> {
    let left = new_rejections(before, after).next()?;
    let decides = after.digest.as_deref().unwrap_or_default();
    let (gone, now) = (short(&left.digest), short(decides));
    let again = format!("{gone} decides again only if somebody pushes it, or says so: innkeeper approve {name}");
    let (kind, text) = match left.why == went_back(decides) {
        true => (EventType::Normal, format!("somebody went back to module {now}, which decides; {again}")),
        false => {
            (EventType::Warning, format!("module {gone} was left for {now}, which decides: {}. {again}", left.why))
        }
    };
    Some(event(kind, LEFT, "RollBack", text))
}

/// Another module takes over, or does so for more objects.
fn step(before: &Status, after: &Status) -> Option<Event> {
    let on = after.rollout.as_ref()?;
    if before.rollout.as_ref().is_some_and(|was| (&was.digest, &was.taken) == (&on.digest, &on.taken)) {
        return None;
    }
    let last = after.digest.as_deref().map(|last| format!(" from {}", short(last))).unwrap_or_default();
    let (step, steps, module) = (on.step, on.steps, short(&on.digest));
    let reached = on.taken.last().map_or("none", String::as_str);
    let text = format!("module {module} (version {}) takes over{last}: step {step} of {steps} ({reached})", on.version);
    Some(event(EventType::Normal, "RolloutStep", "RollOut", text))
}

/// A plan was made, and says something else than the one before.
fn plan(before: &Status, after: &Status) -> Option<Event> {
    let plan = after.plan.as_ref()?;
    if before.plan.as_ref().is_some_and(|was| (&was.digest, &was.counts) == (&plan.digest, &plan.counts)) {
        return None;
    }
    let example = plan.examples.first().map(|example| format!("; {example}")).unwrap_or_default();
    let text = format!("with module {}, {}{example}", short(&plan.digest), plan.counts.sentence());
    Some(event(EventType::Normal, "PlanMade", "Plan", text))
}

/// Why the module that is named does not decide, or none does, each reason once.
fn troubles(status: &Status) -> Vec<(&str, &str)> {
    let find = |kind: &str, is: &str| status.conditions.iter().find(|c| c.kind == kind && c.status == is);
    let conditions = [find("Loaded", "False"), find("Stalled", "True")].into_iter().flatten();
    let mut all: Vec<(&str, &str)> = Vec::new();
    for Condition { reason, message, .. } in conditions.filter(|c| !PASSING.contains(&&*c.reason)) {
        if !all.iter().any(|(known, _)| known == reason) {
            all.push((reason, message));
        }
    }
    all
}
