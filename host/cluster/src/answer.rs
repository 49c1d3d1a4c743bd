//! What the API server answered, and what that means for an action.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, header};
use innkeeper_core::action::Done;
use innkeeper_core::kind::Kind;
use innkeeper_core::object::Object;
use innkeeper_core::refusal::{self, Refusal};
use serde::Deserialize;

/// How long to wait where the API server asks to wait and does not say how long, in milliseconds.
const WAIT_MS: u64 = 1_000;

/// One whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Seconds, from the header Retry-After.
    retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

/// The API server's `Status`, as far as it is of use (meta/v1 Status).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    kind: String,
    message: String,
    reason: String,
    details: Details,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Details {
    causes: Vec<Cause>,
    retry_after_seconds: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    message: String,
    field: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let retry_after = headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
        Self { status, retry_after, body }
    }

    /// What came of an action that answers with an object of that kind.
    pub(crate) fn object(&self, kind: &Kind) -> Done {
        if !self.status.is_success() {
            return self.refusal();
        }
        match Object::parse(&String::from_utf8_lossy(&self.body), Some(kind)) {
            Ok(object) => Done::Object { object: Arc::new(object), created: self.status == StatusCode::CREATED },
            Err(e) => Done::Unknown(format!("the API server's answer ({}) makes no sense: {e}", self.status.as_u16())),
        }
    }

    /// What came of an action whose answer holds nothing of interest.
    pub(crate) fn accepted(&self) -> Done {
        if self.status.is_success() { Done::Accepted } else { self.refusal() }
    }

    /// What an answer that is no success means (Kubernetes API conventions, "HTTP Status codes", but for
    /// two that were seen on 1.36).
    fn refusal(&self) -> Done {
        let message = self.message();
        match self.status.as_u16() {
            // An apply with the uid of an object whose name another object has by now.
            422 if self.status().details.causes.iter().any(|cause| cause.field == "metadata.uid") => {
                Done::Conflict(message)
            }
            // An apply with a field that the kind does not know, or with an entry twice in a list.
            500 if message.starts_with("failed to create typed patch object") => Done::Invalid(message.into()),
            404 => Done::NotFound(message),
            409 => Done::Conflict(message),
            // A request that the API server will never have: its form, its size, or what it asks for.
            422 => Done::Invalid(Refusal { message, causes: self.causes() }),
            400 | 405 | 406 | 413 | 415 => Done::Invalid(message.into()),
            401 | 403 => Done::Forbidden(message),
            429 => Done::Throttled { after_ms: self.wait_ms().unwrap_or(WAIT_MS), message },
            500 | 503 => match self.wait_ms() {
                Some(after_ms) => Done::Throttled { after_ms, message },
                None => Done::Unknown(message),
            },
            _ => Done::Unknown(message),
        }
    }

    fn causes(&self) -> Vec<refusal::Cause> {
        let all = self.status().details.causes.into_iter();
        all.map(|Cause { reason, field, message }| refusal::Cause { reason, field, message }).collect()
    }

    fn wait_ms(&self) -> Option<u64> {
        let said = self.status().details.retry_after_seconds;
        self.retry_after.or((said > 0).then_some(said)).map(|seconds| seconds.saturating_mul(1000).max(WAIT_MS))
    }

    fn status(&self) -> Status {
        serde_json::from_slice::<Status>(&self.body).ok().filter(|s| s.kind == "Status").unwrap_or_default()
    }

    /// The API server's own words, with the causes that they do not tell already.
    pub(crate) fn message(&self) -> String {
        let status = self.status();
        let mut text = match (status.message, status.reason) {
            (message, _) if !message.is_empty() => message,
            (_, reason) if !reason.is_empty() => reason,
            _ => self.plain(),
        };
        let mut causes = status.details.causes;
        causes.sort_by(|a, b| (&a.field, &a.message).cmp(&(&b.field, &b.message)));
        if let Some(sorted) = in_order(&text, &causes) {
            return sorted;
        }
        for cause in causes {
            if !cause.message.is_empty() && !text.contains(&cause.message) {
                let field = if cause.field.is_empty() { String::new() } else { format!("{}: ", cause.field) };
                text = format!("{text}; {field}{}", cause.message);
            }
        }
        text
    }

    /// Of an answer that is no Status, such as a proxy's.
    fn plain(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let line: String = body.lines().next().unwrap_or_default().trim().chars().take(200).collect();
        let status = self.status;
        if line.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {line}") }
    }
}

/// `… is invalid: [b, a]` with what is wrong in an order of its own: the API server lists it in the order of a
/// map, another one each time, and what says the same should be the same.
fn in_order(text: &str, causes: &[Cause]) -> Option<String> {
    let (before, list) = text.strip_suffix(']')?.split_once(": [")?;
    let told = |cause: &Cause| format!("{}: {}", cause.field, cause.message);
    let sorted: Vec<String> = causes.iter().map(told).collect();
    let is_whole = sorted.iter().all(|one| list.contains(one)) && sorted.join(", ").len() == list.len();
    is_whole.then(|| format!("{before}: [{}]", sorted.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_several_places_is_told_in_the_same_order_each_time() {
        let said = |first: &str, second: &str| {
            let cause = |field: &str| format!(r#"{{"field": "data[{field}]", "message": "Invalid value: no"}}"#);
            let body = format!(
                r#"{{"kind": "Status", "details": {{"causes": [{}, {}]}},
                "message": "it is invalid: [data[{first}]: Invalid value: no, data[{second}]: Invalid value: no]"}}"#,
                cause(first),
                cause(second)
            );
            Answer::new(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), body.into_bytes()).message()
        };
        let sorted = "it is invalid: [data[a]: Invalid value: no, data[b]: Invalid value: no]";
        assert_eq!([said("a", "b"), said("b", "a")], [sorted; 2]);
    }
}
