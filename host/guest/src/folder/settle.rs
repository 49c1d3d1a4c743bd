//! Files that are being written: they are read when they have been still for a while.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long a file's size and time of change must stay before it is read, where nobody says that it is whole.
pub(super) const STILL: Duration = Duration::from_millis(100);
/// The same when who wrote it has closed it: some open it once more.
pub(super) const CLOSED: Duration = Duration::from_millis(3);
/// The same when it was put there in one step.
pub(super) const WHOLE: Duration = Duration::ZERO;

/// Files to read soon.
#[derive(Debug, Default)]
pub(super) struct Pending(BTreeMap<PathBuf, Waiting>);

#[derive(Debug)]
struct Waiting {
    due: Instant,
    stamp: Stamp,
}

/// Size and time of change; none while there is no such file.
type Stamp = Option<(u64, Option<SystemTime>)>;

fn stamp(path: &Path) -> Stamp {
    fs::metadata(path).ok().map(|found| (found.len(), found.modified().ok()))
}

impl Pending {
    /// Something happened to this file: it is waited for anew, for so long.
    pub(super) fn add(&mut self, path: PathBuf, now: Instant, still: Duration) {
        let stamp = stamp(&path);
        self.0.insert(path, Waiting { due: now + still, stamp });
    }

    /// When the next file must be looked at.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.values().map(|waiting| waiting.due).min()
    }

    /// Takes a file that has been still for long enough. One that has changed is waited for anew: not every
    /// file system tells of every write.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<PathBuf> {
        for (path, waiting) in self.0.iter_mut().filter(|(_, waiting)| waiting.due <= now) {
            let stamp = stamp(path);
            if stamp == waiting.stamp {
                let path = path.clone();
                self.0.remove(&path);
                return Some(path);
            }
            *waiting = Waiting { due: now + STILL, stamp };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_when_it_has_been_still_for_a_while() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wasm");
        let (mut pending, now) = (Pending::default(), Instant::now());
        fs::write(&path, "1").expect("a file");
        pending.add(path.clone(), now, STILL);
        assert_eq!(pending.next_due(now + STILL / 2), None);
        fs::write(&path, "12").expect("a file");
        assert_eq!(pending.next_due(now + STILL), None, "it has changed");
        assert_eq!(pending.due(), Some(now + STILL * 2));
        assert_eq!(pending.next_due(now + STILL * 2), Some(path));
        assert_eq!(pending.due(), None);
    }

    #[test]
    fn a_file_that_is_whole_is_read_at_once_and_one_that_was_closed_soon() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wasm");
        let (mut pending, now) = (Pending::default(), Instant::now());
        fs::write(&path, "1").expect("a file");
        pending.add(path.clone(), now, WHOLE);
        assert_eq!(pending.next_due(now), Some(path.clone()));
        pending.add(path.clone(), now, CLOSED);
        assert_eq!(pending.next_due(now), None);
        fs::write(&path, "12").expect("a file");
        assert_eq!(pending.next_due(now + CLOSED), None, "somebody opened it once more");
        assert_eq!(pending.due(), Some(now + CLOSED + STILL));
    }
}
