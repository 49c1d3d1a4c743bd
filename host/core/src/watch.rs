//! Which watch, and which need it answers: one watch per kind and version for the whole host.

use std::fmt;
use std::sync::Arc;

use crate::names::OBJECT_UID;
use crate::resource::Resource;

/// Which objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selection {
    /// Children: those that carry the label [`OBJECT_UID`].
    Children,
    /// All of them.
    All,
}

impl Selection {
    /// As a label selector for the API server.
    pub fn label_selector(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Children => Some(OBJECT_UID),
        }
    }
}

/// How much of each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Its metadata alone (PartialObjectMetadata).
    Metadata,
    /// All of it.
    Whole,
}

/// One watch; or what somebody needs of a kind, which any watch answers that covers it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watch {
    /// Of which kind.
    pub resource: Arc<Resource>,
    /// Which objects.
    pub selection: Selection,
    /// How much of each.
    pub form: Form,
}

impl Watch {
    /// Every object of a kind, whole.
    pub fn all(resource: Arc<Resource>) -> Self {
        Self { resource, selection: Selection::All, form: Form::Whole }
    }

    /// The children of a kind, whole: their readiness is in their status.
    pub fn children(resource: Arc<Resource>) -> Self {
        Self { resource, selection: Selection::Children, form: Form::Whole }
    }

    /// The metadata of every object of a kind.
    pub fn metadata(resource: Arc<Resource>) -> Self {
        Self { resource, selection: Selection::All, form: Form::Metadata }
    }

    /// Whether it shows all that is needed.
    pub fn covers(&self, need: &Self) -> bool {
        self.resource == need.resource && self.selection >= need.selection && self.form >= need.form
    }

    /// The least watch of the same kind that covers both.
    #[must_use]
    pub fn joined(self, other: &Self) -> Self {
        let (selection, form) = (self.selection.max(other.selection), self.form.max(other.form));
        Self { resource: self.resource, selection, form }
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.selection {
            Selection::All => "all",
            Selection::Children => "children",
        };
        let form = match self.form {
            Form::Whole => "",
            Form::Metadata => ", metadata",
        };
        write!(f, "{} ({what}{form})", self.resource.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn one_watch_covers_what_several_need() {
        let resource =
            Arc::new(Resource { kind: Kind::new("", "v1", "Secret"), plural: "secrets".into(), namespaced: true });
        let (all, children, metadata) =
            (Watch::all(resource.clone()), Watch::children(resource.clone()), Watch::metadata(resource));
        assert!(all.covers(&children) && all.covers(&metadata) && all.covers(&all));
        assert!(!children.covers(&metadata) && !metadata.covers(&children));
        assert_eq!(children.clone().joined(&metadata), all, "neither covers the other");
        assert_eq!(metadata.clone().joined(&metadata), metadata, "metadata only where nobody needs more");
    }
}
