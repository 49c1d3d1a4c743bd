//! Points in time, as far as a guest may know them.

use std::ops::Add;
use std::str::FromStr;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use k8s_openapi::jiff::Timestamp;

/// A point in time, in milliseconds. It comes from objects; [`Context::reached`] says whether it has passed.
///
/// [`Context::reached`]: crate::Context::reached
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub(crate) i64);

impl Instant {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
}

impl From<&Time> for Instant {
    fn from(time: &Time) -> Self {
        Self(time.0.as_millisecond())
    }
}

impl From<&MicroTime> for Instant {
    fn from(time: &MicroTime) -> Self {
        Self(time.0.as_millisecond())
    }
}

impl FromStr for Instant {
    type Err = crate::Failure;

    /// From a time as Kubernetes writes it: `2026-01-31T12:00:00Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time: Result<Timestamp, _> = text.parse();
        time.map(|time| Self(time.as_millisecond())).map_err(|_| crate::Failure::wrong(format!("{text:?} is no time")))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}
