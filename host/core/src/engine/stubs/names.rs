//! The names of a kind, as its watch tells them, and nothing else of the objects.

use std::collections::HashSet;

use crate::object::Object;
use crate::store::{Event, Name, number};

/// Which names are taken.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<Name>,
    /// The names of a list on its way.
    relist: Option<HashSet<Name>>,
    filled: bool,
    seen_up_to: u64,
}

impl Names {
    /// Whether a list has been completed.
    pub(super) fn are_filled(&self) -> bool {
        self.filled
    }

    /// Whether they are those of a list that is complete, and no other is on its way.
    pub(super) fn are_current(&self) -> bool {
        self.filled && self.relist.is_none()
    }

    /// Whether something has that name.
    pub(super) fn has(&self, name: &Name) -> bool {
        self.taken.contains(name)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether everything up to that resourceVersion was told.
    pub(super) fn have_seen(&self, version: u64) -> bool {
        version <= self.seen_up_to
    }

    /// Takes in what the watch tells.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Begin => self.relist = Some(HashSet::new()),
            Event::Seen(object) => {
                let name = name_of(object);
                match &mut self.relist {
                    // The items of a list come in the order of their names, not of their versions.
                    Some(relist) => drop(relist.insert(name.clone())),
                    None => self.told(object),
                }
                self.taken.insert(name);
            }
            Event::Gone(object) => {
                let name = name_of(object);
                if let Some(relist) = &mut self.relist {
                    relist.remove(&name);
                }
                self.taken.remove(&name);
                self.told(object);
            }
            Event::Listed => {
                self.taken = self.relist.take().unwrap_or_default();
                self.filled = true;
            }
        }
    }

    fn told(&mut self, object: &Object) {
        self.seen_up_to = self.seen_up_to.max(number(&object.meta.resource_version));
    }
}

fn name_of(object: &Object) -> Name {
    (object.key.namespace.clone(), object.key.name.clone())
}
