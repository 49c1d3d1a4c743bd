//! Words for the people who read the host's log.

use std::fmt::Display;

use crate::bindings::log::Level;
use crate::world::World;

/// Writes to the host's log. The host adds the kind, the object and the module's digest.
#[derive(Clone, Copy)]
pub struct Log<'a>(pub(crate) &'a dyn World);

impl Log<'_> {
    /// For the guest's author.
    pub fn debug(&self, message: impl Display) {
        self.0.log(Level::Debug, &message.to_string());
    }

    /// News.
    pub fn info(&self, message: impl Display) {
        self.0.log(Level::Info, &message.to_string());
    }

    /// Something odd.
    pub fn warn(&self, message: impl Display) {
        self.0.log(Level::Warn, &message.to_string());
    }

    /// Trouble.
    pub fn error(&self, message: impl Display) {
        self.0.log(Level::Error, &message.to_string());
    }
}
