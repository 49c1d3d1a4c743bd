//! Objects that do not settle (promise Q04): what is written for them is undone again and again. They are slowed
//! down, and their status says who undoes it.
//!
//! What counts is that *the same* is written again (see [`Tallies::count`]): an object on its way writes each thing
//! once, and one that follows what others do writes something new. It ends by itself with the first look that has
//! nothing to do, or when somebody wants something else.

use foldhash::HashMap;

use super::Engine;
use super::tallies::{Tallies, Written};
use crate::action::Action;
use crate::cause::{Cause, Causes, Due};
use crate::kind::Key;
use crate::names::HOST_MANAGER;
use crate::queue::Urgency;

/// How often the same may be written for an object within [`WINDOW_MS`].
const OFTEN: u32 = 10;
/// The time in which it counts, in milliseconds.
pub(super) const WINDOW_MS: u64 = 60_000;
/// The first pause of an object that does not settle, in milliseconds. Each is twice the one before.
const FIRST_PAUSE_MS: u64 = 1_000;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 300_000;

/// What has been written lately, and which objects do not settle.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    of: HashMap<Key, Record>,
    swept_ms: u64,
}

#[derive(Debug, Default)]
struct Record {
    /// What the step in work has asked the API server to write.
    asked: Vec<Written>,
    /// What of that it has written.
    written: Vec<Written>,
    tallies: Tallies,
    /// What led to writes of the same.
    blame: Causes,
    hot: Option<Hot>,
}

#[derive(Debug)]
struct Hot {
    /// For people. It stays as it was at first, since it is written to the status.
    why: String,
    pauses: u32,
}

/// What follows from the end of a step.
enum Verdict {
    /// Nothing.
    Fine,
    /// It does not settle: it is not looked at for so many milliseconds.
    Pause(u64),
    /// It did not, and does now.
    Settled,
}

impl Breaker {
    /// A step sends a request for an object.
    pub(super) fn asked(&mut self, object: &Key, action: &Action) {
        if let Some(written) = Written::by(action) {
            self.of.entry(object.clone()).or_default().asked.push(written);
        }
    }

    /// A step wrote something for an object, or has seen that it is there: who asked for no write only looked.
    pub(super) fn wrote(&mut self, object: &Key, there: &Key) {
        let Some(record) = self.of.get_mut(object) else { return };
        if let Some(at) = record.asked.iter().rposition(|asked| asked.is_about(there)) {
            record.written.push(record.asked.swap_remove(at));
        }
    }

    /// Why an object is slowed down, if it is.
    pub(super) fn why(&self, object: &Key) -> Option<&str> {
        Some(&self.of.get(object)?.hot.as_ref()?.why)
    }

    /// Somebody changed the object, or it is gone: what was says nothing any more.
    pub(super) fn forget(&mut self, object: &Key) {
        self.of.remove(object);
    }

    /// Objects are no longer kept.
    pub(super) fn forget_all(&mut self, which: impl Fn(&Key) -> bool) {
        self.of.retain(|key, _| !which(key));
    }

    /// The work on an object ended. `quiet`: it wrote nothing and nothing went wrong.
    fn ended(&mut self, object: &Key, causes: &Causes, manager: &str, quiet: bool, now_ms: u64) -> Verdict {
        self.sweep(now_ms);
        let Some(record) = self.of.get_mut(object) else { return Verdict::Fine };
        let written = std::mem::take(&mut record.written);
        record.asked.clear();
        if record.hot.is_some() && quiet {
            self.of.remove(object);
            return Verdict::Settled;
        }
        let driven = record.tallies.driven(causes, manager, now_ms);
        let counts = written.iter().map(|written| record.tallies.count(written, driven, now_ms));
        let most = counts.max().unwrap_or_default();
        if most > 1 {
            causes.named().iter().for_each(|(cause, _)| record.blame.add(cause.clone()));
        }
        let still_hot = record.hot.is_some() && !written.is_empty();
        if most <= OFTEN && !still_hot {
            return Verdict::Fine;
        }
        let hot = record.hot.get_or_insert_with(|| Hot { why: explained(&record.blame, manager), pauses: 0 });
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << hot.pauses.min(20)).min(LONGEST_PAUSE_MS);
        hot.pauses = hot.pauses.saturating_add(1);
        Verdict::Pause(pause)
    }

    /// Forgets what was written long ago, once in a while.
    fn sweep(&mut self, now_ms: u64) {
        if now_ms < self.swept_ms + WINDOW_MS {
            return;
        }
        self.swept_ms = now_ms;
        self.of.retain(|_, record| {
            record.tallies.sweep(now_ms);
            record.hot.is_some() || !record.asked.is_empty() || !record.written.is_empty() || !record.tallies.is_empty()
        });
    }
}

