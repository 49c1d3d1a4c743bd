//! Fingerprints: whether two things are the same, without keeping either.

use std::hash::{Hash, Hasher};

/// 128 bits of a BLAKE3 over some parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Print([u8; 16]);

/// What takes in whatever knows how to be hashed.
struct Ink(blake3::Hasher);

impl Hasher for Ink {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("a print is taken of it")
    }
}

impl Print {
    /// Of nothing at all.
    pub const NONE: Self = Self([0; 16]);

    /// Of parts in their order. Where one ends and the next begins counts.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self::taken(&hasher)
    }

    /// Of other prints in their order.
    pub fn of_all(prints: impl IntoIterator<Item = Self>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for print in prints {
            hasher.update(&print.0);
        }
        Self::taken(&hasher)
    }

    /// Of a value. It says nothing outside of this process.
    pub fn of_value(value: &impl Hash) -> Self {
        let mut ink = Ink(blake3::Hasher::new());
        value.hash(&mut ink);
        Self::taken(&ink.0)
    }

    fn taken(hasher: &blake3::Hasher) -> Self {
        let mut print = [0; 16];
        print.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(print)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_part_ends_counts() {
        let of = |parts: &[&str]| Print::of(parts.iter().map(|p| p.as_bytes()));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }
}
