//! Reconcilers: what people declared, which module and kind it comes to, and the status that says so.

use std::sync::Arc;

use serde_json::{Value, json};

use super::watches::RECONCILERS;
use super::{Engine, Owner};
use crate::action::{Action, Done};
use crate::conditions;
use crate::contract::{Condition, ConditionStatus};
use crate::kind::GroupKind;
use crate::object::Object;
use crate::permissions::Permissions;
use crate::reconciler::{Folder, Objects, Source, Spec, Status};
use crate::resource::{Address, Resource};
use crate::store::Change;

/// The shortest time between two writes of counts, in milliseconds.
const COUNTS_EVERY_MS: u64 = 5_000;

/// One Reconciler as it is declared, and what it comes to.
#[derive(Debug)]
pub(super) struct Declared {
    object: Arc<Object>,
    pub(super) spec: Result<Spec, String>,
    pub(super) status: Status,
    pub(super) bound: Bound,
    writing: bool,
    counts_dirty: bool,
    counts_at_ms: u64,
    /// After a write that failed: not again before this moment.
    not_before_ms: u64,
}

/// What a Reconciler comes to.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    /// A controller keeps that kind.
    Serving { resource: Arc<Resource>, waits: Option<(&'static str, String)> },
    /// It does not: the reason in CamelCase, and for people what to do.
    Not { reason: &'static str, message: String },
}

impl Declared {
    /// When its counts may be written again, if they have changed.
    pub(super) fn counts_due_ms(&self) -> Option<u64> {
        let retry = (self.not_before_ms > 0).then_some(self.not_before_ms);
        (self.counts_dirty && !self.writing).then(|| self.counts_at_ms + COUNTS_EVERY_MS).into_iter().chain(retry).min()
    }

    fn kind(&self) -> Option<GroupKind> {
        match &self.bound {
            Bound::Serving { resource, .. } => Some(resource.kind.group_kind()),
            Bound::Not { .. } => self.status.kind.clone(),
        }
    }
}

impl Engine {
    /// A Reconciler is there, changed, or gone. Says whether controllers must be arranged anew.
    pub(super) fn reconciler_changed(&mut self, change: &Change) -> bool {
        let Some(object) = &change.after else {
            return change.before.as_ref().is_some_and(|o| self.reconcilers.remove(&o.key.name).is_some());
        };
        let whole = object.value();
        let spec = serde_json::from_value(whole["spec"].clone()).map_err(|e| format!("spec: {e}"));
        let status = serde_json::from_value(whole["status"].clone()).unwrap_or_default();
        let not = Bound::Not { reason: "Pending", message: String::new() };
        self.report_due = true;
        match self.reconcilers.get_mut(&object.key.name) {
            // The answer to our own write may come before the watch tells of an earlier one.
            Some(old) if old.object.meta.uid == object.meta.uid && version(&old.object) > version(object) => false,
            Some(old) => {
                let same = old.spec == spec && old.object.meta.uid == object.meta.uid;
                (old.object, old.spec, old.status) = (object.clone(), spec, status);
                !same
            }
            None => {
                let (object, bound) = (object.clone(), not);
                let (writing, counts_dirty, counts_at_ms, not_before_ms) = (false, true, 0, 0);
                let new = Declared { object, spec, status, bound, writing, counts_dirty, counts_at_ms, not_before_ms };
                self.reconcilers.insert(new.object.key.name.clone(), new);
                true
            }
        }
    }

    /// Every module that serves has its Reconciler: the host makes the missing ones.
    pub(super) fn create_reconcilers(&mut self) {
        if !self.stores.get(&RECONCILERS).is_some_and(crate::store::Store::is_filled) {
            return;
        }
        let creating = |name: &str| self.actions.values().any(|o| matches!(o, Owner::Reconciler(n) if n == name));
        let missing: Vec<_> = self
            .modules
            .all()
            .map(|(_, module)| module.manifest.clone())
            .filter(|m| !self.reconcilers.contains_key(&m.name) && !creating(&m.name))
            .collect();
        for manifest in missing {
            let spec = Spec {
                module: Source { folder: Some(Folder {}) },
                kind: Some(manifest.serves.group_kind()),
                permissions: Permissions::first(&manifest),
                ..Spec::default()
            };
            let at = address(&manifest.name);
            let object = json!({
                "apiVersion": at.resource.kind.api_version(),
                "kind": at.resource.kind.kind,
                "metadata": {"name": manifest.name},
                "spec": spec,
            });
            self.act(Owner::Reconciler(manifest.name.clone()), at.key(), Action::Create { at, manifest: object });
        }
    }

    /// Works out what each Reconciler comes to. Of two for one kind the older serves.
    pub(super) fn bind_reconcilers(&mut self) {
        let mut order: Vec<(String, String)> = self
            .reconcilers
            .iter()
            .map(|(name, d)| {
                let value = d.object.value();
                (
                    value.pointer("/metadata/creationTimestamp").and_then(Value::as_str).unwrap_or("").to_owned(),
                    name.clone(),
                )
            })
            .collect();
        order.sort();
        let mut taken: std::collections::BTreeMap<GroupKind, String> = std::collections::BTreeMap::new();
        for (_, name) in order {
            let mut bound = self.bind(&name);
            if let Bound::Serving { resource, .. } = &bound {
                let kind = resource.kind.group_kind();
                match taken.get(&kind) {
                    Some(other) => {
                        let message = format!("Reconciler {other} keeps {kind} already; delete one of them");
                        bound = Bound::Not { reason: "KindTaken", message };
                    }
                    None => {
                        taken.insert(kind, name.clone());
                    }
                }
            }
            if let Some(declared) = self.reconcilers.get_mut(&name) {
                declared.bound = bound;
            }
        }
    }

    fn bind(&self, name: &str) -> Bound {
        let not = |reason, message: String| Bound::Not { reason, message };
        let Some(declared) = self.reconcilers.get(name) else { return not("Gone", String::new()) };
        let spec = match &declared.spec {
            Ok(spec) => spec,
            Err(e) => return not("InvalidSpec", e.clone()),
        };
        if let Err(e) = spec.limits.clone().unwrap_or_default().resolve() {
            return not("InvalidSpec", e);
        }
        let module = self.modules.named(name);
        let serves = module.map(|m| &m.manifest.serves);
        let kind = serves.map(crate::kind::Kind::group_kind).or(spec.kind.clone()).or(declared.status.kind.clone());
        let Some(kind) = kind else {
            return not("ModuleMissing", format!("no module named {name} is in the folder that the host watches"));
        };
        if let Some(other) = spec.kind.as_ref().filter(|k| **k != kind) {
            return not("WrongKind", format!("spec.for says {other}, but its module decides for {kind}"));
        }
        let Some(crd) = self.catalog.crd(&kind) else {
            return not("KindNotFound", format!("no CustomResourceDefinition serves {kind}; apply its CRD"));
        };
        if !crd.established {
            return not("KindNotEstablished", format!("the API server does not serve {} yet", crd.name));
        }
        let found = match serves {
            Some(kind) => crd.versions.iter().find(|(r, _)| r.kind == *kind),
            None => crd.versions.first(),
        };
        let Some((resource, support)) = found else {
            let version = serves.map(|k| k.version.clone()).unwrap_or_default();
            return not("VersionNotServed", format!("{} does not serve version {version}", crd.name));
        };
        let waits = if module.is_none() {
            Some(("ModuleMissing", format!("no module named {name} is in the folder that the host watches")))
        } else if spec.suspend {
            Some(("Suspended", "spec.suspend is true".to_owned()))
        } else if !support.subresource || !support.conditions {
            Some(("NoConditions", format!("the schema of {} cannot hold status.conditions; see Events", crd.name)))
        } else {
            None
        };
        Bound::Serving { resource: resource.clone(), waits }
    }

    /// Something about the objects of a kind changed: counts may have.
    pub(super) fn count_changed(&mut self, kind: &GroupKind) {
        self.reconcilers.values_mut().filter(|d| d.kind().as_ref() == Some(kind)).for_each(|d| d.counts_dirty = true);
    }

    /// Writes the status of every Reconciler whose status is not as it should be.
    pub(super) fn report_reconcilers(&mut self) {
        let now = self.now.mono_ms;
        let due = |d: &Declared| d.counts_due_ms().is_some_and(|at| at <= now);
        if !self.modules_read {
            return;
        }
        if !std::mem::take(&mut self.report_due) && !self.reconcilers.values().any(due) {
            return;
        }
        let names: Vec<String> = self.reconcilers.iter().filter(|(_, d)| !d.writing).map(|(n, _)| n.clone()).collect();
        for name in names {
            if let Some((live, wanted)) = self.reconciler_status(&name) {
                self.write_reconciler(&name, &live, &wanted);
            }
        }
    }

    fn reconciler_status(&mut self, name: &str) -> Option<(Value, Value)> {
        let now = self.now;
        let declared = self.reconcilers.get(name)?;
        if now.mono_ms < declared.not_before_ms {
            return None;
        }
        let live = declared.object.value().get("status").cloned().unwrap_or_else(|| json!({}));
        let module = self.modules.named(name);
        let controller =
            declared.kind().and_then(|k| self.controllers.get(&k)).filter(|c| c.binding.reconciler == name);
        let mut set = standing(declared, controller.is_some_and(|c| c.may_start(&self.stores, &self.catalog)));
        set.push(loaded(name, &self.modules));
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
            map.insert("version".into(), module.manifest.version.clone().into());
        }
        let watch = controller.map(|c| c.objects.clone());
        let store = watch.and_then(|w| self.stores.get(&w)).filter(|store| store.is_filled());
        let due = declared.counts_dirty && now.mono_ms >= declared.counts_at_ms + COUNTS_EVERY_MS;
        if let Some(store) = store.filter(|_| due) {
            map.insert("objects".into(), json!(count(store)));
        }
        let counted = due && store.is_some();
        let declared = self.reconcilers.get_mut(name)?;
        declared.not_before_ms = 0;
        if due {
            (declared.counts_dirty, declared.counts_at_ms) = (!counted, now.mono_ms);
        }
        (live != wanted).then_some((live, wanted))
    }

    fn write_reconciler(&mut self, name: &str, live: &Value, wanted: &Value) {
        let Some(patch) = conditions::merge_patch(live, wanted) else { return };
        if let Some(declared) = self.reconcilers.get_mut(name) {
            declared.writing = true;
        }
        let at = address(name);
        let action = Action::Merge { at: at.clone(), status: true, patch: json!({ "status": patch }) };
        self.act(Owner::Reconciler(name.to_owned()), at.key(), action);
    }

    /// A write to a Reconciler was answered.
    pub(super) fn reconciler_written(&mut self, name: &str, done: Done) {
        let now = self.now.mono_ms;
        self.report_due = true;
        let failed = match &done {
            Done::Object { object, .. } => {
                let change = Change { before: None, after: Some(object.clone()) };
                if self.reconciler_changed(&change) {
                    self.arrange();
                }
                None
            }
            Done::Accepted | Done::Conflict(_) | Done::NotFound(_) => None,
            other => Some(format!("Reconciler {name} cannot be written: {other:?}")),
        };
        if let Some(declared) = self.reconcilers.get_mut(name) {
            declared.writing = false;
            declared.not_before_ms = if failed.is_some() { now + COUNTS_EVERY_MS } else { 0 };
        }
        if let Some(text) = failed {
            self.note(true, text);
        }
    }
}

fn version(object: &Object) -> u64 {
    object.meta.resource_version.parse().unwrap_or(0)
}

fn address(name: &str) -> Address {
    Address { resource: RECONCILERS.resource.clone(), namespace: None, name: name.to_owned() }
}

fn count(store: &crate::store::Store) -> Objects {
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

fn standing(declared: &Declared, started: bool) -> Vec<Condition> {
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
    match &declared.bound {
        Bound::Not { reason, message } => set([no, no, yes], reason, message),
        Bound::Serving { waits: Some((reason @ "NoConditions", message)), .. } if started => {
            set([yes, no, no], reason, message)
        }
        Bound::Serving { waits: Some((reason @ "ModuleMissing", message)), .. } => set([no, no, yes], reason, message),
        Bound::Serving { waits: Some((reason, message)), .. } => set([no, no, no], reason, message),
        Bound::Serving { waits: None, .. } if started => set([yes, no, no], "Serving", "its module decides"),
        Bound::Serving { waits: None, .. } => set([no, yes, no], "FillingStores", "its objects are being listed"),
    }
}

fn loaded(name: &str, modules: &super::modules::Modules) -> Condition {
    let one = |status, reason: &str, message: String| Condition {
        kind: "Loaded".into(),
        status,
        reason: reason.into(),
        message: conditions::shortened(&message),
    };
    match (modules.rejection(name), modules.named(name)) {
        (Some((source, why)), _) => {
            let message = format!("{source}: {why}; the module loaded before stays in service");
            one(ConditionStatus::False, "ModuleRejected", message)
        }
        (None, Some(_)) => one(ConditionStatus::True, "Loaded", String::new()),
        (None, None) => one(ConditionStatus::False, "ModuleMissing", format!("no module is named {name}")),
    }
}
