//! A module in several ConfigMaps: what they hold is put together, each time one of them changes.

use innkeeper_cluster::{Cluster, Follower, Held};
use innkeeper_core::reconciler::ConfigMapKey;
use innkeeper_guest::MAX_SIZE;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The parts of a module, as they come.
pub(super) struct Parts {
    news: Receiver<(usize, Held)>,
    /// What is known of each, in their order.
    known: Vec<Option<Held>>,
}

/// Follows ConfigMaps.
pub(super) fn follow(cluster: &Cluster, keys: Vec<ConfigMapKey>) -> (Vec<Follower>, Parts) {
    let (all, news) = channel(1);
    let known = vec![None; keys.len()];
    let followers = keys.into_iter().enumerate().map(|(i, key)| {
        let (sink, mut held) = channel(1);
        let all = all.clone();
        tokio::spawn(async move {
            // It ends with the follower.
            while let Some(held) = held.recv().await {
                if all.send((i, held)).await.is_err() {
                    return;
                }
            }
        });
        cluster.follow(key, sink)
    });
    (followers.collect(), Parts { news, known })
}

impl Parts {
    /// Tells what they come to, as soon as all are known.
    pub(super) async fn join(mut self, sink: Sender<Held>) {
        while let Some((i, held)) = self.news.recv().await {
            self.known[i] = Some(held);
            if let Some(whole) = whole(&self.known)
                && sink.send(whole).await.is_err()
            {
                return;
            }
        }
    }
}

fn whole(parts: &[Option<Held>]) -> Option<Held> {
    let mut bytes = Vec::new();
    let mut missing = None;
    for part in parts {
        match part.as_ref()? {
            Ok(part) => bytes.extend_from_slice(part),
            Err(why) => missing = missing.or(Some(why.clone())),
        }
    }
    if let Some(why) = missing {
        return Some(Err(why));
    }
    if bytes.len() > MAX_SIZE {
        return Some(Err(format!("put together they have {} bytes, and a module may have {MAX_SIZE}", bytes.len())));
    }
    Some(Ok(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Option<Held> {
        Some(Ok(text.into()))
    }

    #[test]
    fn parts_are_put_together_in_their_order_when_all_are_known() {
        assert_eq!(whole(&[part("mod"), None]), None);
        assert_eq!(whole(&[part("mod"), part("ule")]), part("module"));
        let gone = || Some(Err("there is no b".to_owned()));
        assert_eq!(whole(&[part("mod"), gone()]), gone());
    }

    #[test]
    fn more_than_a_module_may_have_is_not_put_together() {
        let half = Some(Ok(vec![0; MAX_SIZE / 2 + 1]));
        assert!(whole(&[half.clone(), half]).is_some_and(|held| held.is_err_and(|why| why.contains("may have"))));
    }
}