/// What keeps an object from settling, for people: others if there are any, and as whom we write.
fn explained(blame: &Causes, manager: &str) -> String {
    let is_ours = |by: &Option<String>| by.as_deref().is_some_and(|by| by == manager || by == HOST_MANAGER);
    let others = blame.named().iter().map(|(cause, _)| cause).filter(|cause| match cause {
        Cause::Child { by, .. } | Cause::Object { by, .. } | Cause::Read { by, .. } => !is_ours(by),
        _ => false,
    });
    let mut others: Vec<String> = others.map(ToString::to_string).collect();
    others.sort();
    let less = "it is looked at less and less often until that ends";
    match others.is_empty() {
        true => format!("it does not settle: what its guest wants changes with what {manager} writes for it; {less}"),
        false => format!("it does not settle: {}, and {manager} writes again each time; {less}", others.join("; ")),
    }
}

impl Engine {
    /// Slows an object down that does not settle, and lets one go on that does. Says for how many milliseconds it
    /// is held back.
    pub(super) fn judge(&mut self, object: &Key, causes: &Causes, manager: &str, quiet: bool) -> Option<u64> {
        let now = self.now.mono_ms;
        match self.breaker.ended(object, causes, manager, quiet, now) {
            Verdict::Fine => None,
            Verdict::Pause(ms) => {
                self.queue.hold(object, now + ms);
                Some(ms)
            }
            Verdict::Settled => {
                // Its status still says that it did not.
                self.unsettle(object);
                self.queue.wake(object, Urgency::Fresh, Cause::Time(Due::Recheck));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::resource::{Address, Resource};

    fn key(kind: &str, name: &str) -> Key {
        Key::new(Kind::new("", "v1", kind), Some("a".into()), name.into())
    }

    /// A step asks for a write for an object.
    fn asks(breaker: &mut Breaker, object: &Key) {
        let resource = Resource { kind: object.kind.clone(), plural: "x".into(), namespaced: true }.into();
        let at = Address { resource, namespace: Some("a".into()), name: "child".into() };
        breaker.asked(object, &Action::Delete { at, uid: "1".into() });
    }

    fn ends(breaker: &mut Breaker, object: &Key, now_ms: u64) {
        breaker.ended(object, &Causes::default(), "us", false, now_ms);
    }

    /// An object for which something was written at that moment.
    fn writes(breaker: &mut Breaker, object: &Key, now_ms: u64) {
        asks(breaker, object);
        breaker.wrote(object, &key(&object.kind.kind, "child"));
        ends(breaker, object, now_ms);
    }

    #[test]
    fn what_was_written_long_ago_is_forgotten_once_in_a_while_and_never_what_is_in_work() {
        let (old, other, at_work, done) = (key("Inn", "old"), key("Inn", "x"), key("Inn", "y"), key("Inn", "z"));
        let mut breaker = Breaker::default();
        let start = 10 * WINDOW_MS;
        writes(&mut breaker, &old, start);
        ends(&mut breaker, &other, start + WINDOW_MS - 1);
        assert!(breaker.of.contains_key(&old), "it counts still");
        asks(&mut breaker, &at_work);
        asks(&mut breaker, &done);
        breaker.wrote(&done, &key("Inn", "child"));
        ends(&mut breaker, &other, start + WINDOW_MS);
        assert!(!breaker.of.contains_key(&old), "it does not count any more");
        assert!(breaker.of.contains_key(&at_work) && breaker.of.contains_key(&done));
        writes(&mut breaker, &old, start + WINDOW_MS);
        ends(&mut breaker, &other, start + 3 * WINDOW_MS - 1);
        assert!(!breaker.of.contains_key(&old) && breaker.of.contains_key(&at_work));
        writes(&mut breaker, &old, start + 3 * WINDOW_MS);
        ends(&mut breaker, &other, start + 4 * WINDOW_MS - 1);
        ends(&mut breaker, &other, start + 4 * WINDOW_MS);
        assert!(breaker.of.contains_key(&old), "nobody looks through them all each time");
    }

    #[test]
    fn a_kind_that_is_no_longer_kept_is_forgotten_and_no_other() {
        let (inn, tower) = (key("Inn", "x"), key("Tower", "x"));
        let mut breaker = Breaker::default();
        asks(&mut breaker, &inn);
        asks(&mut breaker, &tower);
        breaker.forget_all(|key| key.kind.kind == "Inn");
        assert!(!breaker.of.contains_key(&inn) && breaker.of.contains_key(&tower));
    }
}
