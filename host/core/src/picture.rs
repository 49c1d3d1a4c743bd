//! What the host sees of the cluster at one moment. Making one copies no object.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::Catalog;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::shelf::Shelf;
use crate::watch::Form;

/// The stores as they were, and what is known of kinds without one.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Where kinds are served.
    pub catalog: Arc<Catalog>,
    /// Every kind of which all objects are watched, and the list is complete.
    pub shelves: BTreeMap<Arc<Resource>, (Form, Shelf)>,
    /// Kinds that cannot be seen, and will not be soon, each with the reason.
    pub unseen: BTreeMap<Kind, String>,
}

/// What can be seen of a kind.
#[derive(Debug)]
pub(crate) enum Sight<'a> {
    /// The cluster does not serve it.
    NotServed,
    /// All of its objects, in that form.
    Shown(Arc<Resource>, Form, &'a Shelf),
    /// Nothing yet; where it is served may not be known either.
    Unwatched(Option<Arc<Resource>>),
    /// Nothing, and that lasts.
    Unseen(Option<Arc<Resource>>, &'a str),
}

impl Sight<'_> {
    /// Where the kind is served, as far as that is known.
    pub(crate) fn resource(&self) -> Option<&Arc<Resource>> {
        match self {
            Self::Shown(resource, ..) => Some(resource),
            Self::Unwatched(resource) | Self::Unseen(resource, _) => resource.as_ref(),
            Self::NotServed => None,
        }
    }
}

impl Picture {
    /// What can be seen of a kind.
    pub(crate) fn sight(&self, kind: &Kind) -> Sight<'_> {
        let resource = self.catalog.resource(kind);
        let shelf = resource.as_ref().and_then(|r| self.shelves.get_key_value(r));
        match (shelf, self.unseen.get(kind)) {
            (Some((resource, (form, shelf))), _) => Sight::Shown(resource.clone(), *form, shelf),
            (None, Some(why)) => Sight::Unseen(resource, why),
            (None, None) if resource.is_none() && !self.catalog.is_unknown(kind) => Sight::NotServed,
            (None, None) => Sight::Unwatched(resource),
        }
    }
}
