//! The Events of a reconcile: the guest's own, and one for what a person can mend.

use serde_json::Value;

use super::Desk;
use crate::action::Action;
use crate::binding::Binding;
use crate::conditions;
use crate::contract::{Event, EventType};
use crate::kind::Key;
use crate::object::Object;

/// The longest note of an Event, in bytes (validation of events.k8s.io/v1).
const LONGEST_NOTE: usize = 1024;

/// What stands in the way, for people.
pub(super) struct Trouble<'a> {
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
    /// The object that it is about beside this one.
    pub(super) culprit: Option<Key>,
}

/// What is to be told. `said` are the guest's Events, none where there is no outcome; what the object shows already
/// is not told again. `status_stays`: what an outcome says of the status is what the object shows.
pub(super) fn due(
    desk: &mut Desk,
    said: Option<Vec<Event>>,
    trouble: Option<Trouble<'_>>,
    status_stays: bool,
) -> Vec<Action> {
    let seen = &mut desk.seen;
    let about = seen.object.clone();
    // Kinds that show no generation may be told the same again by the next process.
    let told = &mut seen.memory.told;
    if said.is_none() && told.is_first() && told.found.is_none() {
        told.found = Some(shown_generation(&about).filter(|_| is_ready(&about)));
    }
    let shown = told.found.unwrap_or_else(|| shown_generation(&about));
    let is_shown = shown == Some(about.meta.generation);
    let nothing_new = is_shown && status_stays && desk.changes.is_empty();
    let own = trouble.as_ref().map(|t| event(t, &seen.binding));
    let is_news = trouble.as_ref().is_some_and(|trouble| !shows(&about, trouble));
    let culprit = |event: &Event| trouble.as_ref().filter(|_| own.as_ref() == Some(event))?.culprit.clone();
    let due = seen.memory.told.due(seen.now_ms, said, own.clone().filter(|_| is_news), nothing_new);
    due.into_iter()
        .map(|(event, times)| Action::Event {
            about: about.clone(),
            related: culprit(&event).map(Box::new),
            event,
            times,
        })
        .collect()
}

/// What happened, and what a person can do. What is too long for an Event is in the condition.
fn event(trouble: &Trouble<'_>, binding: &Binding) -> Event {
    let advice = advice(trouble.reason, binding).unwrap_or_default();
    let mut message =
        conditions::cut(trouble.message, LONGEST_NOTE.saturating_sub(advice.len() + 2).max(LONGEST_NOTE / 2));
    if !advice.is_empty() {
        let stop = if message.ends_with(['.', '!', '?']) { " " } else { ". " };
        message = format!("{message}{stop}{advice}");
    }
    Event { kind: EventType::Warning, reason: trouble.reason.to_owned(), action: "Reconcile".into(), message }
}

/// Whether the object's conditions say so already.
fn shows(object: &Object, trouble: &Trouble<'_>) -> bool {
    let message = conditions::shortened(trouble.message);
    condition(object, "Stalled").is_some_and(|c| c["status"] == "True" && c["message"] == message)
}

/// The generation that an earlier reconcile was about, as the object shows.
fn shown_generation(object: &Object) -> Option<i64> {
    condition(object, "Ready")?["observedGeneration"].as_i64()
}

/// Whether the object shows that an outcome was carried out. Whatever else it shows, perhaps none was.
fn is_ready(object: &Object) -> bool {
    condition(object, "Ready").is_some_and(|ready| ready["status"] == "True")
}

/// Whether a patch of the status leaves alone what a guest says there.
pub(super) fn leaves_the_guests(object: &Object, patch: &Value) -> bool {
    let live = object.status();
    let guests = |of: &Value| -> Vec<Value> {
        let mut all = of["conditions"].as_array().cloned().unwrap_or_default();
        conditions::keep_the_guests(&mut all);
        all
    };
    patch.as_object().is_some_and(|fields| {
        fields.keys().all(|field| match field.as_str() {
            "conditions" => guests(&live) == guests(patch),
            field => field == "observedGeneration",
        })
    })
}

fn condition(object: &Object, kind: &str) -> Option<Value> {
    object.status()["conditions"].as_array()?.iter().find(|c| c["type"] == kind).cloned()
}

/// A sentence for a reason of the host's own; none where its message says it all.
fn advice(reason: &str, binding: &Binding) -> Option<String> {
    let reconciler = &binding.reconciler;
    let module = binding.module.as_ref().map_or(reconciler.as_str(), |m| m.manifest.name.as_str());
    Some(match reason {
        "Invalid" => "Correct the object: it is looked at again when it changes.".into(),
        "GuestTrapped" => format!("This is a bug in the module {module}: mend it. Until then nothing is changed."),
        "GuestLimitExceeded" => {
            format!(
                "Mend the module {module}, or raise spec.limits of Reconciler {reconciler}. Until then nothing is changed."
            )
        }
        "OutcomeRefused" => {
            format!(
                "Nothing was applied. Mend the module {module}, or widen spec.permissions of Reconciler {reconciler}."
            )
        }
        "Conflict" => "Rename or remove what is in the way; it is tried again by itself.".into(),
        "ChildFailed" => "Look at that child with kubectl describe; it is tried again by itself.".into(),
        "GuestMissing" => format!("Load the module {module} again."),
        _ => return None,
    })
}
