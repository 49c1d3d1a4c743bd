//! Events: which of them are told, and which only counted.
//!
//! An outcome says which Events hold, like everything else it says; it says them again at every call. So one
//! that the outcome before held too is no news. One that comes back is the same Event again: it is counted in
//! its series (`series.count`), and the count is written when it has doubled or is ten minutes old. However
//! fast a loop turns, it writes Events ever more seldom.
//!
//! Neither may words that differ each time be a way around that: past a few different ones of the same reason,
//! the others are counted in one Event that says so, and an object has no more than a number of writes in ten
//! minutes, whatever its guest says.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::contract::Event;

/// The time that rates are about, in milliseconds.
const WINDOW_MS: i64 = 600_000;
/// How many different Events of one reason are told within the window.
const DIFFERENT: usize = 5;
/// How many writes of Events about one object there may be within the window.
const WRITES: usize = 20;
/// How many Events of an object are remembered.
const REMEMBERED: usize = 32;

/// What was told of one object.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What the last outcome said; none if this process has seen no outcome of the object.
    held: Option<BTreeSet<u64>>,
    /// What the last reconcile said for the host itself.
    own: Option<u64>,
    /// The generation that an earlier process was done with, as the object showed before this one wrote a status
    /// without an outcome; the outer none if it did not.
    pub(super) found: Option<Option<i64>>,
    /// The latest last.
    said: VecDeque<Said>,
    /// When Events were written, within the window.
    writes: VecDeque<i64>,
}

/// One Event that was told.
#[derive(Clone, Debug)]
struct Said {
    id: u64,
    reason: u64,
    /// How often it was said, and how often of that was told.
    times: u64,
    told: u64,
    /// When it was told last.
    at_ms: i64,
}

/// An Event that is due, and how often it was said since it was told last.
pub(super) type Due = (Event, u64);

impl Told {
    /// Whether this process has seen no outcome of the object yet.
    pub(super) fn is_first(&self) -> bool {
        self.held.is_none()
    }

    /// Takes in what holds now, and says what to tell: of the outcome, if there is one, and of the host itself.
    /// Where there is none, what the last one said holds on. `nothing_new`: the object shows what an earlier
    /// reconcile told of it, and this one changed nothing. Where this process has seen no other outcome, its Events
    /// were told by the process before.
    pub(super) fn due(
        &mut self,
        now_ms: i64,
        said: Option<Vec<Event>>,
        own: Option<Event>,
        nothing_new: bool,
    ) -> Vec<Due> {
        let own_before = std::mem::replace(&mut self.own, own.as_ref().map(hash));
        let own = own.filter(|event| own_before != Some(hash(event)));
        let before = match &said {
            Some(events) => self.held.replace(events.iter().map(hash).collect()),
            None => self.held.clone(),
        };
        // What the host says itself is compared with what the object shows, not with what a process remembers.
        let said = said.filter(|_| before.is_some() || !nothing_new);
        let events: Vec<Event> = said.into_iter().flatten().chain(own).collect();
        let before = before.unwrap_or_default();
        let news = events.into_iter().filter(|event| !before.contains(&hash(event)));
        news.filter_map(|event| self.say(now_ms, event)).collect()
    }

    /// Takes in something that is told once, when it comes to be. None where it is only counted.
    pub(crate) fn tell(&mut self, now_ms: i64, event: Event) -> Option<(Event, u64)> {
        self.say(now_ms, event)
    }

    fn say(&mut self, now_ms: i64, event: Event) -> Option<Due> {
        self.writes.retain(|at| now_ms - at < WINDOW_MS);
        let reason = hash(&event.reason);
        let is_known = |said: &VecDeque<Said>, id: u64| said.iter().any(|s| s.id == id);
        let same_reason = self.said.iter().filter(|s| s.reason == reason && now_ms - s.at_ms < WINDOW_MS).count();
        let event = match is_known(&self.said, hash(&event)) || same_reason < DIFFERENT {
            true => event,
            false => combined(event),
        };
        let id = hash(&event);
        if !is_known(&self.said, id) {
            if self.said.len() >= REMEMBERED {
                self.said.pop_front();
            }
            self.said.push_back(Said { id, reason, times: 0, told: 0, at_ms: now_ms });
        }
        let said = self.said.iter_mut().find(|s| s.id == id)?;
        said.times += 1;
        let is_due = said.times.is_power_of_two() || now_ms - said.at_ms >= WINDOW_MS;
        if !is_due || self.writes.len() >= WRITES {
            return None;
        }
        let times = said.times - said.told;
        (said.told, said.at_ms) = (said.times, now_ms);
        self.writes.push_back(now_ms);
        Some((event, times))
    }
}

