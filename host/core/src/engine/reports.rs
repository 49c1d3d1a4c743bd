//! The status of Reconcilers: what it should say, and writing it when it says something else.

use serde_json::{Value, json};

use super::reconciler_conditions::standing;
use super::reconcilers::{Bound, Declared, address};
use super::remembered::{history, rejected, spent};
use super::watches::{CRDS, RECONCILERS};
use super::{Engine, Owner};
use crate::action::{Action, Done};
use crate::conditions;
use crate::kind::GroupKind;
use crate::object::short;
use crate::reconciler::{Objects, Served, Status, news};
use crate::step::Told;
use crate::store::Store;

/// The shortest time between two writes of counts, in milliseconds.
const COUNTS_EVERY_MS: u64 = 5_000;

/// How far the reporting of one Reconciler is.
#[derive(Debug)]
pub(super) struct Reporting {
    /// The patch that is on its way, and the resourceVersion that it was made for.
    sent: Option<(String, Value)>,
    /// A patch that changed nothing: the schema drops some of it.
    futile: Option<Value>,
    /// What it comes to changed, and the log has not said so.
    pub(super) unsaid: bool,
    counts_dirty: bool,
    counts_at_ms: u64,
    /// After a write that failed: not again before this moment.
    not_before_ms: u64,
    /// What the status said before a write of which Events are to tell still.
    untold: Option<Box<Status>>,
    told: Told,
}

impl Default for Reporting {
    fn default() -> Self {
        Self {
            sent: None,
            futile: None,
            unsaid: true,
            counts_dirty: true,
            counts_at_ms: 0,
            not_before_ms: 0,
            untold: None,
            told: Told::default(),
        }
    }
}

impl Reporting {
    /// It is about another Reconciler of that name: what was said of the one before is not told of this one.
    pub(super) fn is_of_another(&mut self) {
        (self.untold, self.told) = (None, Told::default());
    }

    /// What is counted has changed.
    pub(super) fn count_again(&mut self) {
        self.counts_dirty = true;
    }

    /// When it is due by time alone: its counts have changed, or a write failed.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let retry = self.not_before_ms;
        let counts = self.counts_dirty.then_some(self.counts_at_ms + COUNTS_EVERY_MS);
        let due = counts.map(|at| at.max(retry)).or((retry > 0).then_some(retry));
        due.filter(|_| self.sent.is_none())
    }
}

impl Engine {
    /// Something about the objects of a kind changed: counts may have.
    pub(super) fn count_changed(&mut self, kind: &GroupKind) {
        self.reconcilers
            .values_mut()
            .filter(|d| d.kind().as_ref() == Some(kind))
            .for_each(|d| d.reporting.counts_dirty = true);
    }

    /// Whether what is missing is truly missing, and has not only not come yet.
    pub(super) fn may_report(&self) -> bool {
        let seen = [&*CRDS, &*RECONCILERS].iter().all(|w| self.stores.filled(w).is_some());
        self.modules_read && seen
    }

    /// Writes the status of every Reconciler whose status is not as it should be.
    pub(super) fn report_reconcilers(&mut self) {
        let now = self.now.mono_ms;
        let due = |d: &Declared| d.reporting.due_ms().is_some_and(|at| at <= now);
        if !self.may_report() {
            return;
        }
        if !std::mem::take(&mut self.report_due) && !self.reconcilers.values().any(due) {
            return;
        }
        self.say_what_is_not_served();
        let idle = |(name, d): &(&String, &Declared)| d.reporting.sent.is_none() && !self.is_written(name, |_| false);
        let names: Vec<String> = self.reconcilers.iter().filter(idle).map(|(n, _)| n.clone()).collect();
        for name in names {
            self.tell_news(&name);
            if let Some((live, wanted)) = self.reconciler_status(&name) {
                self.write_reconciler(&name, &live, &wanted);
            }
        }
    }

