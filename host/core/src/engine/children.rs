//! Kinds of children: each is recorded on the Reconciler before its first child is written, and watched.

use std::collections::BTreeSet;

use serde_json::json;

use super::watches::RECONCILERS;
use super::{Engine, Owner};
use crate::action::{Action, Done};
use crate::kind::{GroupKind, Key, Kind};
use crate::reconciler::ChildKind;
use crate::resource::Address;
use crate::step::Input;
use crate::store::Store;
use crate::watch::{Selection, Watch};

impl Engine {
    /// A step needs these kinds recorded and their stores filled.
    pub(super) fn ensure(&mut self, object: &Key, kinds: BTreeSet<Kind>) {
        let kind = object.kind.group_kind();
        match self.controllers.get_mut(&kind) {
            Some(controller) => controller.ensuring.push((object.clone(), kinds)),
            None => return,
        }
        self.go_on_ensuring(&kind);
    }

    /// Lets the steps go on whose kinds are recorded and watched, and records what is not.
    pub(super) fn go_on_ensuring(&mut self, kind: &GroupKind) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        let waiting = std::mem::take(&mut controller.ensuring);
        let mut missing = BTreeSet::new();
        let mut ready = Vec::new();
        for (object, kinds) in waiting {
            let unrecorded: Vec<Kind> = kinds.iter().filter(|k| !controller.has_recorded(k)).cloned().collect();
            let filled = unrecorded.is_empty()
                && kinds.iter().all(|k| {
                    let watch =
                        self.catalog.resource(k).map(|resource| Watch { resource, selection: Selection::Children });
                    watch.and_then(|w| self.stores.get(&w)).is_some_and(Store::is_filled)
                });
            if filled {
                ready.push(object);
            } else {
                missing.extend(unrecorded);
                controller.ensuring.push((object, kinds));
            }
        }
        if !missing.is_empty() && !controller.recording {
            self.record(kind, missing);
        }
        for object in ready {
            self.step_input(&object, Input::Ensured(Ok(())));
        }
    }

    /// Writes kinds to the Reconciler's status.
    fn record(&mut self, kind: &GroupKind, new: BTreeSet<Kind>) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        controller.recording = true;
        let mut all = controller.recorded.clone();
        for kind in new {
            all.retain(|c| (&c.group, &c.kind) != (&kind.group, &kind.kind));
            all.insert(ChildKind { group: kind.group, version: kind.version, kind: kind.kind });
        }
        let name = controller.binding.reconciler.clone();
        let at = Address { resource: RECONCILERS.resource.clone(), namespace: None, name };
        let key = at.key();
        let patch = json!({"status": {"kinds": all}});
        self.act(Owner::Recording(kind.clone()), key, Action::Merge { at, status: true, patch });
    }

    /// The kinds were written, or not.
    pub(super) fn recorded(&mut self, kind: &GroupKind, done: Done) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        controller.recording = false;
        match done {
            Done::Object { object, .. } => {
                let status = object.value().get("status").cloned().unwrap_or_default();
                if let Ok(kinds) = serde_json::from_value(status["kinds"].clone()) {
                    controller.recorded = kinds;
                }
                self.demand_watches();
                self.go_on_ensuring(kind);
            }
            other => {
                let why = format!("the kinds of its children cannot be recorded on the Reconciler: {other:?}");
                for (object, _) in std::mem::take(&mut controller.ensuring) {
                    self.step_input(&object, Input::Ensured(Err(why.clone())));
                }
            }
        }
    }
}
