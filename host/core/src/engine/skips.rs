//! Calls that are not made, because nothing that they would be given has changed (promise G07).

use std::sync::Arc;

use super::controllers::decides_otherwise;
use super::{Engine, Output};
use crate::binding::Binding;
use crate::cause::{Cause, Causes};
use crate::kind::Key;
use crate::object::Object;
use crate::queue::Again;
use crate::step::{Ended, Memory, Settled};
use crate::store::Change;

impl Engine {
    /// Whether a reconcile would ask what the last one asked, be answered the same, and find nothing to do.
    pub(super) fn is_at_rest(&mut self, key: &Key, object: &Object, children: &[Arc<Object>]) -> bool {
        let memory = self.memories.get(key).filter(|(uid, _)| *uid == object.meta.uid);
        let Some(settled) = memory.and_then(|(_, memory)| memory.settled.as_ref()) else { return false };
        settled.due.is_none_or(|(at, _)| self.now.mono_ms < at)
            && settled.is_still_so(object, children)
            && self.reads_are_unchanged(key)
    }

    /// Whether something of which neither guest nor host sees anything happened to an object that is at rest. It is not
    /// even put in line then, and counts as one whose call was skipped: whatever could have ended its rest since would
    /// have put it there.
    pub(super) fn sleeps_through(
        &mut self,
        key: &Key,
        change: &Change,
        cause: &Cause,
        overlooks: impl Fn(&Settled, &Object, &Object) -> bool,
    ) -> bool {
        let (Some(before), Some(after)) = (&change.before, &change.after) else { return false };
        if before.meta.uid != after.meta.uid || !self.queue.is_idle(key) || self.breaker.why(key).is_some() {
            return false;
        }
        let Some((uid, memory)) = self.memories.get(key) else { return false };
        let Some(settled) = &memory.settled else { return false };
        if settled.due.is_some_and(|(at, _)| self.now.mono_ms >= at) || !overlooks(settled, before, after) {
            return false;
        }
        let Some(controller) = self.controllers.get(&key.kind.group_kind()) else { return false };
        // What it has given to others may come to light at any time, and only a look shows it.
        if controller.targets.all().next().is_some() {
            return false;
        }
        let stored = || self.stores.get(&controller.objects)?.get(key.namespace.as_deref(), &key.name);
        let object = if after.key == *key { Some(after) } else { stored() };
        let Some(object) = object.filter(|object| object.meta.uid == *uid) else { return false };
        let binding = controller.decider(object).clone();
        self.out.push(Output::Began { object: key.clone(), waited_ms: 0 });
        self.skip(key.clone(), cause.clone().into(), &binding);
        true
    }

    /// The object is looked at again when it would have been.
    pub(super) fn skip(&mut self, key: Key, causes: Causes, binding: &Binding) {
        let settled = self.memories.get(&key).and_then(|(_, memory)| memory.settled.as_ref());
        let due = settled.and_then(|settled| settled.due);
        let again = due.map_or(Again::OnChange, |(at, due)| Again::After(at.saturating_sub(self.now.mono_ms), due));
        self.queue.done(&key, again, self.now.mono_ms);
        let digest = binding.module.as_ref().map(|m| m.digest.clone());
        let ended = Ended {
            again,
            memory: Memory::default(),
            changes: Vec::new(),
            trouble: None,
            health: None,
            skipped: true,
            owes_a_word: false,
        };
        let due = self.queue.due(&key, self.now.mono_ms);
        self.out.push(Output::Ended { object: key, digest, causes, due, held_ms: None, ended: Box::new(ended) });
    }

    /// What a reconcile leaves behind for the next. Where something else decides by now, it did not come to rest.
    pub(super) fn kept(&self, object: &Object, binding: &Binding, again: Again, mut memory: Memory) -> Memory {
        let controller = self.controllers.get(&object.key.kind.group_kind());
        let current = controller.is_some_and(|c| decides_otherwise(binding, c.decider(object)).is_none());
        memory.settled = memory.settled.filter(|_| current);
        if let (Some(settled), Again::After(ms, due)) = (&mut memory.settled, again) {
            settled.due = Some((self.now.mono_ms.saturating_add(ms), due));
        }
        memory
    }

    /// The next reconcile of an object makes its call.
    pub(super) fn unsettle(&mut self, key: &Key) {
        if let Some((_, memory)) = self.memories.get_mut(key) {
            memory.settled = None;
        }
    }
}
