//! One URL, followed: asked again and again for what is there, cheaply where the server tells versions apart by ETag.

use std::time::Duration;

use http::HeaderValue;
use innkeeper_cluster::Held;
use innkeeper_core::object::digest;
use tokio::sync::mpsc::Sender;

use super::fetch::{Answer, fetch};
use crate::wasm;

/// How often a server is asked that answers.
const EVERY: Duration = Duration::from_secs(10);
/// How often at least where what is wanted is not there; the pause grows by half each time.
const SELDOM: Duration = Duration::from_secs(300);

/// Tells what is at a URL. Where one digest is asked for, nobody asks again once that was there.
pub(super) async fn follow(url: String, wanted: Option<String>, sink: Sender<Held>) {
    // The digest of what was there, or why nothing was.
    let mut told: Option<Result<String, String>> = None;
    let mut tag: Option<HeaderValue> = None;
    let mut pause = EVERY;
    loop {
        match fetch(&url, tag.as_ref()).await {
            Ok(Answer::Same) => pause = EVERY,
            Ok(Answer::Bytes(bytes, new_tag)) => {
                tag = new_tag;
                let is_found = wanted.as_deref().is_none_or(|wanted| is_module(&bytes, wanted));
                pause = if is_found { EVERY } else { longer(pause) };
                let news = Ok(digest(&bytes));
                if told.as_ref() != Some(&news) {
                    told = Some(news);
                    if sink.send(Ok(bytes)).await.is_err() {
                        return;
                    }
                }
                if is_found && wanted.is_some() {
                    return;
                }
            }
            Err(why) => {
                tracing::warn!("{why}");
                pause = longer(pause);
                let news = Err(why.clone());
                if !matches!(told, Some(Ok(_))) && told.as_ref() != Some(&news) {
                    told = Some(news);
                    if sink.send(Err(why)).await.is_err() {
                        return;
                    }
                }
            }
        }
        tokio::time::sleep(pause).await;
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 3 / 2).min(SELDOM)
}

/// Whether bytes, unpacked, have a digest.
fn is_module(bytes: &[u8], wanted: &str) -> bool {
    wasm::unpacked(bytes.to_vec()).is_ok_and(|module| digest(&module) == wanted)
}
