//! What a guest may look at: the host's imports, or what a test laid out in their place.

use crate::bindings::cluster::{Found, Listing, Query};
use crate::bindings::log::Level;
use crate::bindings::types::{Key, View};

/// The imports of the contract. Natively they do not exist, so whoever calls brings their own.
pub trait World {
    /// Looks at one object.
    fn get(&self, key: &Key, view: View) -> Found;
    /// Lists objects.
    fn list(&self, query: &Query) -> Listing;
    /// The children that there are.
    fn children(&self, view: View) -> Vec<String>;
    /// Whether that instant has passed.
    fn reached(&self, at: i64) -> bool;
    /// Writes a line.
    fn log(&self, level: Level, message: &str);
}

/// The host.
#[cfg(target_arch = "wasm32")]
pub(crate) struct Host;

#[cfg(target_arch = "wasm32")]
impl World for Host {
    fn get(&self, key: &Key, view: View) -> Found {
        crate::bindings::cluster::get(key, view)
    }

    fn list(&self, query: &Query) -> Listing {
        crate::bindings::cluster::list(query)
    }

    fn children(&self, view: View) -> Vec<String> {
        crate::bindings::cluster::children(view)
    }

    fn reached(&self, at: i64) -> bool {
        crate::bindings::clock::reached(at)
    }

    fn log(&self, level: Level, message: &str) {
        crate::bindings::log::write(level, message);
    }
}
