//! Numbers of workers, written as Kubernetes writes those of an indexed Job: `0-4,7`.

use std::collections::BTreeSet;
use std::fmt;

/// The most workers that there may be.
const MOST: u32 = 1000;

/// A set of numbers of workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Indexes(BTreeSet<u32>);

impl Indexes {
    /// Reads what was written; what makes no sense is left out.
    pub(crate) fn read(text: &str) -> Self {
        let mut all = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
                all.extend(first..last.saturating_add(1).min(MOST));
            }
        }
        Self(all)
    }

    pub(crate) fn insert(&mut self, index: u32) {
        self.0.insert(index);
    }

    pub(crate) fn contains(&self, index: u32) -> bool {
        self.0.contains(&index)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for index in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == *index => *last = *index,
                _ => ranges.push((*index, *index)),
            }
        }
        let words = |(first, last): &(u32, u32)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        f.write_str(&ranges.iter().map(words).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::Indexes;

    #[test]
    fn what_was_written_can_be_read() {
        for text in ["", "0", "0-4,7", "1-2,5-6,999"] {
            assert_eq!(Indexes::read(text).to_string(), text);
        }
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        assert_eq!(Indexes::read("x,3,,-,5-").to_string(), "3");
        assert_eq!(Indexes::read("998-4000000000").to_string(), "998-999");
        assert_eq!(Indexes::read("9-3").to_string(), "");
    }
}
