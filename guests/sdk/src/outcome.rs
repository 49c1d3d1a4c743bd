//! What should be: the answer of a guest.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::bindings::reconcile_types as wit;
use crate::child::Child;
use crate::contribution::Contribution;
use crate::failure::{Failure, milliseconds};
use crate::json;
use crate::kind::Object;
use crate::seen::Addressed;

/// What should be. It is the whole truth: a child, contribution, condition, label or annotation that an
/// earlier outcome had and this one lacks is removed again.
#[derive(Default)]
pub struct Outcome {
    pub(crate) children: Vec<Child>,
    pub(crate) contributions: Vec<Contribution>,
    pub(crate) replace: Vec<Removal>,
    pub(crate) remove: Vec<Removal>,
    pub(crate) status: Option<Value>,
    pub(crate) conditions: Vec<wit::Condition>,
    pub(crate) hold: Option<wit::Hold>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) events: Vec<wit::Event>,
    pub(crate) requeue_after: Option<Duration>,
    pub(crate) finished: bool,
    problems: Vec<String>,
}

impl Outcome {
    /// Nothing should be.
    pub fn new() -> Self {
        Self::default()
    }

    /// The work of the phase `finalize` is done: the object may go.
    pub fn finished() -> Self {
        Self { finished: true, ..Self::default() }
    }

    /// This object should exist. Only the fields that it names are owned.
    pub fn child<K: Object>(&mut self, object: K) -> &mut Child {
        match Child::of(&object) {
            Ok(child) => self.push_child(child),
            Err(problem) => {
                self.problems.push(problem);
                self.push_child(Child::of_json(Value::Null))
            }
        }
    }

    /// This object should exist; for kinds that have no Rust type.
    pub fn child_json(&mut self, object: Value) -> &mut Child {
        self.push_child(Child::of_json(object))
    }

    /// This child should stay as it is: never created, changed or deleted. For work that is done, and for
    /// history.
    pub fn keep<K: Object>(&mut self, name: &str) -> &mut Child {
        let address = json!({"apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": {"name": name}});
        self.child_json(address).policy(wit::Policy::Keep)
    }

    fn push_child(&mut self, child: Child) -> &mut Child {
        self.children.push(child);
        let last = self.children.len() - 1;
        &mut self.children[last]
    }

    /// Fields should be set on an existing object, by name, that is not a child.
    pub fn contribute<K: Object>(&mut self, name: &str) -> &mut Contribution {
        self.contribute_json(
            json!({"apiVersion": K::api_version(&()), "kind": K::kind(&()), "metadata": {"name": name}}),
        )
    }

    /// Fields should be set on an existing object that is not a child; for kinds that have no Rust type.
    pub fn contribute_json(&mut self, manifest: Value) -> &mut Contribution {
        self.contributions.push(Contribution::of_json(manifest));
        let last = self.contributions.len() - 1;
        &mut self.contributions[last]
    }

    /// This child should be deleted and created anew, once. It must be asked for as a child too.
    pub fn replace(&mut self, object: &impl Addressed) -> &mut Removal {
        Removal::push(&mut self.replace, object)
    }

    /// This object should be removed, once, whether it is a child or not.
    pub fn remove(&mut self, object: &impl Addressed) -> &mut Removal {
        Removal::push(&mut self.remove, object)
    }

    /// The object's status. Conditions and observedGeneration in it are left out: the host sets those.
    pub fn status(&mut self, status: &impl Serialize) -> &mut Self {
        match json::value(status) {
            Ok(mut status) => {
                json::without_nulls(&mut status);
                let fields = json::object(&mut status);
                fields.remove("conditions");
                fields.remove("observedGeneration");
                self.status = Some(status);
            }
            Err(error) => self.problems.push(format!("the status is no JSON: {error}")),
        }
        self
    }

