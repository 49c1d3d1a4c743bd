//! How long to wait after a failure: longer each time, and never all at the same moment.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// Failures that lie further apart are not of one series.
const SERIES: Duration = Duration::from_secs(90);

/// Waits of a series of failures.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// How long to wait now: 0.1 s doubled with each failure up to 30 s, less up to a half at random.
    pub(crate) fn next(&mut self) -> Duration {
        if self.last.is_some_and(|last| last.elapsed() > SERIES) {
            self.reset();
        }
        let whole = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures += 1;
        self.last = Some(Instant::now());
        // The standard library has no other source of randomness than the keys of its hash maps.
        let parts = u32::try_from(RandomState::new().hash_one(self.failures) % 1_000).unwrap_or(0);
        whole / 2 + whole / 2 * parts / 1_000
    }

    /// It works again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_start_again_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(waits[0] >= FIRST / 2 && waits[0] <= FIRST);
        assert!(waits[39] >= LONGEST / 2 && waits[39] <= LONGEST);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
