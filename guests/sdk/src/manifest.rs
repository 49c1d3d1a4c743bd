//! What a module says of itself.

use std::marker::PhantomData;

use kube::CustomResourceExt;

use crate::bindings::about::{Manifest as Said, Scope, Wish};
use crate::crd;
use crate::kind::{Object, kind_of};

/// What a module says of itself: the kind it decides for, and what it wants to touch.
///
/// Begins with [`Manifest::of`]. Name and version are the Cargo package's unless stated; the kind's CRD
/// is made from the type. A wish is for the object's own namespace, or for a cluster-scoped kind; the
/// methods that end in `_in` say otherwise.
pub struct Manifest<K = (), C = NoCrd> {
    said: Said,
    kind: PhantomData<(K, C)>,
}

/// Where the CRD that a module carries comes from.
pub trait Crd<K> {
    /// The CRD as JSON, made from the type.
    fn make() -> Option<String>;
}

/// The module carries the CRD of its type.
pub struct OfType;

impl<K: CustomResourceExt> Crd<K> for OfType {
    fn make() -> Option<String> {
        Some(crd::json(&K::crd()).to_string())
    }
}

/// The module carries no CRD.
pub struct NoCrd;

impl<K> Crd<K> for NoCrd {
    fn make() -> Option<String> {
        None
    }
}

impl Manifest {
    /// A module that decides for the kind `K`, whose CRD it carries.
    ///
    /// To the CRD that the type describes, it adds what every kind kept by Innkeeper has, unless it is
    /// there already: the status subresource with `conditions` and `observedGeneration`, the category
    /// `innkeeper`, and the columns Ready and Age.
    pub fn of<K: Object + CustomResourceExt>() -> Manifest<K, OfType> {
        Manifest { said: Self::without_crd::<K>().said, kind: PhantomData }
    }

    /// A module for a kind whose CRD comes from elsewhere.
    pub fn without_crd<K: Object>() -> Manifest<K> {
        let said = Said {
            name: String::new(),
            version: String::new(),
            serves: kind_of::<K>(),
            crd: None,
            applies: Vec::new(),
            contributes: Vec::new(),
            reads: Vec::new(),
            deletes: Vec::new(),
            finalizes: false,
            ordered_deletion: false,
        };
        Manifest { said, kind: PhantomData }
    }
}

impl<K, C: Crd<K>> Manifest<K, C> {
    /// The module's name, a DNS label, where it is not the Cargo package's.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.said.name);
        self
    }

    /// The module's version, where it is not the Cargo package's.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.said.version);
        self
    }

    /// Children are of this kind.
    #[must_use]
    pub fn applies<T: Object>(self) -> Self {
        self.applies_in::<T>(usual::<T>())
    }

    /// Children are of this kind, there.
    #[must_use]
    pub fn applies_in<T: Object>(mut self, scope: Scope) -> Self {
        add::<T>(&mut self.said.applies, scope);
        self
    }

    /// Sets fields of objects of this kind that are not its children.
    #[must_use]
    pub fn contributes<T: Object>(self) -> Self {
        self.contributes_in::<T>(usual::<T>())
    }

    /// Sets fields of objects of this kind, there, that are not its children.
    #[must_use]
    pub fn contributes_in<T: Object>(mut self, scope: Scope) -> Self {
        add::<T>(&mut self.said.contributes, scope);
        self
    }

    /// Reads objects of this kind. Its own children need no mention.
    #[must_use]
    pub fn reads<T: Object>(self) -> Self {
        self.reads_in::<T>(usual::<T>())
    }

    /// Reads objects of this kind, there.
    #[must_use]
    pub fn reads_in<T: Object>(mut self, scope: Scope) -> Self {
        add::<T>(&mut self.said.reads, scope);
        self
    }

    /// Removes objects of this kind that are not its children.
    #[must_use]
    pub fn deletes<T: Object>(self) -> Self {
        self.deletes_in::<T>(usual::<T>())
    }

    /// Removes objects of this kind, there, that are not its children.
    #[must_use]
    pub fn deletes_in<T: Object>(mut self, scope: Scope) -> Self {
        add::<T>(&mut self.said.deletes, scope);
        self
    }

    /// There is work to do when an object is deleted: it waits until [`Outcome::finished`] is said.
    ///
    /// [`Outcome::finished`]: crate::Outcome::finished
    #[must_use]
    pub fn finalizes(mut self) -> Self {
        self.said.finalizes = true;
        self
    }

    /// Children must be deleted in reverse order of their waves.
    #[must_use]
    pub fn ordered_deletion(mut self) -> Self {
        self.said.ordered_deletion = true;
        self
    }

    /// All of it, with the CRD made from the type.
    pub(crate) fn made(self, package: &str, version: &str) -> Said {
        let crd = C::make();
        Said { crd, ..self.said(package, version) }
    }

    /// All of it but the CRD.
    pub(crate) fn said(mut self, package: &str, version: &str) -> Said {
        if self.said.name.is_empty() {
            self.said.name = package.replace('_', "-");
        }
        if self.said.version.is_empty() {
            version.clone_into(&mut self.said.version);
        }
        self.said
    }
}

fn usual<C: Object>() -> Scope {
    if C::NAMESPACED { Scope::OwnNamespace } else { Scope::Cluster }
}

/// Adds a kind to the wish for its group and scope.
fn add<C: Object>(wishes: &mut Vec<Wish>, scope: Scope) {
    let kind = kind_of::<C>();
    match wishes.iter_mut().find(|wish| wish.group == kind.group && wish.scope == scope) {
        Some(wish) => wish.kinds.push(kind.kind),
        None => wishes.push(Wish { group: kind.group, kinds: vec![kind.kind], scope }),
    }
}
