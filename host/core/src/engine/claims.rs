//! Names that steps are looking at or claiming: of each, one step at a time.
//!
//! The children of a kind share one field manager, so the API server would let the second of two objects
//! take what the first has just created. Who looks at a name holds it until everything it asked for that
//! name is answered; who wants to look meanwhile looks afterwards. A holder waits for the API server alone,
//! so no two wait for each other.

use std::collections::VecDeque;

use foldhash::HashMap;

use super::{Engine, Owner};
use crate::action::Action;
use crate::kind::{GroupKind, Key};

/// A name within a kind, whatever version of its API it is asked for in.
pub(super) type Name = (GroupKind, Option<String>, String);

/// What a step asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The object that is reconciled.
    pub(super) object: Key,
    /// The action's id within the step.
    pub(super) id: u32,
    pub(super) action: Action,
    /// It looks whether a name is free, to claim it: no more needs to be known than that.
    pub(super) for_room: bool,
}

#[derive(Debug)]
struct Held {
    by: Key,
    in_flight: usize,
    waiting: VecDeque<Asked>,
}

/// Names that are held, and the actions that hold them.
#[derive(Debug, Default)]
pub(super) struct Claims {
    held: HashMap<Name, Held>,
    by_action: HashMap<u64, Name>,
}

impl Claims {
    /// The name that an action holds.
    pub(super) fn name_of(&self, action: u64) -> Option<&Name> {
        self.by_action.get(&action)
    }

    /// Forgets who waits: steps that are no more. What is in flight holds its name until it is answered.
    pub(super) fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.held.values_mut().for_each(|held| held.waiting.retain(|asked| !which(&asked.object)));
    }
}

impl Engine {
    /// A step asks for an action: it is sent, or waits until its name is free.
    pub(super) fn act_for(&mut self, asked: Asked) {
        let looks = matches!(asked.action, Action::Look(_));
        let at = asked.action.key();
        let name = (at.kind.group_kind(), at.namespace.clone(), at.name.clone());
        match self.claims.held.get_mut(&name) {
            Some(held) if held.by == asked.object => held.in_flight += 1,
            Some(held) if looks => return held.waiting.push_back(asked),
            None if looks => {
                let held = Held { by: asked.object.clone(), in_flight: 1, waiting: VecDeque::new() };
                self.claims.held.insert(name.clone(), held);
            }
            // It is the step's own child by proof, and needs no claim.
            _ => {
                self.act(Owner::Step(asked.object.clone(), asked.id), asked.object, asked.action);
                return;
            }
        }
        let sent = match asked.action {
            Action::Look(at) if asked.for_room => self.look_for_room(&asked.object, asked.id, at),
            action => self.act(Owner::Step(asked.object.clone(), asked.id), asked.object, action),
        };
        self.claims.by_action.insert(sent, name);
    }

    /// An action was answered, and the step has asked for what follows from it: its name may be free.
    pub(super) fn claim_answered(&mut self, action: u64) {
        let Some(name) = self.claims.by_action.remove(&action) else { return };
        let Some(held) = self.claims.held.get_mut(&name) else { return };
        held.in_flight -= 1;
        if held.in_flight > 0 {
            return;
        }
        let waiting = self.claims.held.remove(&name).map(|held| held.waiting).unwrap_or_default();
        // The first takes the name, the others wait on.
        waiting.into_iter().for_each(|asked| self.act_for(asked));
    }
}
