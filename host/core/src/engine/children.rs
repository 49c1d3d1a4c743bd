//! Kinds of children: each is recorded on the Reconciler before its first child is written, and watched.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::controllers::Controller;
use super::kinds::{ChildKinds, Scene, Sight, kind_of};
use super::reconcilers::address;
use super::{Engine, Owner};
use crate::action::{Action, Done};
use crate::fields;
use crate::kind::{GroupKind, Key, Kind};
use crate::object::Object;
use crate::reconciler::ChildKind;
use crate::step::{Input, Needs};
use crate::store::Store;

impl Engine {
    /// A step needs these kinds recorded and their stores filled.
    pub(super) fn ensure(&mut self, object: &Key, needs: Needs) {
        let kind = object.kind.group_kind();
        self.targets.add(object, &needs.targets);
        match self.controllers.get_mut(&kind) {
            Some(controller) => controller.ensuring.push((object.clone(), needs)),
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
        // Before the first child of a kind is written, this has seen its store filled.
        controller.kinds.age(&scene);
        controller.targets.age(&scene);
        let mut missing = Needs::default();
        let mut ready = Vec::new();
        let mut hopeless = Vec::new();
        for (object, needs) in waiting {
            let children = look(&controller.kinds, &needs.children, &scene);
            let targets = look(&controller.targets, &needs.target_kinds(), &scene);
            match (children, targets) {
                (Ok(None), Ok(None)) => ready.push((object, found(&controller.targets, &needs, &scene))),
                (Err(why), _) | (_, Err(why)) => hopeless.push((object, why)),
                (Ok(unrecorded), Ok(more)) => {
                    missing.children.extend(unrecorded.unwrap_or_default());
                    let more = more.unwrap_or_default();
                    missing.targets.extend(needs.targets.iter().filter(|at| more.contains(&at.kind)).cloned());
                    controller.ensuring.push((object, needs));
                }
            }
        }
        if !missing.is_empty() && !controller.recording {
            self.record(kind, &missing);
        }
        for (object, targets) in ready {
            self.step_input(&object, Input::Ensured(Ok(targets)));
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
            let Controller { kinds, targets, binding, recording, .. } = controller;
            let is_child = |o: &Arc<Object>| fields::apply_entry(&o.meta, &binding.manager).is_some();
            let any = |store: &Store| store.children().any(is_child);
            let mut keep = look_over(kinds, &scene, any);
            // Whose they are tells the uid in each; one watch too many does no harm.
            keep |= look_over(targets, &scene, Store::has_contributions);
            if keep && !*recording {
                found.insert(served.clone());
            }
        }
        found.iter().for_each(|served| self.record(served, &Needs::default()));
    }

    /// Writes kinds to the Reconciler's status.
    fn record(&mut self, kind: &GroupKind, new: &Needs) {
        let Some(controller) = self.controllers.get_mut(kind) else { return };
        controller.recording = true;
        let mut all = controller.kinds.extended(new.children.clone(), &self.catalog);
        all.extend(controller.targets.extended(new.target_kinds(), &self.catalog));
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
        let kept = |k: &ChildKind| {
            let kinds = if k.contributed { &controller.targets } else { &controller.kinds };
            kinds.has(&kind_of(k).group_kind())
        };
        if asked.iter().all(kept) {
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

/// Whether these kinds are recorded and seen: none if so, else those that are to be recorded (perhaps none, and
/// their stores are still being filled). The error is why that will not be soon.
fn look(kinds: &ChildKinds, asked: &BTreeSet<Kind>, scene: &Scene<'_>) -> Result<Option<BTreeSet<Kind>>, String> {
    let (unrecorded, recorded): (BTreeSet<Kind>, BTreeSet<Kind>) =
        asked.iter().cloned().partition(|k| !kinds.has(&k.group_kind()));
    if let Some(gone) = unrecorded.iter().find(|k| scene.catalog.resource(k).is_none()) {
        return Err(format!("{gone} is not served any more"));
    }
    let mut filled = unrecorded.is_empty();
    for kind in recorded {
        match kinds.sight(&kind.group_kind(), scene) {
            Sight::Whole(_) => {}
            Sight::NotServed => return Err(format!("{kind} is not served any more")),
            Sight::Unseen(unseen) if unseen.lasts => return Err(format!("{kind} cannot be watched: {}", unseen.why)),
            Sight::Unseen(_) => filled = false,
        }
    }
    Ok((!filled).then_some(unrecorded))
}

/// What the stores show of the objects to which a step wants to contribute.
fn found(targets: &ChildKinds, needs: &Needs, scene: &Scene<'_>) -> Vec<Arc<Object>> {
    let shown = needs.targets.iter().filter_map(|at| match targets.sight(&at.kind.group_kind(), scene) {
        Sight::Whole(store) => store.get(at.namespace.as_deref(), &at.name).cloned(),
        Sight::NotServed | Sight::Unseen(_) => None,
    });
    shown.collect()
}

/// Forgets the kinds that are sought in vain. Says whether one was found.
fn look_over(kinds: &mut ChildKinds, scene: &Scene<'_>, any: impl Fn(&Store) -> bool) -> bool {
    let mut found = false;
    for kind in kinds.sought() {
        let there = match kinds.sight(&kind, scene) {
            Sight::Whole(store) => any(store),
            Sight::NotServed => false,
            Sight::Unseen(_) => continue,
        };
        found |= there;
        if !there {
            kinds.forget(&kind);
        }
    }
    found
}
