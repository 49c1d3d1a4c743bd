//! What a step needs to know of the kind it works for: its module, its Reconciler, its CRD.

use std::sync::Arc;

use crate::contract::{Limits, Manifest};
use crate::object;
use crate::permissions::Permissions;
use crate::reconciler::OnDelete;
use crate::resource::Resource;

/// What the schema of a served kind can hold of the host's reporting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusSupport {
    /// It has the status subresource. Without it the host writes no status.
    pub subresource: bool,
    /// Its status keeps `conditions`.
    pub conditions: bool,
    /// Its status keeps `observedGeneration`.
    pub observed_generation: bool,
}

/// A served kind, bound to a module by a Reconciler.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The kind served, and where.
    pub resource: Arc<Resource>,
    /// The field manager of its children.
    pub manager: String,
    /// The Reconciler's name.
    pub reconciler: String,
    /// The module that decides, if one is loaded.
    pub module: Option<Module>,
    /// The upper bound of what the guest may cause.
    pub permissions: Permissions,
    /// Bounds of one call.
    pub limits: Limits,
    /// `spec.config`, as JSON text.
    pub config: String,
    /// What becomes of the children when the Reconciler goes.
    pub on_delete: OnDelete,
    /// Whether it goes.
    pub leaving: bool,
    /// What the status can hold.
    pub status: StatusSupport,
}

/// A loaded module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its digest.
    pub digest: String,
    /// What it says of itself.
    pub manifest: Arc<Manifest>,
}

impl Module {
    /// Its name and the first twelve digits of its digest, for people: `module web (3fa1c0d2e4b5)`.
    pub fn label(&self) -> String {
        format!("module {} ({})", self.manifest.name, object::short(&self.digest))
    }
}
