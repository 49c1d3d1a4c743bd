//! A dry run: what would be written is told, and taken as done in memory, so that the work goes on as far as it
//! can without it.
//!
//! Nothing that was pretended is waited for: no store will ever show it. So an object is looked at once, and again
//! only when something changes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::watches::RECONCILERS;
use super::{Engine, Output, Owner};
use crate::action::{Action, Done};
use crate::conditions::merge;
use crate::kind::Key;
use crate::object::Object;
use crate::resource::Address;
use crate::watch::Watch;

impl Engine {
    /// Tells of an action in place of carrying it out.
    pub(super) fn pretend(&mut self, owner: Owner, object: Key, action: Action) -> u64 {
        self.next_id += 1;
        self.actions.insert(self.next_id, owner);
        let done = self.pretended(&action);
        self.out.push(Output::Pretend { id: self.next_id, object, action, done });
        self.next_id
    }

    /// What would come of an action, as far as it can be known without asking. Objects keep their
    /// resourceVersion, and those that would be new have none.
    fn pretended(&self, action: &Action) -> Done {
        let missing = || Done::NotFound("it is a dry run, and there is no such object".to_owned());
        match action {
            // It is not sent here, and what follows from it is not known.
            Action::Look(_) => Done::Unknown("it is a dry run".to_owned()),
            Action::Apply { at, manifest, .. } | Action::Create { at, manifest } => {
                let live = self.live(at);
                let created = live.is_none();
                with(live, at, manifest).map_or_else(missing, |object| Done::Object { object, created })
            }
            Action::Merge { at, patch, .. } => {
                let merged = self.live(at).and_then(|live| with(Some(live), at, patch));
                merged.map_or_else(missing, |object| Done::Object { object, created: false })
            }
            Action::Patch { at, .. } => {
                self.live(at).map_or_else(missing, |object| Done::Object { object, created: false })
            }
            // Gone already is all that need not be waited for.
            Action::Delete { .. } => missing(),
            // Whether the API server would have what is rehearsed is not known; what would follow is worth telling.
            Action::Event { .. } | Action::Rehearse { .. } => Done::Accepted,
        }
    }

    /// An object as it is known: a Reconciler may be there in memory alone.
    fn live(&self, at: &Address) -> Option<Arc<Object>> {
        if at.resource == RECONCILERS.resource {
            return self.reconcilers.get(&at.name).map(|declared| declared.object.clone());
        }
        // Of what is contributed to, metadata alone may be watched.
        let needs = [Watch::all, Watch::children, Watch::metadata].map(|need| need(at.resource.clone()));
        let stores = needs.iter().filter_map(|need| self.stores.get(need));
        stores.filter_map(|store| store.get(at.namespace.as_deref(), &at.name)).next().cloned()
    }
}

/// An object with a patch or a manifest merged into it.
fn with(live: Option<Arc<Object>>, at: &Address, patch: &Value) -> Option<Arc<Object>> {
    let kind = &at.resource.kind;
    let mut whole = live.as_ref().map_or_else(
        || json!({"metadata": {"uid": format!("dry-run-{}", at.name), "generation": 1}}),
        |live| live.value(),
    );
    let version = whole["metadata"]["resourceVersion"].clone();
    merge(&mut whole, patch);
    let mut named = json!({"apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {"name": at.name}});
    named["metadata"]["resourceVersion"] = version;
    if let Some(namespace) = &at.namespace {
        named["metadata"]["namespace"] = namespace.as_str().into();
    }
    merge(&mut whole, &named);
    let mut object = Object::parse(&whole.to_string(), None).ok()?;
    object.meta.managed_fields = live.map(|live| live.meta.managed_fields.clone()).unwrap_or_default();
    Some(Arc::new(object))
}
