//! Reconcilers: what people declared, and which module and kind it comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::reports::Reporting;
use super::watches::RECONCILERS;
use super::{ASK_AGAIN_MS, Engine, Owner};
use crate::action::{Action, Done};
use crate::kind::{GroupKind, Kind};
use crate::names::{APPROVED, PROMOTED};
use crate::object::Object;
use crate::permissions::Permissions;
use crate::reconciler::{Folder, Source, Spec, Status};
use crate::resource::{Address, Resource};
use crate::store::Change;

/// One Reconciler as it is declared, and what it comes to.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) object: Arc<Object>,
    pub(super) spec: Result<Spec, String>,
    pub(super) status: Status,
    pub(super) bound: Bound,
    pub(super) reporting: Reporting,
    /// When it did not work to write its finalizer: at which resourceVersion, and when that is tried again.
    pub(super) guard_failed: Option<(String, u64)>,
}

/// Why something is not as it should be: the reason in CamelCase, and for people what to do.
pub(super) type Why = (&'static str, String);

/// What a Reconciler comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// A controller keeps that kind.
    Serving { resource: Arc<Resource>, waits: Option<Why> },
    /// Nothing decides for that kind at present; its controller finishes objects that go, and no more.
    Finishing { resource: Arc<Resource>, why: Why },
    /// There is no controller.
    Not { why: Why },
}

impl Bound {
    /// The kind as its controller watches it, if there is one.
    pub(super) fn resource(&self) -> Option<&Arc<Resource>> {
        match self {
            Self::Serving { resource, .. } | Self::Finishing { resource, .. } => Some(resource),
            Self::Not { .. } => None,
        }
    }
}

impl Bound {
    /// Why there is no controller, or one that decides nothing.
    pub(super) fn why(&self) -> Option<&Why> {
        match self {
            Self::Not { why } | Self::Finishing { why, .. } => Some(why),
            Self::Serving { .. } => None,
        }
    }
}

impl Declared {
    /// Whether a person has approved the module of that digest.
    pub(super) fn approves(&self, digest: &str) -> bool {
        self.status.is_approved(digest, self.approval())
    }

    /// What a person wrote to approve a module.
    pub(super) fn approval(&self) -> Option<&str> {
        self.object.meta.annotations.get(APPROVED)
    }

    /// The kind it keeps, or kept last.
    pub(super) fn kind(&self) -> Option<GroupKind> {
        self.bound.resource().map(|resource| resource.kind.group_kind()).or_else(|| self.status.kind.clone())
    }
}

impl Engine {
    /// A Reconciler is there, changed, or gone. Says whether controllers must be arranged anew.
    pub(super) fn reconciler_changed(&mut self, change: &Change) -> bool {
        let Some(object) = &change.after else {
            let Some(gone) = &change.before else { return false };
            self.modules.retire(&gone.key.name);
            self.service.retire(&gone.key.name);
            self.rollouts.retire(&gone.key.name);
            let Some(gone) = self.reconcilers.remove(&gone.key.name) else { return false };
            self.leave_over(&gone);
            return true;
        };
        let whole = object.value();
        let spec = serde_json::from_value(whole["spec"].clone()).map_err(|e| format!("spec: {e}"));
        let status = serde_json::from_value(whole["status"].clone()).unwrap_or_default();
        let not = Bound::Not { why: ("Pending", String::new()) };
        self.report_due = true;
        let name = &object.key.name;
        match self.reconcilers.get_mut(name) {
            // The answer to our own write may come before the watch tells of an earlier one.
            Some(old) if old.object.meta.uid == object.meta.uid && version(&old.object) > version(object) => false,
            Some(old) => {
                let identity = |o: &Object| {
                    let said = [APPROVED, PROMOTED].map(|name| o.meta.annotations.get(name).map(str::to_owned));
                    (o.meta.uid.clone(), o.meta.deletion_timestamp.clone(), said)
                };
                let same = old.spec == spec && identity(&old.object) == identity(object);
                if old.object.meta.uid != object.meta.uid {
                    old.reporting.is_of_another();
                }
                let before = std::mem::replace(&mut old.status, status);
                (old.object, old.spec) = (object.clone(), spec);
                let after = old.status.clone();
                let step = |status: &Status| status.rollout.as_ref().map(|on| (on.digest.clone(), on.taken.clone()));
                let same = same && step(&before) == step(&after);
                self.discard_modules(&before, &after);
                self.left_is_told(name);
                self.take_kinds(name);
                !same
            }
            None => {
                let reporting = Reporting::default();
                let object = object.clone();
                let new = Declared { object, spec, status, bound: not, reporting, guard_failed: None };
                self.reconcilers.insert(new.object.key.name.clone(), new);
                true
            }
        }
    }

