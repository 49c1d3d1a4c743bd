//! Reconcilers that go. One that may leave something behind carries a finalizer while there are objects of its
//! kind; it is let go when nothing is left to withdraw or to delete (promise D05).

use std::sync::Arc;

use serde_json::json;

use super::controllers::Controller;
use super::kinds::Sight;
use super::reconcilers::{Declared, address};
use super::{ASK_AGAIN_MS, Engine, Owner};
use crate::action::{Action, Done};
use crate::fields;
use crate::names::{CHILDREN_FINALIZER, GUEST_FINALIZER, OBJECT_UID, RECONCILER_FINALIZER};
use crate::object::Object;
use crate::permissions::Reach;
use crate::reconciler::OnDelete;
use crate::step::{is_noted, is_orphaning};
use crate::store::Store;

impl Declared {
    /// Whether it is being deleted.
    pub(super) fn is_going(&self) -> bool {
        self.object.meta.deletion_timestamp.is_some()
    }

    /// Whether its finalizer may be written now. What did not work is tried again when the Reconciler has
    /// changed, and after a while.
    fn may_be_guarded(&self, now_ms: u64) -> bool {
        let version = &self.object.meta.resource_version;
        self.guard_failed.as_ref().is_none_or(|(failed, until_ms)| failed != version || *until_ms <= now_ms)
    }

    fn is_guarded(&self) -> bool {
        self.object.meta.finalizers.iter().any(|f| f == RECONCILER_FINALIZER)
    }
}

impl Controller {
    /// Whether objects of its kind may carry finalizers of ours, or their children must go with it.
    fn may_leave_something(&self) -> bool {
        let binding = &self.binding;
        let next = self.next.iter().filter_map(|(next, _)| next.module.as_ref());
        let mut modules = binding.module.iter().chain(next);
        let abroad = binding.resource.namespaced && binding.permissions.apply.iter().any(|p| p.reach != Reach::Own);
        modules.any(|module| module.manifest.finalizes || module.manifest.ordered_deletion)
            || abroad
            || !binding.permissions.contribute.is_empty()
            || binding.on_delete == OnDelete::Delete
            || self.found_finalizers
    }
}

/// Whether an object carries a finalizer of ours.
fn is_held(object: &Arc<Object>) -> bool {
    object.meta.finalizers.iter().any(|f| f == CHILDREN_FINALIZER || f == GUEST_FINALIZER)
}

/// Whether objects carry finalizers of ours already, set for a Reconciler of before.
pub(super) fn any_held(objects: Option<&Store>) -> bool {
    objects.is_some_and(|store| store.all().any(is_held))
}

impl Engine {
    /// Whether the Reconciler of a controller will wait for what is done for its objects, if that matters.
    pub(super) fn is_guarded(&self, controller: &Controller) -> bool {
        let declared = self.reconcilers.get(&controller.binding.reconciler);
        !controller.may_leave_something() || declared.is_some_and(|d| d.is_going() || d.is_guarded())
    }

    /// Sets and drops the finalizers of Reconcilers.
    pub(super) fn guard_reconcilers(&mut self) {
        if self.stopping || !self.may_report() {
            return;
        }
        let asked = |name: &str| self.is_written(name, |owner| matches!(owner, Owner::Guard(_)));
        let due: Vec<String> = self
            .reconcilers
            .iter()
            .filter(|(_, declared)| declared.may_be_guarded(self.now.mono_ms))
            .filter(|(name, declared)| self.must_wait(name, declared) != declared.is_guarded() && !asked(name))
            .map(|(name, _)| name.clone())
            .collect();
        due.iter().for_each(|name| self.write_guard(name));
    }

    /// Whether a write of that sort to a Reconciler is on its way. What is pretended is worked out from what was
    /// there before, so in a dry run one write waits for every other.
    pub(super) fn is_written(&self, name: &str, sort: impl Fn(&Owner) -> bool) -> bool {
        self.actions.values().any(|owner| match owner {
            Owner::Guard(of) | Owner::Reconciler(of) => of == name && (self.dry_run || sort(owner)),
            _ => false,
        })
    }