    /// A condition of the object. The status is a bool, or an `Option<bool>` whose none means Unknown.
    /// Ready, Reconciling and Stalled are the host's.
    pub fn condition(
        &mut self,
        kind: &str,
        status: impl Into<Option<bool>>,
        reason: &str,
        message: impl Into<String>,
    ) -> &mut Self {
        let status = match status.into() {
            Some(true) => wit::ConditionStatus::True,
            Some(false) => wit::ConditionStatus::False,
            None => wit::ConditionStatus::Unknown,
        };
        let (type_, reason) = (kind.to_owned(), reason.to_owned());
        self.conditions.push(wit::Condition { type_, status, reason, message: message.into() });
        self
    }

    /// Not ready yet, although every child may be.
    pub fn hold(&mut self, reason: &str, message: impl Into<String>) -> &mut Self {
        self.hold = Some(wit::Hold { reason: reason.to_owned(), message: message.into() });
        self
    }

    /// A label of the object itself.
    pub fn label(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// An annotation of the object itself.
    pub fn annotation(&mut self, key: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.annotations.push((key.into(), value.into()));
        self
    }

    /// An Event about the object: why and what was done, both in CamelCase, and the story.
    pub fn event(&mut self, reason: &str, action: &str, message: impl Into<String>) -> &mut Self {
        self.tell(wit::EventType::Normal, reason, action, message.into())
    }

    /// A warning about the object, in the same form.
    pub fn warning(&mut self, reason: &str, action: &str, message: impl Into<String>) -> &mut Self {
        self.tell(wit::EventType::Warning, reason, action, message.into())
    }

    fn tell(&mut self, type_: wit::EventType, reason: &str, action: &str, message: String) -> &mut Self {
        self.events.push(wit::Event { type_, reason: reason.to_owned(), action: action.to_owned(), message });
        self
    }

    /// Reconcile again after this time even if nothing changes.
    pub fn requeue_after(&mut self, time: Duration) -> &mut Self {
        self.requeue_after = Some(time);
        self
    }

    /// What crosses to the host, or what was wrong with the asking.
    pub(crate) fn wanted(self) -> Result<wit::Outcome, Failure> {
        if let Some(problem) = self.problems.into_iter().next() {
            return Err(Failure::wrong(problem));
        }
        let children = self.children.into_iter().map(Child::wanted).collect::<Result<_, _>>();
        let contributions = self.contributions.into_iter().map(Contribution::wanted).collect::<Result<_, _>>();
        let removals = |all: Vec<Removal>| all.into_iter().map(Removal::wanted).collect::<Result<_, _>>();
        Ok(wit::Outcome {
            children: children.map_err(Failure::wrong)?,
            contributions: contributions.map_err(Failure::wrong)?,
            replace: removals(self.replace).map_err(Failure::wrong)?,
            remove: removals(self.remove).map_err(Failure::wrong)?,
            status: self.status.map(|status| status.to_string()),
            conditions: self.conditions,
            hold: self.hold,
            labels: self.labels,
            annotations: self.annotations,
            events: self.events,
            requeue_after: self.requeue_after.map(milliseconds),
            finished: self.finished,
        })
    }
}

/// An object to remove; what [`Outcome::remove`] and [`Outcome::replace`] return.
#[derive(Debug)]
pub struct Removal(wit::Removal);

impl Removal {
    fn push<'a>(list: &'a mut Vec<Self>, object: &impl Addressed) -> &'a mut Self {
        list.push(Self(wit::Removal { key: object.key(), uid: object.uid().to_owned(), before_wave: None }));
        let last = list.len() - 1;
        &mut list[last]
    }

    /// Remove it before this wave is applied, and wait until it is gone.
    pub fn before_wave(&mut self, wave: i32) -> &mut Self {
        self.0.before_wave = Some(wave);
        self
    }

    fn wanted(self) -> Result<wit::Removal, String> {
        if self.0.uid.is_empty() {
            return Err(format!(
                "{} {} was to be removed, but its uid is not known",
                self.0.key.kind.kind, self.0.key.name
            ));
        }
        Ok(self.0)
    }
}
