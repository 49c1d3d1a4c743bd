//! When an object is looked at again after a reconcile.

use crate::cause::Due;

/// A guest that asks to be called again is called after this many milliseconds at the soonest.
const REQUEUE_MS: u64 = 1_000;

/// When an object is looked at again after a reconcile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// When something changes.
    #[default]
    OnChange,
    /// After this many milliseconds, for that reason, or when something changes.
    After(u64, Due),
    /// It failed: after a back-off that grows, within these bounds, or when something changes.
    BackOff {
        /// Not before this many milliseconds, whatever else is due: the API server asked to wait.
        no_sooner: u64,
        /// After this many milliseconds at the latest: something else is due then.
        no_later: Option<(u64, Due)>,
    },
    /// It failed and something says when to try: after this many milliseconds, but not before its back-off is over.
    /// Counts as a failure.
    FailedAfter(u64),
    /// Never: the object is gone.
    Never,
}

impl Again {
    /// It failed, and nothing bounds the back-off.
    pub const BACK_OFF: Self = Self::BackOff { no_sooner: 0, no_later: None };

    /// The same, but counted as a failure.
    pub fn failed(self) -> Self {
        match self {
            Self::OnChange => Self::BACK_OFF,
            Self::After(ms, due) => Self::BackOff { no_sooner: 0, no_later: Some((ms, due)) },
            failed => failed,
        }
    }

    /// The same, but for that reason after this many milliseconds at the latest.
    pub fn no_later_than(self, (ms, due): (u64, Due)) -> Self {
        let sooner = |(at, before)| if at <= ms { (at, before) } else { (ms, due) };
        match self {
            Self::OnChange => Self::After(ms, due),
            Self::After(at, before) => {
                let (at, due) = sooner((at, before));
                Self::After(at, due)
            }
            Self::BackOff { no_sooner, no_later } => {
                Self::BackOff { no_sooner, no_later: Some(no_later.map_or((ms, due), sooner)) }
            }
            Self::FailedAfter(at) => Self::FailedAfter(at.min(ms)),
            Self::Never => Self::Never,
        }
    }

    /// The same, but a back-off lasts at least this many milliseconds.
    pub fn no_sooner_than(self, ms: u64) -> Self {
        match self {
            Self::BackOff { no_sooner, no_later } => Self::BackOff { no_sooner: no_sooner.max(ms), no_later },
            other => other,
        }
    }

    /// The same, but its guest is not called again as fast as it answers.
    pub fn paced(self) -> Self {
        let paced = |(ms, due): (u64, Due)| (if due == Due::Requeue { ms.max(REQUEUE_MS) } else { ms }, due);
        match self {
            Self::After(ms, due) => {
                let (ms, due) = paced((ms, due));
                Self::After(ms, due)
            }
            Self::BackOff { no_sooner, no_later } => Self::BackOff { no_sooner, no_later: no_later.map(paced) },
            other => other,
        }
    }
}
