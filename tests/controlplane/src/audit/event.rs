//! One line of the audit log (`audit.k8s.io/v1` `Event`), as far as it is needed.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::request::Request;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    stage: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: String,
    user: UserInfo,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    object_ref: ObjectRef,
    #[serde(default)]
    response_status: ResponseStatus,
    #[serde(default)]
    request_received_timestamp: Timestamp,
    #[serde(default)]
    stage_timestamp: Timestamp,
}

#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ObjectRef {
    api_group: String,
    api_version: String,
    resource: String,
    subresource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize, Default)]
struct ResponseStatus {
    #[serde(default)]
    code: u16,
}

/// The request that a line tells of, or nothing when the line is the end of a watch.
pub(super) fn parse(line: &[u8]) -> Result<Option<Request>> {
    let event: Event = serde_json::from_slice(line)
        .with_context(|| format!("a line of the audit log is no event: {}", String::from_utf8_lossy(line)))?;
    // A watch is told when it starts and when it ends; only the first is a request being made.
    if event.verb == "watch" && event.stage == "ResponseComplete" {
        return Ok(None);
    }
    let object = event.object_ref;
    Ok(Some(Request {
        verb: event.verb,
        group: object.api_group,
        version: object.api_version,
        resource: object.resource,
        subresource: object.subresource,
        namespace: object.namespace,
        name: object.name,
        user: event.user.username,
        code: event.response_status.code,
        user_agent: event.user_agent,
        uri: event.request_uri,
        received: event.request_received_timestamp,
        answered: event.stage_timestamp,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]
mod tests {
    use super::*;

    const WATCH: &str = r#"{"kind":"Event","stage":"STAGE","requestURI":"/api/v1/pods?watch=true","verb":"watch",
        "user":{"username":"alice"},"objectRef":{"resource":"pods","apiVersion":"v1"},"responseStatus":{"code":200}}"#;

    #[test]
    fn a_watch_counts_once_when_it_starts() {
        let request = parse(WATCH.replace("STAGE", "ResponseStarted").as_bytes()).unwrap().unwrap();
        assert_eq!((request.verb.as_str(), request.resource.as_str(), request.code), ("watch", "pods", 200));
        assert!(parse(WATCH.replace("STAGE", "ResponseComplete").as_bytes()).unwrap().is_none());
    }

    #[test]
    fn a_request_tells_when_it_came_and_when_it_was_answered() {
        let line = br#"{"stage":"ResponseComplete","requestURI":"/readyz","verb":"get","user":{},
            "requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z","stageTimestamp":"2026-01-02T03:04:05.250006Z"}"#;
        let request = parse(line).unwrap().unwrap();
        assert_eq!(request.received.to_string(), "2026-01-02T03:04:05.000006Z");
        assert_eq!(request.answered.duration_since(request.received).as_millis(), 250);
    }

    #[test]
    fn a_request_that_is_for_no_resource_is_told_by_its_uri() {
        let line = br#"{"stage":"ResponseComplete","requestURI":"/readyz","verb":"get","user":{}}"#;
        let request = parse(line).unwrap().unwrap();
        assert_eq!((request.uri.as_str(), request.resource.as_str()), ("/readyz", ""));
    }
}
