//! What a guest is given.

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::core::ObjectMeta;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::reconcile_types::{Phase, Request, Verdict};
use crate::failure::Failure;
use crate::instant::Instant;
use crate::kind::{Object, kind_of};
use crate::log::Log;
use crate::names;
use crate::reads::{Children, Get, List};
use crate::world::World;

/// What a guest is given: the object, its configuration, what became of earlier wishes, and a way to look
/// at the cluster. Everything that is looked at leads to a new call when it changes.
pub struct Context<K> {
    pub(crate) object: K,
    pub(crate) request: Request,
    pub(crate) world: Rc<dyn World>,
}

impl<K: Object> Context<K> {
    pub(crate) fn new(request: Request, world: Rc<dyn World>) -> Result<Self, Failure> {
        let read = serde_json::from_str(&request.object).or_else(|error| without_status(&request.object).ok_or(error));
        match read {
            Ok(object) => Ok(Self { object, request, world }),
            Err(e) => Err(Failure::wrong(format!("the object is not what this guest knows as {}: {e}", K::kind(&())))),
        }
    }

    /// The object, its own status included. A status that is not what its type says counts as absent.
    pub fn object(&self) -> &K {
        &self.object
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        self.object.meta().name.as_deref().unwrap_or_default()
    }

    /// The object's namespace; empty if it is cluster-scoped.
    pub fn namespace(&self) -> &str {
        self.object.meta().namespace.as_deref().unwrap_or_default()
    }

    /// The object's uid.
    pub fn uid(&self) -> &str {
        self.object.meta().uid.as_deref().unwrap_or_default()
    }

    /// A condition of the object that an earlier outcome set. Ready, Reconciling and Stalled are the
    /// host's and not shown.
    pub fn condition(&self, kind: &str) -> Option<Condition> {
        let conditions = serde_json::from_str::<WithConditions>(&self.request.object).ok()?.status?.conditions?;
        conditions.into_iter().find(|condition| condition.type_ == kind)
    }

    /// `spec.config` of the `Reconciler`, as a type. `{}` where there is none.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C, Failure> {
        serde_json::from_str(&self.request.config)
            .map_err(|error| Failure::wrong(format!("spec.config of the Reconciler: {error}")))
    }

    /// Why the object is looked at.
    pub fn phase(&self) -> Phase {
        self.request.phase
    }

    /// Whether the object is being deleted, and this guest is asked to clean up.
    pub fn finalizing(&self) -> bool {
        self.request.phase == Phase::Finalize
    }

    /// The host's verdicts on the children that exist or were asked for last.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.request.children
    }

    /// The host's verdict on one child.
    pub fn verdict<C: Object>(&self, name: &str) -> Option<&Verdict> {
        find::<C>(&self.request.children, name)
    }

    /// The host's verdicts on the contributions that exist or were asked for last.
    pub fn contributions(&self) -> &[Verdict] {
        &self.request.contributions
    }

    /// The host's verdicts on the removals that were asked for last.
    pub fn removals(&self) -> &[Verdict] {
        &self.request.removals
    }

    /// The host's verdict on one contribution.
    pub fn contribution<C: Object>(&self, name: &str) -> Option<&Verdict> {
        find::<C>(&self.request.contributions, name)
    }

    /// The host's verdict on one removal.
    pub fn removal<C: Object>(&self, name: &str) -> Option<&Verdict> {
        find::<C>(&self.request.removals, name)
    }

    /// One object by name, in the namespace of the object.
    pub fn get<C: Object>(&self, name: &str) -> Get<'_, C> {
        Get::new(self.world.as_ref(), name)
    }

    /// Objects of a kind, in the namespace of the object (of a cluster-scoped kind: all).
    pub fn list<C: Object>(&self) -> List<'_, C> {
        List::new(self.world.as_ref())
    }

    /// The object's children of a kind. Needs no permission.
    pub fn children<C: Object>(&self) -> Children<'_, C> {
        Children::new(self.world.as_ref())
    }

    /// Whether that instant has passed. If not, the object is reconciled again when it has.
    pub fn reached(&self, at: impl Into<Instant>) -> bool {
        self.world.reached(at.into().0)
    }

    /// Words for the people who read the host's log.
    pub fn log(&self) -> Log<'_> {
        Log(self.world.as_ref())
    }

    /// The labels for a child; `app` is the application's name. See [`names::labels`].
    pub fn labels(&self, app: &str) -> BTreeMap<String, String> {
        names::labels(app, self.name())
    }

    /// The labels that select the object's Pods. See [`names::selector`].
    pub fn selector(&self, app: &str) -> BTreeMap<String, String> {
        names::selector(app, self.name())
    }

    /// The metadata of a child: its name and the labels for `app`.
    pub fn meta(&self, name: impl Into<String>, app: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.into()), labels: Some(self.labels(app)), ..Default::default() }
    }
}

/// The object as if it had no status: another version of the guest may have left one that is unreadable.
fn without_status<K: Object>(text: &str) -> Option<K> {
    let mut object: Value = serde_json::from_str(text).ok()?;
    object.as_object_mut()?.remove("status")?;
    serde_json::from_str(&object.to_string()).ok()
}

fn find<'a, C: Object>(verdicts: &'a [Verdict], name: &str) -> Option<&'a Verdict> {
    let kind = kind_of::<C>();
    let of_kind = |v: &Verdict| v.key.kind.group == kind.group && v.key.kind.kind == kind.kind;
    verdicts.iter().find(|v| v.key.name == name && of_kind(v))
}

#[derive(Deserialize)]
struct WithConditions {
    status: Option<Conditions>,
}

#[derive(Deserialize)]
struct Conditions {
    conditions: Option<Vec<Condition>>,
}