    /// Whether a Reconciler must not be gone before the host has done something.
    fn must_wait(&self, name: &str, declared: &Declared) -> bool {
        let controller = declared.kind().and_then(|kind| self.controllers.get(&kind));
        let Some(controller) = controller.filter(|c| c.binding.reconciler == name) else { return false };
        let Some(objects) = self.stores.get(&controller.objects).filter(|_| controller.started) else {
            return declared.is_guarded();
        };
        let in_work =
            || self.steps.keys().any(|key| key.kind.group_kind() == controller.objects.resource.kind.group_kind());
        match declared.is_going() {
            // A finalizer cannot be added any more.
            true => declared.is_guarded() && (in_work() || self.leaves_something(controller, objects)),
            false => {
                let any = !objects.is_empty() || in_work();
                any && (declared.is_guarded() || controller.may_leave_something())
            }
        }
    }

    /// Whether there is something to withdraw or to delete still.
    fn leaves_something(&self, controller: &Controller, objects: &Store) -> bool {
        if objects.all().any(is_held) {
            return true;
        }
        let scene = self.scene();
        let manager = &controller.binding.manager;
        // Children that somebody wants to stay are nobody's to delete.
        let stay = |o: &Object| {
            o.meta.deletion_timestamp.is_some() && (is_orphaning(o) || is_noted(o) || self.orphaning.has_seen(o))
        };
        let is_ours = |child: &Arc<Object>| {
            let uid = child.meta.labels.get(OBJECT_UID);
            fields::apply_entry(&child.meta, manager).is_some()
                && objects.all().any(|o| Some(o.meta.uid.as_str()) == uid && !stay(o))
        };
        controller.binding.on_delete == OnDelete::Delete
            && controller.kinds.all().any(|kind| match controller.kinds.sight(kind, &scene) {
                Sight::Whole(children) => children.all().any(is_ours),
                Sight::Unseen(_) => !objects.is_empty(),
                Sight::NotServed => false,
            })
    }

    fn write_guard(&mut self, name: &str) {
        let Some(declared) = self.reconcilers.get(name) else { return };
        let meta = &declared.object.meta;
        let mut finalizers = meta.finalizers.to_vec();
        match declared.is_guarded() {
            true => finalizers.retain(|f| f != RECONCILER_FINALIZER),
            false => finalizers.push(RECONCILER_FINALIZER.to_owned()),
        }
        // The resourceVersion: a finalizer that somebody else sets meanwhile is not lost.
        let patch = json!({"metadata": {"resourceVersion": meta.resource_version, "finalizers": finalizers}});
        let at = address(name);
        self.act(Owner::Guard(name.to_owned()), at.key(), Action::Merge { at, status: false, patch });
    }

    /// The finalizer of a Reconciler was set or dropped, or could not be: then it is tried again.
    pub(super) fn guard_written(&mut self, name: &str, done: Done) {
        match done {
            Done::Object { object, .. } if object.meta.deletion_timestamp.is_some() => {
                // With its last finalizer it is gone, which its watch will tell, unless that was pretended.
                if !object.meta.finalizers.is_empty() || self.dry_run {
                    self.reconciler_answered(&object);
                }
            }
            Done::Object { object, .. } => return self.reconciler_answered(&object),
            Done::NotFound(_) => self.reconciler_is_missing(name),
            Done::Conflict(_) => {}
            other => self.note(true, format!("the finalizer of Reconciler {name} cannot be written: {other:?}")),
        }
        if let Some(declared) = self.reconcilers.get_mut(name) {
            let version = declared.object.meta.resource_version.clone();
            declared.guard_failed = Some((version, self.now.mono_ms + ASK_AGAIN_MS));
            self.ask_again();
        }
    }
}
