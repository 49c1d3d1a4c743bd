//! What is sent for an action.

use http::{Method, Request, header};
use innkeeper_core::action::Action;
use innkeeper_core::names::HOST_MANAGER;
use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use crate::path;

const JSON: &str = "application/json";
/// Server-side apply takes YAML, of which JSON is a part (Kubernetes documentation, "Server-Side Apply").
const APPLY: &str = "application/apply-patch+yaml";
const JSON_PATCH: &str = "application/json-patch+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
/// A field that the kind does not know is refused instead of dropped.
const STRICT: (&str, &str) = ("fieldValidation", "Strict");
/// The body is not parsed once more to look for such fields, and for names that are in it twice. By default the API server
/// does, and warns of them in a header.
const UNCHECKED: (&str, &str) = ("fieldValidation", "Ignore");

/// How what is applied is checked. Of its own kinds the API server refuses an unknown field in any case, since it has to know
/// how lists are merged; of others it knows only what their CRD says. A CRD's group has a dot.
fn check(at: &Address) -> (&'static str, &'static str) {
    if at.resource.kind.group.contains('.') { STRICT } else { UNCHECKED }
}

/// A request that cannot be made: the action itself makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Senseless(String);

/// The one request of an action; none for an Event, which may need two (see [`crate::events`]).
pub(crate) fn of(action: &Action) -> Result<Option<Request<Vec<u8>>>, Senseless> {
    let request = match action {
        Action::Look(at) => get(&object(at)?)?,
        Action::Apply { at, manager, manifest, force } => {
            let force = if *force { "true" } else { "false" };
            let query = [("fieldManager", manager.as_str()), ("force", force), check(at)];
            send(Method::PATCH, &path::with(&object(at)?, &query), APPLY, manifest)?
        }
        Action::Patch { at, manager, operations } => {
            let query = [("fieldManager", manager.as_str()), UNCHECKED];
            send(Method::PATCH, &path::with(&object(at)?, &query), JSON_PATCH, operations)?
        }
        Action::Merge { at, status, patch } => merge(&object(at)?, *status, patch)?,
        Action::Create { at, manifest } => {
            object(at)?;
            create(&path::collection(&at.resource, at.namespace.as_deref()), manifest)?
        }
        Action::Rehearse(action) => match of(action)? {
            Some(request) => dry_run(request)?,
            None => return Err(Senseless(format!("{} of {} cannot be rehearsed", action.verb(), action.key()))),
        },
        Action::Delete { at, uid } => {
            let options = json!({
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": "Background",
                "preconditions": {"uid": uid},
            });
            send(Method::DELETE, &object(at)?, JSON, &options)?
        }
        Action::Event { .. } => return Ok(None),
    };
    Ok(Some(request))
}

/// Creates an object in a collection, by the host's own field manager.
pub(crate) fn create(collection: &str, manifest: &Value) -> Result<Request<Vec<u8>>, Senseless> {
    create_by(HOST_MANAGER, collection, manifest)
}

/// Creates an object in a collection, by that field manager.
pub(crate) fn create_by(manager: &str, collection: &str, manifest: &Value) -> Result<Request<Vec<u8>>, Senseless> {
    send(Method::POST, &path::with(collection, &[("fieldManager", manager), STRICT]), JSON, manifest)
}

/// Deletes every object of a collection whose labels are as that selector says.
pub(crate) fn delete_all(collection: &str, selector: &str) -> Result<Request<Vec<u8>>, Senseless> {
    let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
    send(Method::DELETE, &path::with(collection, &[("labelSelector", selector)]), JSON, &options)
}

/// A merge patch by the host's own field manager.
pub(crate) fn merge(object: &str, status: bool, patch: &Value) -> Result<Request<Vec<u8>>, Senseless> {
    let path = if status { format!("{object}/status") } else { object.to_owned() };
    send(Method::PATCH, &path::with(&path, &[("fieldManager", HOST_MANAGER), UNCHECKED]), MERGE_PATCH, patch)
}

/// Reads a path.
pub(crate) fn get(path: &str) -> Result<Request<Vec<u8>>, Senseless> {
    finish(Request::get(path).header(header::ACCEPT, JSON).body(Vec::new()))
}

/// An object's path. A name that is no name would be another path: `DELETE …/configmaps/` deletes all.
fn object(at: &Address) -> Result<String, Senseless> {
    let is_name = |text: &str| !matches!(text, "" | "." | "..") && !text.contains(['/', '%']);
    if !is_name(&at.name) || !at.namespace.as_deref().is_none_or(is_name) {
        return Err(Senseless(format!("{at}: not a name in the API's paths")));
    }
    if at.resource.namespaced != at.namespace.is_some() {
        let wrong = if at.resource.namespaced { "needs a namespace" } else { "has no namespace" };
        return Err(Senseless(format!("{at}: its kind {wrong}")));
    }
    Ok(path::object(at))
}

/// The same request, of which nothing is kept.
fn dry_run(request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, Senseless> {
    let (mut head, body) = request.into_parts();
    let between = if head.uri.query().is_some() { "&" } else { "?" };
    let uri = format!("{}{between}dryRun=All", head.uri);
    head.uri = uri.parse().map_err(|e| Senseless(format!("{uri}: {e}")))?;
    Ok(Request::from_parts(head, body))
}

fn send(method: Method, path: &str, content: &str, body: &Value) -> Result<Request<Vec<u8>>, Senseless> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::ACCEPT, JSON).header(header::CONTENT_TYPE, content);
    let body = serde_json::to_vec(body).map_err(|e| Senseless(e.to_string()))?;
    finish(request.body(body))
}

fn finish(request: http::Result<Request<Vec<u8>>>) -> Result<Request<Vec<u8>>, Senseless> {
    request.map_err(|e| Senseless(format!("no request can be made of it: {e}")))
}
