//! Labels or annotations, in as little memory as they need: there are some of each on every object that is kept.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Keys with their values, in the order of the keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Key, value, key, value …
    text: Box<str>,
    /// Where each of them ends.
    ends: Box<[u32]>,
}

impl Pairs {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Whether a key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// All of them, by their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        let mut next = move |end: u32| {
            let range = begin..end as usize;
            begin = range.end;
            &self.text[range]
        };
        self.ends.chunks_exact(2).map(move |ends| (next(ends[0]), next(ends[1])))
    }
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: AsRef<str> + Ord, V: AsRef<str>> FromIterator<(K, V)> for Pairs {
    /// Of two with the same key the later counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs: BTreeMap<K, V> = pairs.into_iter().collect();
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(2 * pairs.len()));
        for part in pairs.iter().flat_map(|(key, value)| [key.as_ref(), value.as_ref()]) {
            text.push_str(part);
            ends.push(u32::try_from(text.len()).expect("the API server takes no object of 4 GiB"));
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut all = Vec::new();
                while let Some((Part(key), Part(value))) = map.next_entry()? {
                    all.push((key, value));
                }
                Ok(all.into_iter().collect())
            }
        }

        deserializer.deserialize_map(All)
    }
}

/// A string, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Part<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_by_their_keys_and_told_in_their_order() {
        let pairs: Pairs = serde_json::from_str(r#"{"b": "", "a/x": "1\n", "": "n", "ab": "2"}"#).expect("a map");
        assert_eq!(pairs.iter().collect::<Vec<_>>(), [("", "n"), ("a/x", "1\n"), ("ab", "2"), ("b", "")]);
        assert_eq!((pairs.get("a/x"), pairs.get("b"), pairs.get("a")), (Some("1\n"), Some(""), None));
        assert!(pairs.contains_key("") && !Pairs::default().contains_key(""));
        assert_eq!(pairs, [("ab", "0"), ("", "n"), ("b", ""), ("ab", "2"), ("a/x", "1\n")].into_iter().collect());
        assert_eq!(format!("{pairs:?}"), r#"{"": "n", "a/x": "1\n", "ab": "2", "b": ""}"#);
        assert!(serde_json::from_str::<Pairs>(r#"{"a": 1}"#).is_err());
    }
}
