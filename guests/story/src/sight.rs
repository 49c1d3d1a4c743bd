//! The SDK's world, as the laboratory shows it.

use std::rc::Rc;

use innkeeper_harness::Sight;
use innkeeper_sdk::World;

use crate::bindings::innkeeper::guest::cluster::{Found, Listing, Query};
use crate::bindings::innkeeper::guest::log::Level;
use crate::bindings::innkeeper::guest::types::{Key, View};
use crate::convert;

/// It.
pub(crate) struct Shown(pub(crate) Rc<Sight>);

impl World for Shown {
    fn get(&self, key: &Key, view: View) -> Found {
        match self.0.get(convert::key(key.clone()), convert::view(view)) {
            Ok(Some(object)) => Found::Value(object),
            Ok(None) => Found::None,
            Err(denied) => Found::Denied(denied),
        }
    }

    fn list(&self, query: &Query) -> Listing {
        match self.0.list(&convert::listing(query.clone())) {
            Ok(found) => Listing::Items(found),
            Err(denied) => Listing::Denied(denied),
        }
    }

    fn children(&self, view: View) -> Vec<String> {
        self.0.children(convert::view(view))
    }

    fn reached(&self, at: i64) -> bool {
        self.0.reached(at)
    }

    fn log(&self, _: Level, message: &str) {
        self.0.log(message);
    }
}
