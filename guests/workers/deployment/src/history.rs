//! Which release counts, and which stay as history. The releases themselves say it, so nothing else is remembered.

use innkeeper_sdk::Instant;
use kube::core::ObjectMeta;
use workers::{ORDER, SENT_AT};

/// What is known of a release that is there.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) name: String,
    /// The highest is the active one.
    pub(crate) order: i64,
    /// When its sender sent it.
    pub(crate) sent: Option<Instant>,
    /// When it was made.
    pub(crate) made: Option<Instant>,
}

/// What should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Releases {
    /// The order of the release of the template, if that one is wanted as the template has it.
    pub(crate) current: Option<i64>,
    /// The one that counts.
    pub(crate) active: String,
    /// Those that stay as they are.
    pub(crate) kept: Vec<String>,
}

impl Release {
    pub(crate) fn of(metadata: &ObjectMeta) -> Self {
        let said = |key: &str| metadata.annotations.as_ref().and_then(|all| all.get(key));
        Self {
            name: metadata.name.clone().unwrap_or_default(),
            order: said(ORDER).and_then(|order| order.parse().ok()).unwrap_or_default(),
            sent: said(SENT_AT).and_then(|sent| sent.parse().ok()),
            made: metadata.creation_timestamp.as_ref().map(Instant::from),
        }
    }
}

/// Decides. `current` is the release of the template, `sent` when that was sent, `generation` the deployment's.
///
/// A template that was sent before the active release was is late: it is history already when it arrives. Any
/// other becomes the active one, in place of the one that was.
pub(crate) fn decide(
    there: Vec<Release>,
    current: &str,
    sent: Option<Instant>,
    generation: i64,
    limit: usize,
) -> Releases {
    // The active one counts too, and is there whatever the limit says.
    let room = limit.max(1) - 1;
    let active = there.iter().max_by_key(|release| (release.order, release.made, release.name.clone())).cloned();
    let mut others = there;
    let is_late =
        |active: &Release| active.name != current && sent.zip(active.sent).is_some_and(|(this, that)| this < that);
    match active {
        Some(active) if is_late(&active) => {
            others.retain(|release| release.name != active.name);
            let is_new = others.iter().all(|release| release.name != current);
            if is_new {
                others.push(Release { name: current.to_owned(), order: 0, sent, made: None });
            }
            let mut kept = newest(others, room);
            // The one that is late is made once; from then on it stays as any other.
            let make = is_new && kept.iter().any(|name| name == current);
            kept.retain(|name| !(make && name == current));
            kept.push(active.name.clone());
            Releases { current: make.then_some(0), active: active.name, kept }
        }
        active => {
            let order = active.filter(|active| active.name == current).map_or(generation, |active| active.order);
            others.retain(|release| release.name != current);
            Releases { current: Some(order), active: current.to_owned(), kept: newest(others, room) }
        }
    }
}

/// The names of the newest of these.
fn newest(mut releases: Vec<Release>, count: usize) -> Vec<String> {
    releases.sort_by(|a, b| (b.order, b.made, &b.name).cmp(&(a.order, a.made, &a.name)));
    releases.truncate(count);
    releases.into_iter().map(|release| release.name).collect()
}