    /// A write to a Reconciler was answered with what it is now. One that is gone by now stays gone.
    pub(super) fn reconciler_answered(&mut self, object: &Arc<Object>) {
        let is_there = self.reconcilers.get(&object.key.name).is_some_and(|d| d.object.meta.uid == object.meta.uid);
        if is_there && self.reconciler_changed(&Change { before: None, after: Some(object.clone()) }) {
            self.arrange();
        }
    }

    /// Every module that serves has its Reconciler: the host makes the missing ones.
    pub(super) fn create_reconcilers(&mut self) {
        if self.stores.filled(&RECONCILERS).is_none() {
            return;
        }
        let creating = |name: &str| self.actions.values().any(|o| matches!(o, Owner::Creating(n) if n == name));
        let missing: Vec<_> = self
            .modules
            .offered()
            .map(|module| module.manifest.clone())
            .filter(|m| !self.reconcilers.contains_key(&m.name) && !creating(&m.name))
            .collect();
        if self.now.mono_ms < self.create_after_ms && !missing.is_empty() {
            self.ask_again();
            return;
        }
        for manifest in missing {
            let spec = Spec {
                module: Source { folder: Some(Folder {}), ..Source::default() },
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
            self.act(Owner::Creating(manifest.name.clone()), at.key(), Action::Create { at, manifest: object });
        }
    }

    /// The host made a Reconciler, or could not: then it tries again.
    pub(super) fn reconciler_created(&mut self, name: &str, done: Done) {
        match done {
            Done::Object { object, .. } => {
                if self.reconciler_changed(&Change { before: None, after: Some(object) }) {
                    self.arrange();
                }
                return;
            }
            // Its watch will tell of the one that is there.
            Done::Conflict(_) => {}
            other => self.note(true, format!("Reconciler {name} cannot be made: {other:?}")),
        }
        self.create_after_ms = self.now.mono_ms + ASK_AGAIN_MS;
        self.ask_again();
    }

    /// There is no such Reconciler, says the API server. The answer to its creation may have come after its
    /// watch had told of its deletion.
    pub(super) fn reconciler_is_missing(&mut self, name: &str) {
        let is_shown = self.stores.get(&RECONCILERS).is_some_and(|store| store.get(None, name).is_some());
        if let Some(gone) = (!is_shown).then(|| self.reconcilers.remove(name)).flatten() {
            self.leave_over(&gone);
            self.arrange();
        }
    }

    /// Works out what each Reconciler comes to. Of two for one kind the older serves; one that decides nothing
    /// or goes makes way.
    pub(super) fn bind_reconcilers(&mut self) {
        let mut order: Vec<((bool, bool), String, String, Bound)> = self
            .reconcilers
            .iter()
            .map(|(name, declared)| {
                let value = declared.object.value();
                let since = value.pointer("/metadata/creationTimestamp").and_then(Value::as_str).unwrap_or("");
                let bound = match self.bind(name, declared) {
                    Ok(bound) => bound,
                    Err(why) => match self.kept_last(declared) {
                        Some(resource) => Bound::Finishing { resource, why },
                        None => Bound::Not { why },
                    },
                };
                let yields = (declared.is_going(), !matches!(bound, Bound::Serving { .. }));
                (yields, since.to_owned(), name.clone(), bound)
            })
            .collect();
        order.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
        let mut taken: BTreeMap<GroupKind, String> = BTreeMap::new();
        for (_, _, name, mut bound) in order {
            if let Some(kind) = bound.resource().map(|resource| resource.kind.group_kind()) {
                match (taken.get(&kind), &bound) {
                    (Some(other), Bound::Serving { .. }) => {
                        let message = format!("Reconciler {other} keeps {kind} already; delete one of them");
                        bound = Bound::Not { why: ("KindTaken", message) };
                    }
                    (Some(_), Bound::Finishing { why, .. }) => bound = Bound::Not { why: why.clone() },
                    (_, Bound::Not { .. }) => {}
                    (None, _) => drop(taken.insert(kind, name.clone())),
                }
            }
            let Some(declared) = self.reconcilers.get_mut(&name) else { continue };
            if declared.bound != bound {
                declared.bound = bound;
                declared.reporting.unsaid = true;
            }
        }
    }

    /// What it says, and what there is of that. An error where that makes no sense together.
    fn bind(&self, name: &str, declared: &Declared) -> Result<Bound, Why> {
        let spec = declared.spec.as_ref().map_err(|e| ("InvalidSpec", e.clone()))?;
        spec.limits.clone().unwrap_or_default().resolve().map_err(|e| ("InvalidSpec", e))?;
        let module = self.service.of(name);
        let missing = || self.why_no_module(name, spec);
        let serves = module.map(|m| &m.manifest.serves);
        let kind = serves.map(Kind::group_kind).or(spec.kind.clone()).or(declared.status.kind.clone());
        let kind = kind.ok_or_else(missing)?;
        if let Some(other) = spec.kind.as_ref().filter(|k| **k != kind) {
            return Err(("WrongKind", format!("spec.for says {other}, but its module decides for {kind}")));
        }
        let crd = self.catalog.crd(&kind);
        let crd =
            crd.ok_or_else(|| ("KindNotFound", format!("no CustomResourceDefinition serves {kind}; apply its CRD, or let the module bring it: spec.crd: Apply")))?;
        if !crd.established {
            return Err(("KindNotEstablished", format!("the API server does not serve {} yet", crd.name)));
        }
        let found = match serves {
            Some(kind) => crd.versions.iter().find(|(r, _)| r.kind == *kind),
            None => crd.versions.first(),
        };
        let (resource, support) = found.ok_or_else(|| {
            let version = serves.map(|k| k.version.clone()).unwrap_or_default();
            ("VersionNotServed", format!("{} does not serve version {version}", crd.name))
        })?;
        let resource = resource.clone();
        if module.is_none() {
            return Ok(Bound::Finishing { resource, why: missing() });
        }
        let waits = if spec.suspend {
            Some(("Suspended", "spec.suspend is true".to_owned()))
        } else if !support.subresource || !support.conditions {
            Some(("NoConditions", format!("the schema of {} cannot hold status.conditions; see Events", crd.name)))
        } else {
            None
        };
        Ok(Bound::Serving { resource, waits })
    }

    /// The kind that a Reconciler kept, where it is served: objects of it may be going.
    fn kept_last(&self, declared: &Declared) -> Option<Arc<Resource>> {
        let crd = self.catalog.crd(declared.status.kind.as_ref()?).filter(|crd| crd.established)?;
        crd.versions.first().map(|(resource, _)| resource.clone())
    }
}

fn version(object: &Object) -> u64 {
    object.meta.resource_version.parse().unwrap_or(0)
}

pub(super) fn address(name: &str) -> Address {
    Address { resource: RECONCILERS.resource.clone(), namespace: None, name: name.to_owned() }
}
