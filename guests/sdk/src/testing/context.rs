//! A context whose world a test lays out.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::bindings::reconcile_types::{Phase, Request, State, Verdict};
use crate::bindings::types::Key;
use crate::child::Child;
use crate::context::Context;
use crate::instant::Instant;
use crate::kind::{Object, kind_of};
use crate::seen::Addressed;

/// A [`Context`] for tests: give it to the guest's function as it is.
pub struct TestContext<K> {
    context: Context<K>,
    cluster: Rc<RefCell<Cluster>>,
}

impl<K> Deref for TestContext<K> {
    type Target = Context<K>;

    fn deref(&self) -> &Context<K> {
        &self.context
    }
}

impl<K: Object> Context<K> {
    /// A context in which this object, and nothing else, exists. A namespaced object without a namespace is
    /// in `default`.
    ///
    /// # Panics
    /// If the object cannot be written as JSON and read again.
    pub fn for_test(mut object: K) -> TestContext<K> {
        if K::NAMESPACED {
            object.meta_mut().namespace.get_or_insert_with(|| "default".to_owned());
        }
        let request = Request {
            phase: Phase::Apply,
            object: text(&object),
            config: "{}".to_owned(),
            children: Vec::new(),
            contributions: Vec::new(),
            removals: Vec::new(),
        };
        let namespace = object.meta().namespace.clone();
        let cluster = Rc::new(RefCell::new(Cluster::new(namespace)));
        let context = Self::new(request, cluster.clone()).expect("an object can be read again");
        TestContext { context, cluster }
    }
}

impl<K: Object> TestContext<K> {
    /// This object exists.
    #[must_use]
    pub fn with<C: Object>(self, object: C) -> Self {
        self.cluster.borrow_mut().add(whole(&object), false);
        self
    }

    /// This child exists, and is current.
    #[must_use]
    pub fn with_child<C: Object>(mut self, child: C) -> Self {
        let key = child.key();
        self.cluster.borrow_mut().add(whole(&child), true);
        self.context.request.children.push(Verdict { key, state: State::Current, message: String::new() });
        self
    }

    /// The host's verdict on this child.
    #[must_use]
    pub fn with_verdict<C: Object>(mut self, name: &str, state: State, message: &str) -> Self {
        let verdicts = &mut self.context.request.children;
        verdicts.retain(|v| v.key.name != name || v.key.kind != kind_of::<C>());
        let key = Key { kind: kind_of::<C>(), namespace: None, name: name.to_owned() };
        verdicts.push(Verdict { key, state, message: message.to_owned() });
        self
    }

    /// `spec.config` of the `Reconciler`.
    #[must_use]
    pub fn with_config(mut self, config: &impl Serialize) -> Self {
        self.context.request.config = text(config);
        self
    }

    /// A condition that an earlier outcome set.
    #[must_use]
    pub fn with_condition(mut self, kind: &str, status: bool) -> Self {
        let mut object: Value = serde_json::from_str(&self.context.request.object).unwrap_or_default();
        let status = if status { "True" } else { "False" };
        let condition = json!({"type": kind, "status": status, "reason": "Test", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let conditions = crate::json::entry(crate::json::entry(&mut object, "status"), "conditions");
        match conditions.as_array_mut() {
            Some(list) => list.push(condition),
            None => *conditions = json!([condition]),
        }
        self.context.request.object = object.to_string();
        self
    }

    /// The object is being deleted.
    #[must_use]
    pub fn finalize(mut self) -> Self {
        self.context.request.phase = Phase::Finalize;
        self
    }

    /// It is this time; 1970 unless said.
    #[must_use]
    pub fn at(self, now: impl Into<Instant>) -> Self {
        self.cluster.borrow_mut().now = now.into().0;
        self
    }

    /// The `Reconciler` permits no reads of this kind.
    #[must_use]
    pub fn denying<C: Object>(self) -> Self {
        self.cluster.borrow_mut().denied.push(kind_of::<C>());
        self
    }

    /// What the guest logged, each line with its level: `info: hello`.
    pub fn logged(&self) -> Vec<String> {
        self.cluster.borrow().log.borrow().clone()
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a test's values can be written as JSON")
}

/// The object as the API server would show it: with apiVersion and kind.
fn whole<C: Object>(object: &C) -> Value {
    Child::of(object).expect("a test's objects can be written as JSON").manifest().clone()
}
