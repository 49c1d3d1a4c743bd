//! What one call of a guest can see: a frozen picture, and the record of what was looked at.

use std::sync::Arc;

use crate::binding::Binding;
use crate::contract::{Failure, View};
use crate::kind::{Key, Kind};
use crate::names::is_dns_label;
use crate::object::Object;
use crate::picture::{Picture, Sight};
use crate::print::Print;
use crate::query::{Area, Field, Query, What};
use crate::resource::Resource;
use crate::selector::Selector;
use crate::shelf::Shelf;
use crate::watch::Form;

/// Where a guest looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the namespace of its object.
    Own,
    /// In this namespace.
    Namespace(String),
    /// Everywhere.
    All,
}

/// What a guest wants listed, as it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Of which kind.
    pub kind: Kind,
    /// Where.
    pub scope: Scope,
    /// A label selector; empty: any.
    pub labels: String,
    /// Paths of fields, with the JSON text of the value that each must have.
    pub fields: Vec<(String, String)>,
    /// How much of each.
    pub view: View,
}

/// A read that a guest made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Objects of a kind, by name or by what they are like.
    Looked {
        /// At what.
        query: Arc<Query>,
        /// The fingerprint of the answer.
        answer: Print,
    },
    /// It was denied: what would be looked at, for people.
    Denied {
        /// The kind.
        kind: Kind,
        /// What is missing.
        why: String,
    },
    /// The object's children.
    Children {
        /// How much of them.
        view: View,
        /// The fingerprint of the answer.
        answer: Print,
    },
    /// Whether an instant (milliseconds since the epoch) has passed, and what was answered.
    Reached {
        /// The instant.
        at: i64,
        /// The answer.
        answer: bool,
    },
}

/// What was found, or why the Reconciler does not permit to look.
pub type Answer<T> = Result<T, String>;

/// The host cannot answer a read, so the call must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The kind is not watched yet, or not in that form (none: where it is served is not known): the call is
    /// made again when it is.
    Unwatched(Kind, Option<Form>),
    /// The kind cannot be seen, and that lasts: why, for people.
    Unseen(String),
    /// The question makes no sense: why, for people.
    Malformed(String),
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Unwatched(kind, form) => Self::Unwatched { kind, form },
            Unanswered::Unseen(why) => Self::Unseen(why),
            // Whether it came from the object or from the guest alone nobody can tell; a change of either mends it.
            Unanswered::Malformed(message) => Self::Invalid { message, field: None },
        }
    }
}

/// The frozen picture that answers the reads of one call, and what has been read of it.
#[derive(Clone, Debug, Default)]
pub struct World {
    children: Vec<Arc<Object>>,
    now_ms: i64,
    picture: Arc<Picture>,
    binding: Option<Arc<Binding>>,
    own_namespace: Option<String>,
    reads: Vec<Read>,
}

impl World {
    /// A picture for the call of one object: its children, what the host watches, and a moment (milliseconds
    /// since the epoch). `children` need not be sorted.
    pub fn new(
        object: &Object,
        mut children: Vec<Arc<Object>>,
        picture: Arc<Picture>,
        binding: Arc<Binding>,
        now_ms: i64,
    ) -> Self {
        children.sort_by(|a, b| child_order(a).cmp(&child_order(b)));
        let own_namespace = object.key.namespace.clone();
        Self { children, now_ms, picture, binding: Some(binding), own_namespace, reads: Vec::new() }
    }

    /// A picture of an object's children at a moment, for a guest that reads nothing else.
    pub fn of_children(children: Vec<Arc<Object>>, now_ms: i64) -> Self {
        Self { children, now_ms, ..Self::default() }
    }

    /// `cluster.get`.
    pub fn get(&mut self, key: Key, view: View) -> Result<Answer<Option<String>>, Unanswered> {
        let kind = key.kind.clone();
        let found = self.look(&kind, |permitted, resource, own| {
            // Which namespace is meant only matters where the kind has any; where it is not served, nothing is there.
            let namespaced = resource.map_or(key.namespace.is_some(), |r| r.namespaced);
            let namespace = if namespaced { key.namespace.clone().or_else(|| own.map(str::to_owned)) } else { None };
            if resource.is_some() {
                permitted.may_read(&kind.group, &kind.kind, namespace.as_deref(), own)?;
            }
            Ok(Query { kind: kind.clone(), area: Area::In(namespace), what: What::Named(key.name.clone()), view })
        })?;
        Ok(found.map(|objects| objects.first().map(|object| object.view(view))))
    }

    /// `cluster.list`, sorted by namespace and name.
    pub fn list(&mut self, listing: &Listing) -> Result<Answer<Vec<String>>, Unanswered> {
        Ok(self.find(listing)?.map(|objects| objects.iter().map(|object| object.view(listing.view)).collect()))
    }