    /// What a Reconciler does not come to is worth a line in the log, once.
    fn say_what_is_not_served(&mut self) {
        let mut notes = Vec::new();
        let waiting: Vec<String> = self.reconcilers.keys().filter(|name| self.awaits_module(name)).cloned().collect();
        for (name, declared) in &mut self.reconcilers {
            if waiting.contains(name) || !std::mem::take(&mut declared.reporting.unsaid) {
                continue;
            }
            match &declared.bound {
                Bound::Not { why: (_, message) }
                | Bound::Finishing { why: (_, message), .. }
                | Bound::Serving { waits: Some((_, message)), .. } => {
                    notes.push(format!("Reconciler {name}: {message}"));
                }
                Bound::Serving { waits: None, .. } => {}
            }
        }
        notes.into_iter().for_each(|text| self.note(true, text));
    }

    fn reconciler_status(&mut self, name: &str) -> Option<(Value, Value)> {
        let now = self.now;
        let declared = self.reconcilers.get(name)?;
        // A new process reads its module from the cluster first: until then it serves as it did.
        if now.mono_ms < declared.reporting.not_before_ms || self.awaits_module(name) {
            return None;
        }
        let live = declared.object.status();
        let module = self.service.of(name);
        let controller =
            declared.kind().and_then(|k| self.controllers.get(&k)).filter(|c| c.binding.reconciler == name);
        let said_ready = said_ready(&live);
        let mut set = standing(declared, &self.progress(controller, said_ready), self.modules.is_offered(name));
        set.extend(self.beside(name, declared));
        let existing = live["conditions"].as_array().cloned().unwrap_or_default();
        let generation = declared.object.meta.generation;
        let time = conditions::timestamp(now.wall_ms);
        let list = conditions::merged(&existing, &set, |_| true, generation, &time);
        let mut wanted = live.clone();
        let map = wanted.as_object_mut()?;
        map.insert("observedGeneration".into(), generation.into());
        map.insert("conditions".into(), Value::Array(list));
        if let Some(kind) = declared.kind() {
            map.insert("for".into(), json!(kind));
        }
        if let Some(module) = module {
            map.insert("digest".into(), module.digest.clone().into());
            map.insert("shortDigest".into(), short(&module.digest).into());
            map.insert("version".into(), module.manifest.version.clone().into());
            let source = declared.spec.as_ref().map(|spec| spec.module.word()).unwrap_or_default();
            let served = Served {
                digest: module.digest.clone(),
                version: module.manifest.version.clone(),
                source: source.to_owned(),
                since: time.clone(),
                kept: false,
            };
            let is_kept = |digest: &str| self.keeping.is_kept(digest);
            map.insert("history".into(), json!(history(&declared.status.history, served, is_kept)));
            let rolling = self.underway(name).map(|(module, _)| &module.digest);
            let left = self.left_of_late(name).map(|left| &left.digest);
            match spent(declared, [Some(&module.digest), rolling, left]) {
                spent if spent.is_empty() => drop(map.remove("spent")),
                spent => drop(map.insert("spent".into(), json!(spent))),
            }
            match rejected(declared, module, (rolling, self.left_of_late(name)), &time) {
                rejected if rejected.is_empty() => drop(map.remove("rejected")),
                rejected => drop(map.insert("rejected".into(), json!(rejected))),
            }
        }
        if let Some(plan) = self.plans.last(name) {
            map.insert("plan".into(), json!(plan));
        }
        let watch = controller.map(|c| c.objects.clone());
        let store = watch.and_then(|w| self.stores.filled(&w));
        let due = declared.reporting.counts_dirty && now.mono_ms >= declared.reporting.counts_at_ms + COUNTS_EVERY_MS;
        if let Some(store) = store.filter(|_| due) {
            map.insert("objects".into(), json!(count(store)));
        }
        let counted = due && store.is_some();
        match self.rolling(name, declared.status.rollout.as_ref(), &time, counted) {
            Some(rolling) => drop(map.insert("rollout".into(), json!(rolling))),
            // Where no module is in service, nobody knows how far it is: it stays as it was.
            None if module.is_some() => drop(map.remove("rollout")),
            None => {}
        }
        let reporting = &mut self.reconcilers.get_mut(name)?.reporting;
        reporting.not_before_ms = 0;
        if due {
            (reporting.counts_dirty, reporting.counts_at_ms) = (!counted, now.mono_ms);
        }
        (live != wanted).then_some((live, wanted))
    }

