//! Numbers of many rounds, or of many calls, in a few.

use serde::Serialize;

/// The middle and the ends of some measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// None where nothing was measured.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| percentile(&values, share);
        Some(Self { min: at(0.0)?, p50: at(0.5)?, p99: at(0.99)?, max: at(1.0)? })
    }
}

/// The value below which that share of sorted values lies (nearest rank; of an even number's middle, the mean).
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "no run has so many measurements")]
    let place = share * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and last")]
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_ends_and_the_middle() {
        let spread = Spread::of([3.0, 1.0, 2.0]).expect("there are three");
        assert_eq!((spread.min, spread.p50, spread.max), (1.0, 2.0, 3.0));
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0]).expect("there are four");
        assert_eq!(spread.p50, 2.5);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn one_of_a_hundred_is_beyond_the_99th_percentile() {
        let spread = Spread::of((0..=100).map(f64::from)).expect("there are some");
        assert_eq!((spread.p99, spread.max), (99.0, 100.0));
    }
}
