//! Places where modules are, followed: what is there at first, and each time that changes.

mod address;
mod fetch;
mod parts;
mod url;

use innkeeper_cluster::{Cluster, Follower, Held};
use innkeeper_core::reconciler::Place;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

/// A place that is followed. Dropping it ends that.
pub(crate) struct Followed {
    _config_maps: Vec<Follower>,
    task: Option<JoinHandle<()>>,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.iter().for_each(JoinHandle::abort);
    }
}

/// Tells what a place holds, at first and each time that changes, until that is dropped or the receiver closed. What
/// cannot be read any more counts as what it was; the log says so.
pub(crate) fn follow(cluster: &Cluster, at: Place, sink: Sender<Held>) -> Followed {
    match at {
        Place::Url { url, digest } => {
            Followed { _config_maps: Vec::new(), task: Some(tokio::spawn(url::follow(url, digest, sink))) }
        }
        Place::ConfigMaps(keys) => match <[_; 1]>::try_from(keys) {
            Ok([key]) => Followed { _config_maps: vec![cluster.follow(key, sink)], task: None },
            Err(keys) => {
                let (followers, parts) = parts::follow(cluster, keys);
                Followed { _config_maps: followers, task: Some(tokio::spawn(parts.join(sink))) }
            }
        },
    }
}
