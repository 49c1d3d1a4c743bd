//! Kinds of children: each is recorded on the Reconciler before its first child is written, and watched.

use std::collections::BTreeSet;

use serde_json::json;

use super::kinds::{Scene, Sight, kind_of};
use super::reconcilers::address;
use super::{Engine, Owner};
use crate::action::{Action, Done};
use crate::fields;
use crate::kind::{GroupKind, Key, Kind};
use crate::reconciler::ChildKind;
use crate::step::Input;

impl Engine {
    /// A step needs these kinds recorded and their stores filled.
    pub(super) fn ensure(&mut self, object: &Key, kinds: BTreeSet<Kind>) {
        let kind = object.kind.group_kind();
        match self.controllers.get_mut(&kind) {
            Some(controller) => controller.ensuring.push((object.clone(), kinds)),
            None => return,
        }
        self.go_on_ensuring(&kind);
        if self.stopping {
            self.stop_ensuring(&kind, "the host is stopping");
        }
    }

    /// Lets the steps go on whose kinds are recorded and watched, and records what is not. A step whose
    /// kinds will not be seen soon ends.
    pub(super) fn go_on_ensuring(&mut self, kind: &GroupKind) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        let waiting = std::mem::take(&mut controller.ensuring);
        let scene =
            Scene { catalog: &self.catalog, stores: &self.stores, troubles: &self.troubles, now_ms: self.now.mono_ms };
        let mut missing = BTreeSet::new();
        let mut ready = Vec::new();
        let mut hopeless = Vec::new();
        for (object, kinds) in waiting {
            let (unrecorded, recorded): (Vec<Kind>, Vec<Kind>) =
                kinds.iter().cloned().partition(|k| !controller.kinds.has(&k.group_kind()));
            let sights: Vec<(Kind, Sight<'_>)> =
                recorded.into_iter().map(|k| (k.clone(), controller.kinds.sight(&k.group_kind(), &scene))).collect();
            let gone = unrecorded.iter().find(|k| scene.catalog.resource(k).is_none());
            let gone = gone.or(sights.iter().find(|(_, s)| matches!(s, Sight::NotServed)).map(|(k, _)| k));
            let lasting = sights.iter().find_map(|(k, s)| match s {
                Sight::Unseen(unseen) if unseen.lasts => Some(format!("{k} cannot be watched: {}", unseen.why)),
                _ => None,
            });
            let filled = unrecorded.is_empty() && sights.iter().all(|(_, s)| matches!(s, Sight::Whole(_)));
            if let Some(why) = gone.map(|k| format!("{k} is not served any more")).or(lasting) {
                hopeless.push((object, why));
            } else if filled {
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
        for (object, why) in hopeless {
            self.step_input(&object, Input::Ensured(Err(why)));
        }
    }

    /// Every step that waits for a kind of children ends.
    pub(super) fn stop_ensuring(&mut self, kind: &GroupKind, why: &str) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        for (object, _) in std::mem::take(&mut controller.ensuring) {
            self.step_input(&object, Input::Ensured(Err(why.to_owned())));
        }
    }

    /// Looks, for each controller, which of the kinds that it seeks have children: those are recorded, the
    /// others forgotten. What cannot be seen yet is still sought.
    pub(super) fn look_over(&mut self) {
        // A module's manifest names kinds too.
        if !self.modules_read || self.stopping {
            return;
        }
        let scene =
            Scene { catalog: &self.catalog, stores: &self.stores, troubles: &self.troubles, now_ms: self.now.mono_ms };
        let mut found = BTreeSet::new();
        for (served, controller) in &mut self.controllers {
            for kind in controller.kinds.sought() {
                let manager = &controller.binding.manager;
                let has_children = match controller.kinds.sight(&kind, &scene) {
                    Sight::Whole(store) => store.children().any(|o| fields::apply_entry(&o.meta, manager).is_some()),
                    Sight::NotServed => false,
                    Sight::Unseen(_) => continue,
                };
                if !has_children {
                    controller.kinds.forget(&kind);
                } else if !controller.recording {
                    found.insert(served.clone());
                }
            }
        }
        found.iter().for_each(|served| self.record(served, BTreeSet::new()));
    }

    /// Writes kinds to the Reconciler's status.
    fn record(&mut self, kind: &GroupKind, new: BTreeSet<Kind>) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        controller.recording = true;
        let all = controller.kinds.extended(new, &self.catalog);
        let at = address(&controller.binding.reconciler);
        let key = at.key();
        let patch = json!({"status": {"kinds": all}});
        self.act(Owner::Recording(kind.clone(), all), key, Action::Merge { at, status: true, patch });
    }

    /// The kinds were written, or not.
    pub(super) fn recorded(&mut self, kind: &GroupKind, asked: &BTreeSet<ChildKind>, done: Done) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        controller.recording = false;
        if let Done::Object { object, .. } = &done {
            self.reconciler_answered(object);
        }
        let Some(controller) = self.controllers.get(kind) else { return };
        if asked.iter().all(|k| controller.kinds.has(&kind_of(k).group_kind())) {
            self.go_on_ensuring(kind);
            return;
        }
        let why = match done {
            Done::Object { .. } => "the API server does not keep them; is its CRD older than this host?".to_owned(),
            other => format!("{other:?}"),
        };
        let why = format!("the kinds of its children cannot be recorded on the Reconciler: {why}");
        match controller.ensuring.is_empty() {
            true => self.note(true, format!("{kind}: {why}")),
            false => self.stop_ensuring(kind, &why),
        }
        self.ask_again();
    }
}
