//! What differs for many objects, counted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Difference, How};

/// Counts of what another module would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// Objects for which both modules were called.
    pub objects: u32,
    /// Those for which something would be different.
    pub changed: u32,
    /// Children that would be created.
    pub children_created: u32,
    /// Children that would be changed.
    pub children_changed: u32,
    /// Children that would be deleted and made anew.
    pub children_recreated: u32,
    /// Children that would be deleted.
    pub children_deleted: u32,
    /// Objects for which the new module has no opinion.
    pub failures: u32,
    /// Those of them for which the module before has none either.
    pub failures_before: u32,
}

impl Counts {
    /// Counts one object.
    pub fn add(&mut self, difference: &Difference) {
        self.objects += 1;
        self.changed += u32::from(!difference.is_none());
        self.failures += u32::from(difference.failure.is_some());
        self.failures_before += u32::from(difference.failure.is_some() && difference.failed_before);
        for change in &difference.changes {
            match change.how {
                How::Created => self.children_created += 1,
                How::Changed => self.children_changed += 1,
                How::Recreated => self.children_recreated += 1,
                How::Deleted => self.children_deleted += 1,
            }
        }
    }

    /// Children that would not be what they were: deleted for good, or made anew.
    pub fn deletions(&self) -> u32 {
        self.children_deleted.saturating_add(self.children_recreated)
    }

    /// Objects on which the new module fails, and the one before does not.
    pub fn new_failures(&self) -> u32 {
        self.failures.saturating_sub(self.failures_before)
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let Self { objects, changed, children_created, children_changed, children_recreated, children_deleted, .. } =
            self;
        format!(
            "of {objects} objects {changed} would change: {children_created} children created, {children_changed} \
             changed, {children_recreated} made anew, {children_deleted} deleted; it fails on {} more",
            self.new_failures()
        )
    }
}
