//! Actions: one request each, and what came of it.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt as _;
use innkeeper_core::action::{Action, Done};
use kube::client::Body;

use crate::answer::Answer;
use crate::cluster::Cluster;
use crate::{events, request, transport};

/// How long an answer may take, from the first byte sent to the last one read.
const LIMIT: Duration = Duration::from_secs(30);

impl Cluster {
    /// Does one action and says what came of it.
    ///
    /// Exactly one request is sent, and never again by itself: whoever asked decides that. (An Event
    /// that was recorded before needs another to be counted.) An answer that does not come within 30 s,
    /// or not whole, is [`Done::Unknown`]: the action may have taken effect. Dropping the future leaves
    /// the same doubt.
    pub async fn act(&self, action: &Action) -> Done {
        if let Action::Event { about, event, times, related } = action {
            return events::record(self, about, event, *times, related.as_deref()).await;
        }
        let request = match request::of(action) {
            Ok(Some(request)) => request,
            Ok(None) => return Done::Accepted,
            Err(e) => return Done::Invalid(e.to_string().into()),
        };
        match (self.ask(request).await, action) {
            (Err(why), _) => Done::Unknown(why),
            (Ok(answer), Action::Delete { .. } | Action::Rehearse(_)) => answer.accepted(),
            (Ok(answer), action) => answer.object(&action.key().kind),
        }
    }

    /// Sends one request and reads its whole answer. The error is why there is none, for people.
    pub(crate) async fn ask(&self, request: Request<Vec<u8>>) -> Result<Answer, String> {
        let asked = async {
            let response = self.client().send(request.map(Body::from)).await.map_err(|e| transport::said(&e))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|e| format!("the answer broke off: {}", transport::said(&e)))?;
            Ok::<_, String>(Answer::new(head.status, &head.headers, body.to_bytes().to_vec()))
        };
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(why)) => Err(format!("no answer from the API server {}: {why}", self.server())),
            Err(_) => Err(format!("no answer from the API server {} within {} s", self.server(), LIMIT.as_secs())),
        }
    }
}
