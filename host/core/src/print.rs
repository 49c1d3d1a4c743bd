//! Fingerprints: whether two things are the same, without keeping either.

use sha2::{Digest as _, Sha256};

/// 128 bits of a SHA-256 over some parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Print([u8; 16]);

impl Print {
    /// Of nothing at all.
    pub const NONE: Self = Self([0; 16]);

    /// Of parts in their order. Where one ends and the next begins counts.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut print = [0; 16];
        print.copy_from_slice(&hasher.finalize()[..16]);
        Self(print)
    }

    /// Of other prints in their order.
    pub fn of_all(prints: impl IntoIterator<Item = Self>) -> Self {
        let mut hasher = Sha256::new();
        prints.into_iter().for_each(|print| hasher.update(print.0));
        let mut print = [0; 16];
        print.copy_from_slice(&hasher.finalize()[..16]);
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
