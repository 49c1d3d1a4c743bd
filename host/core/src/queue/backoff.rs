//! How long to wait after a failure.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::kind::Key;

/// Back-off after a first failure, in milliseconds.
const FIRST_MS: u64 = 5;
/// The longest back-off, in milliseconds.
const LONGEST_MS: u64 = 1_000_000;

/// 5 ms doubled per failure up to 1000 s, less up to a quarter that differs from object to object.
pub(super) fn after(key: &Key, failures: u32) -> u64 {
    let full = FIRST_MS.saturating_mul(1 << failures.saturating_sub(1).min(30)).min(LONGEST_MS);
    let mut hasher = DefaultHasher::new();
    (key, failures).hash(&mut hasher);
    full - full / 4 * (hasher.finish() % 1000) / 1000
}