/// What stands for all further Events of a reason.
fn combined(event: Event) -> Event {
    let message = format!("more Events of the reason {} that differ in their words; see the host's log", event.reason);
    Event { message, ..event }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::EventType;

    fn event(reason: &str, message: &str) -> Event {
        Event { kind: EventType::Normal, reason: reason.into(), action: "Act".into(), message: message.into() }
    }

    /// A moment of this century.
    const NOW: i64 = 1_800_000_000_000;

    /// What is told when these hold one after the other, so many milliseconds later.
    fn told(told: &mut Told, turns: impl Iterator<Item = (i64, Vec<Event>)>) -> Vec<Due> {
        turns.flat_map(|(later, events)| told.due(NOW + later, Some(events), None, false)).collect()
    }

    #[test]
    fn what_every_outcome_says_is_told_once_and_what_comes_back_is_counted() {
        let mut all = Told::default();
        let one = || vec![event("Moved", "to the left")];
        assert_eq!(told(&mut all, (0..100).map(|at| (at, one()))), [(event("Moved", "to the left"), 1)]);
        let comes_and_goes = (100..120).map(|at| (at, if at % 2 == 0 { vec![] } else { one() }));
        let again: Vec<u64> = told(&mut all, comes_and_goes).into_iter().map(|(_, times)| times).collect();
        assert_eq!(again, [1, 2, 4], "it was said eleven times, and is written at the second, fourth and eighth");
    }

    #[test]
    fn a_slow_repetition_is_told_each_time() {
        let mut all = Told::default();
        let hourly = (0..10).map(|n| (n * 3_600_000 / 2, if n % 2 == 0 { vec![event("Hourly", "x")] } else { vec![] }));
        let times: Vec<u64> = told(&mut all, hourly).into_iter().map(|(_, times)| times).collect();
        assert_eq!(times, [1; 5]);
    }

    #[test]
    fn a_hot_loop_writes_ever_more_seldom_whatever_it_says() {
        let flips = |n: i64| vec![event("Flip", if n % 2 == 0 { "on" } else { "off" })];
        assert!(told(&mut Told::default(), (0..20_000).map(|n| (n, flips(n)))).len() <= WRITES);
        let counts = |n: i64| vec![event("Count", &n.to_string())];
        let told_counts = told(&mut Told::default(), (0..20_000).map(|n| (n, counts(n))));
        assert!(told_counts.len() <= WRITES);
        let words: BTreeSet<String> = told_counts.into_iter().map(|(event, _)| event.message).collect();
        assert_eq!(words.len(), DIFFERENT + 1, "{words:?}");
        let reasons = |n: i64| vec![event(&format!("Reason{n}"), "x")];
        assert_eq!(told(&mut Told::default(), (0..20_000).map(|n| (n, reasons(n)))).len(), WRITES);
        let later = (0..3).map(|n| (n * WINDOW_MS, reasons(n)));
        assert_eq!(told(&mut Told::default(), later).len(), 3, "the bound is one of rate");
    }

    #[test]
    fn a_process_that_finds_everything_as_it_should_be_says_nothing_of_it() {
        let mut all = Told::default();
        let moved = |where_to: &str| Some(vec![event("Moved", where_to)]);
        assert_eq!(all.due(0, None, None, true), []);
        assert_eq!(all.due(1, moved("x"), None, true), []);
        assert_eq!(all.due(2, moved("x"), None, true), []);
        assert_eq!(all.due(3, moved("y"), None, true).len(), 1, "this is news");
    }

    #[test]
    fn what_the_host_says_itself_is_told_when_it_begins_to_hold_and_leaves_what_the_guest_says_alone() {
        let mut all = Told::default();
        let (guests, own) = (vec![event("Moved", "x")], event("GuestTrapped", "y"));
        assert_eq!(all.due(0, Some(guests.clone()), None, false).len(), 1);
        assert_eq!(all.due(1, None, Some(own.clone()), false), [(own.clone(), 1)]);
        assert_eq!(all.due(2, None, Some(own), false), []);
        assert_eq!(all.due(3, Some(guests), None, false), []);
    }

    #[test]
    fn other_reasons_and_what_was_said_long_ago_keep_nobody_from_his_own_words() {
        let mut all = Told::default();
        let reasons = (0..8).map(|n| (n, vec![event(&format!("Reason{n}"), "x")]));
        assert!(told(&mut all, reasons).iter().all(|(event, _)| event.message == "x"));
        let hourly = (1..20).map(|n| (n * 3_600_000, vec![event("Count", &n.to_string())]));
        assert!(told(&mut all, hourly).iter().all(|(event, _)| event.message.len() <= 2));
    }
}
