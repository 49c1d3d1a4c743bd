//! Which of two modules decides for an object while one takes over from the other in steps (promise M06).
//!
//! It follows from the object's uid and labels, the digest of the new module and the steps that are taken, all of which
//! the cluster holds: every process, and everybody who looks, comes to the same, and nothing is written to objects for it.

use sha2::{Digest as _, Sha256};

use crate::object::Object;
use crate::selector::Selector;

/// One step: some objects, beside those of the steps before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many of a hundred, chosen by their uid.
    Percent(u32),
    /// Those with such labels.
    Labels(Selector),
}

impl Step {
    /// Reads `10%`, or a label selector in the notation of kubectl. The error is for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_suffix('%') {
            let percent = number.parse().ok().filter(|percent| (1..=100).contains(percent));
            return percent.map(Self::Percent).ok_or_else(|| format!("{text:?} is not between 1% and 100%"));
        }
        if text.trim().is_empty() {
            return Err("it is empty; a percentage such as 10% or a label selector such as tier=canary".to_owned());
        }
        Selector::parse(text).map(Self::Labels).map_err(|error| error.to_string())
    }
}

/// For which objects a new module decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    digest: String,
    /// So many of a hundred.
    percent: u32,
    labels: Vec<Selector>,
}

impl Share {
    /// The objects of these steps. What is no step adds none.
    pub fn of(digest: &str, taken: &[String]) -> Self {
        let mut share = Self { digest: digest.to_owned(), percent: 0, labels: Vec::new() };
        for step in taken.iter().filter_map(|text| Step::parse(text).ok()) {
            match step {
                Step::Percent(percent) => share.percent = share.percent.max(percent),
                Step::Labels(selector) => share.labels.push(selector),
            }
        }
        share
    }

    /// Whether the new module decides for that object.
    pub fn takes(&self, object: &Object) -> bool {
        self.percent >= 100
            || self.labels.iter().any(|selector| selector.matches(&object.meta.labels))
            || (self.percent > 0 && place(&self.digest, &object.meta.uid) < self.percent)
    }
}

/// Where an object stands among a hundred. Another module begins with other objects.
fn place(digest: &str, uid: &str) -> u32 {
    let hash = Sha256::new().chain_update(digest).chain_update("/").chain_update(uid).finalize();
    let first = hash.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    first % 100
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(uid: &str, tier: &str) -> Object {
        let whole = json!({
            "apiVersion": "example.com/v1", "kind": "Inn",
            "metadata": {"name": uid, "namespace": "a", "uid": uid, "resourceVersion": "1", "labels": {"tier": tier}},
        });
        Object::parse(&whole.to_string(), None).expect("an object")
    }

    fn share(taken: &[&str]) -> Share {
        let taken: Vec<String> = taken.iter().map(|text| (*text).to_owned()).collect();
        Share::of("sha256:b", &taken)
    }

    #[test]
    fn a_percentage_is_about_so_many_and_the_next_step_adds_to_it() {
        let objects: Vec<Object> = (0..1_000).map(|n| object(&format!("uid-{n}"), "x")).collect();
        let of = |taken: &[&str]| -> Vec<bool> { objects.iter().map(|o| share(taken).takes(o)).collect() };
        let count = |of: &[bool]| of.iter().filter(|takes| **takes).count();
        let (none, ten, fifty, all) = (of(&[]), of(&["10%"]), of(&["10%", "50%"]), of(&["100%"]));
        assert_eq!((count(&none), count(&all)), (0, 1_000));
        assert!((70..130).contains(&count(&ten)) && (450..550).contains(&count(&fifty)));
        assert!(ten.iter().zip(&fifty).all(|(ten, fifty)| !ten || *fifty));
    }

    #[test]
    fn labels_choose_those_that_have_them() {
        let share = share(&["tier in (canary, dev)"]);
        assert!(share.takes(&object("a", "canary")) && share.takes(&object("b", "dev")));
        assert!(!share.takes(&object("c", "prod")));
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for text in ["0%", "101%", "ten%", "", " ", "a==b==c"] {
            assert!(Step::parse(text).is_err(), "{text}");
        }
    }
}