    fn write_reconciler(&mut self, name: &str, live: &Value, wanted: &Value) {
        let Some(patch) = conditions::merge_patch(live, wanted) else { return };
        let Some(declared) = self.reconcilers.get_mut(name) else { return };
        if declared.reporting.futile.as_ref() == Some(&patch) {
            return;
        }
        declared.reporting.untold.get_or_insert_with(|| Box::new(declared.status.clone()));
        declared.reporting.sent = Some((declared.object.meta.resource_version.clone(), patch.clone()));
        let at = address(name);
        let action = Action::Merge { at: at.clone(), status: true, patch: json!({ "status": patch }) };
        self.act(Owner::Reconciler(name.to_owned()), at.key(), action);
    }

    /// Tells in Events what the status says since it was written.
    fn tell_news(&mut self, name: &str) {
        let Some(declared) = self.reconcilers.get_mut(name) else { return };
        let Declared { object, status, reporting, .. } = declared;
        let Some(before) = reporting.untold.take_if(|before| **before != *status) else { return };
        let now_ms = self.now.wall_ms;
        let due: Vec<_> =
            news(name, &before, status).into_iter().filter_map(|event| reporting.told.tell(now_ms, event)).collect();
        let about = object.clone();
        for (event, times) in due {
            let action = Action::Event { about: about.clone(), event, times, related: None };
            self.act(Owner::Telling(name.to_owned()), about.key.clone(), action);
        }
    }

    /// An Event was answered. It is not tried again: the status says the same.
    pub(super) fn news_told(&mut self, name: &str, done: &Done) {
        if *done != Done::Accepted {
            self.note(true, format!("an Event about Reconciler {name} cannot be written: {done:?}"));
        }
    }

    /// A write to a Reconciler was answered.
    pub(super) fn reconciler_written(&mut self, name: &str, done: Done) {
        let now = self.now.mono_ms;
        self.report_due = true;
        let (mut failed, mut accepted) = (None, None);
        match &done {
            Done::Object { object, .. } => {
                accepted = Some(object.meta.resource_version.clone());
                self.reconciler_answered(object);
            }
            Done::NotFound(_) => self.reconciler_is_missing(name),
            Done::Accepted | Done::Conflict(_) => {}
            other => failed = Some(format!("Reconciler {name} cannot be written: {other:?}")),
        }
        if let Some(declared) = self.reconcilers.get_mut(name) {
            let reporting = &mut declared.reporting;
            // A patch that was not taken, or not kept, is not sent again before the watch could tell why.
            let sent = reporting.sent.take();
            reporting.futile = sent.filter(|(version, _)| accepted.as_ref() == Some(version)).map(|(_, patch)| patch);
            let again_at_once = accepted.is_some() && reporting.futile.is_none();
            reporting.counts_dirty |= accepted.is_none();
            reporting.not_before_ms = if again_at_once { 0 } else { now + COUNTS_EVERY_MS };
        }
        if let Some(text) = failed {
            self.note(true, text);
        }
    }
}

fn count(store: &Store) -> Objects {
    let mut counts = Objects { total: u32::try_from(store.len()).unwrap_or(u32::MAX), ..Objects::default() };
    for object in store.all() {
        let value = object.value();
        let holds = |kind: &str| {
            let list = value.pointer("/status/conditions").and_then(Value::as_array);
            list.is_some_and(|l| l.iter().any(|c| c["type"] == kind && c["status"] == "True"))
        };
        counts.ready += u32::from(holds("Ready"));
        counts.failing += u32::from(holds("Stalled"));
    }
    counts
}

fn said_ready(status: &Value) -> bool {
    let conditions = status["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}
