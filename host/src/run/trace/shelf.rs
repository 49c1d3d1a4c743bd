//! Where traces are kept: the last few of each object, and no more than fit. What was looked at longest ago
//! goes first.

use std::collections::{BTreeMap, HashMap, VecDeque};

use innkeeper_core::kind::Key;

use super::record::Record;

/// How many reconciles of one object are kept.
pub(super) const OF_ONE: usize = 3;
/// How many objects are.
const OBJECTS: usize = 10_000;
/// How many bytes, about, all of them take.
const BYTES: usize = 32 << 20;

#[derive(Debug, Default)]
struct Place {
    turn: u64,
    bytes: usize,
    /// The latest first.
    records: VecDeque<Record>,
}

/// The traces of all objects.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    places: HashMap<Key, Place>,
    turns: BTreeMap<u64, Key>,
    turn: u64,
    bytes: usize,
}

impl Shelf {
    pub(super) fn put(&mut self, object: &Key, record: Record) {
        self.turn += 1;
        let place = self.places.entry(object.clone()).or_default();
        self.turns.remove(&place.turn);
        self.turns.insert(self.turn, object.clone());
        place.turn = self.turn;
        self.bytes -= place.bytes;
        place.records.push_front(record);
        place.records.truncate(OF_ONE);
        place.records.shrink_to_fit();
        place.bytes = place.records.iter().map(Record::size).sum();
        self.bytes += place.bytes;
        while self.places.len() > OBJECTS || self.bytes > BYTES {
            let Some((_, oldest)) = self.turns.pop_first() else { return };
            self.bytes -= self.places.remove(&oldest).map_or(0, |place| place.bytes);
        }
    }

    /// Those of one object, the latest first.
    pub(super) fn get(&self, object: &Key) -> Option<&VecDeque<Record>> {
        self.places.get(object).map(|place| &place.records)
    }
}

#[cfg(test)]
mod tests {
    use innkeeper_core::cause::{Cause, Causes};
    use innkeeper_core::kind::Kind;
    use innkeeper_core::queue::Again;
    use innkeeper_core::step::{Ended, Memory};

    use super::super::record::InWork;
    use super::*;

    fn key(n: usize) -> Key {
        Key::new(Kind::new("example.com", "v1", "Inn"), None, format!("inn-{n}"))
    }

    fn record(words: usize) -> Record {
        let (memory, changes) = (Memory::default(), Vec::new());
        let ended = Ended {
            again: Again::OnChange,
            memory,
            changes,
            trouble: Some("x".repeat(words)),
            health: None,
            skipped: false,
            owes_a_word: false,
        };
        Record::new(
            InWork::after(std::time::Duration::ZERO),
            std::time::Duration::ZERO,
            None,
            &Causes::from(Cause::Start),
            None,
            &ended,
        )
    }

    #[test]
    fn the_last_few_of_an_object_are_kept() {
        let mut shelf = Shelf::default();
        (1..=9).for_each(|words| shelf.put(&key(0), record(words)));
        let kept: Vec<usize> = shelf
            .get(&key(0))
            .expect("it is known")
            .iter()
            .map(|r| r.trouble.as_ref().map_or(0, String::len))
            .collect();
        assert_eq!(kept, [9, 8, 7]);
    }

    #[test]
    fn there_is_an_end_to_objects_and_to_bytes_and_the_oldest_go_first() {
        let mut shelf = Shelf::default();
        (0..OBJECTS).for_each(|n| shelf.put(&key(n), record(1)));
        shelf.put(&key(0), record(1));
        shelf.put(&key(OBJECTS), record(1));
        assert_eq!(shelf.places.len(), OBJECTS);
        assert!(shelf.get(&key(0)).is_some() && shelf.get(&key(1)).is_none(), "the first was looked at again");
        (0..100).for_each(|n| shelf.put(&key(n), record(1 << 20)));
        assert!(shelf.bytes <= BYTES, "{}", shelf.bytes);
        assert!(shelf.get(&key(99)).is_some());
        assert_eq!(shelf.bytes, shelf.places.values().map(|p| p.bytes).sum::<usize>());
        assert_eq!(shelf.turns.len(), shelf.places.len());
    }
}
