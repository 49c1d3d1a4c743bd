//! Which watch: one per kind and selection for the whole host.

use std::fmt;
use std::sync::Arc;

use crate::names::OBJECT_UID;
use crate::resource::Resource;

/// Which objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selection {
    /// All of them.
    All,
    /// Children: those that carry the label [`OBJECT_UID`].
    Children,
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

/// One watch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Watch {
    /// Of which kind.
    pub resource: Arc<Resource>,
    /// Which objects.
    pub selection: Selection,
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.selection {
            Selection::All => "all",
            Selection::Children => "children",
        };
        write!(f, "{} ({what})", self.resource.kind)
    }
}
