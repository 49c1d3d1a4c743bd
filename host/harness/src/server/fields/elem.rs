//! One step of a path, as managedFields write it (fieldsV1).

use std::fmt;

use serde_json::{Map, Value};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Elem {
    /// A field of a map: `f:name`.
    Field(String),
    /// The entry of a keyed list with these values, as JSON text whose fields are sorted: `k:{…}`.
    Key(String),
    /// A value of a set, as JSON text: `v:…`.
    Value(String),
}

impl Elem {
    pub(super) fn parse(raw: &str) -> Option<Self> {
        let rest = raw.get(2..)?.to_owned();
        match raw.get(..2)? {
            "f:" => Some(Self::Field(rest)),
            "k:" => Some(Self::Key(rest)),
            "v:" => Some(Self::Value(rest)),
            _ => None,
        }
    }

    pub(super) fn raw(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(key) => format!("k:{key}"),
            Self::Value(value) => format!("v:{value}"),
        }
    }

    /// The values that an entry of a keyed list has.
    pub(super) fn key(&self) -> Map<String, Value> {
        match self {
            Self::Key(key) => serde_json::from_str(key).unwrap_or_default(),
            _ => Map::new(),
        }
    }
}

impl fmt::Display for Elem {
    /// As the API server says it in a conflict: `.name`, `[name="web"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(_) => {
                let parts: Vec<String> = self.key().iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", parts.join(","))
            }
            Self::Value(value) => write!(f, "[={value}]"),
        }
    }
}