    /// The objects that [`World::list`] shows, for who bounds how much is shown.
    pub fn find(&mut self, listing: &Listing) -> Result<Answer<Vec<Arc<Object>>>, Unanswered> {
        let Listing { kind, scope, labels, fields, view } = listing;
        let selector = Selector::parse(labels).map_err(|e| Unanswered::Malformed(e.to_string()))?;
        let fields = fields.iter().map(|(path, value)| Field::parse(path, value).map_err(Unanswered::Malformed));
        let what = What::All(selector, fields.collect::<Result<_, _>>()?);
        self.look(kind, |permitted, resource, own| {
            let (group, name) = (&kind.group, &kind.kind);
            let area = match (scope, resource.is_none_or(|r| r.namespaced)) {
                (Scope::All, true) => Area::Everywhere(permitted.may_read_everywhere(group, name)?),
                (Scope::All, false) => Area::In(None),
                (Scope::Own, _) => Area::In(own.map(str::to_owned)),
                (Scope::Namespace(one), _) => Area::In(Some(one.clone())),
            };
            if let (Some(_), Some(namespace)) = (resource, area.namespace()) {
                permitted.may_read(group, name, namespace, own)?;
            }
            Ok(Query { kind: kind.clone(), area, what, view: *view })
        })
    }

    /// `cluster.children`, sorted by group, kind, namespace and name.
    pub fn children(&mut self, view: View) -> Vec<String> {
        self.find_children(view).iter().map(|child| child.view(view)).collect()
    }

    /// The objects that [`World::children`] shows, for who bounds how much is shown.
    pub fn find_children(&mut self, view: View) -> Vec<Arc<Object>> {
        let answer = Print::of_all(self.children.iter().map(|child| child.print(view)));
        self.reads.push(Read::Children { view, answer });
        self.children.clone()
    }

    /// `clock.reached`.
    pub fn reached(&mut self, at: i64) -> bool {
        let answer = at <= self.now_ms;
        self.reads.push(Read::Reached { at, answer });
        answer
    }

    /// What is answered from.
    pub(crate) fn picture(&self) -> &Arc<Picture> {
        &self.picture
    }

    /// How many reads there were.
    pub fn count(&self) -> usize {
        self.reads.len()
    }

    /// The record of the reads, in their order.
    pub fn into_reads(self) -> Vec<Read> {
        self.reads
    }

    /// Answers a query that `ask` makes of what is permitted, where the kind is served, and the namespace of
    /// the object.
    fn look(
        &mut self,
        kind: &Kind,
        ask: impl FnOnce(&crate::permissions::Permissions, Option<&Resource>, Option<&str>) -> Answer<Query>,
    ) -> Result<Answer<Vec<Arc<Object>>>, Unanswered> {
        let Some(binding) = self.binding.clone() else {
            return Err(Unanswered::Unseen(format!("{kind} cannot be read here")));
        };
        if !is_dns_label(&kind.version) {
            return Err(Unanswered::Malformed(format!("{:?} is no version of a kind, such as v1", kind.version)));
        }
        let permitted = &binding.permissions;
        let picture = self.picture.clone();
        let sight = picture.sight(kind);
        let own = self.own_namespace.as_deref();
        let query = permitted
            .may_read_some(&kind.group, &kind.kind)
            .and_then(|()| ask(permitted, sight.resource().map(Arc::as_ref), own));
        let query = match query {
            Ok(query) => query,
            Err(why) => {
                self.reads.push(Read::Denied { kind: kind.clone(), why: why.clone() });
                return Ok(Err(why));
            }
        };
        let found: Vec<Arc<Object>> = match sight {
            Sight::NotServed => {
                self.reads.push(Read::Looked { query: Arc::new(query), answer: NOT_SERVED });
                return Ok(Ok(Vec::new()));
            }
            Sight::Shown(_, form, shelf) if form >= query.form() => shelf.find(&query).into_iter().cloned().collect(),
            Sight::Shown(..) | Sight::Unwatched(Some(_)) => {
                return Err(Unanswered::Unwatched(kind.clone(), Some(query.form())));
            }
            Sight::Unwatched(None) => return Err(Unanswered::Unwatched(kind.clone(), None)),
            Sight::Unseen(_, why) => return Err(Unanswered::Unseen(format!("{kind} cannot be read: {why}"))),
        };
        let answer = printed(found.iter(), query.view);
        self.reads.push(Read::Looked { query: Arc::new(query), answer });
        Ok(Ok(found))
    }
}

/// The answer where the kind is not served: nothing, like that of an empty kind, and another input all the same,
/// since it is not known yet in which namespaces the query looks.
pub(crate) const NOT_SERVED: Print = Print::NONE;

/// The fingerprint of what a query finds now.
pub(crate) fn answered(query: &Query, shelf: &Shelf) -> Print {
    printed(shelf.find(query).into_iter(), query.view)
}

fn printed<'a>(objects: impl Iterator<Item = &'a Arc<Object>>, view: View) -> Print {
    Print::of_all(objects.map(|object| object.print(view)))
}

fn child_order(object: &Object) -> (&str, &str, Option<&str>, &str) {
    let key = &object.key;
    (&key.kind.group, &key.kind.kind, key.namespace.as_deref(), &key.name)
}
