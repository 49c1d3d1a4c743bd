//! What somebody does to a laboratory. Each deed takes a second, in which everything follows that does so soon.

use innkeeper_core::engine::{Input, News};
use innkeeper_core::resource::Address;
use serde_json::Value;

use super::happened::Happened;
use super::{Broken, Lab, put};
use crate::guest::Guest;
use crate::server::{How, Propagation, Refused};
use crate::workloads::Fate;

/// How long a deed takes, with what follows at once, in milliseconds.
pub(crate) const DEED_MS: u64 = 1_000;

/// The field manager of whoever does something, unless another is named.
pub const PERSON: &str = "scenario";

/// What came of a deed: none if the API server refused it, in its words.
pub type Done = Result<Result<(), Refused>, Broken>;

impl Lab {
    /// An object is there from the beginning.
    pub fn given(&mut self, object: &Value) -> Result<(), Broken> {
        let namespace = self.namespace.clone();
        let put = put(&mut self.server, object, Some(&namespace)).map(drop);
        put.map_err(|Broken(why)| Broken(why + &self.hint(object).unwrap_or_default()))
    }

    /// Somebody applies an object, as `kubectl apply --server-side --force-conflicts` does.
    pub fn apply(&mut self, object: &Value) -> Done {
        let namespace = self.namespace.clone();
        let at = self.server.address(object, Some(&namespace)).map_err(Broken)?;
        let done = self.server.apply(&at, object, true, &How::by(PERSON)).map(drop);
        self.deed(format!("apply {at}"), done)
    }

    /// Somebody changes an object by merge patch, as `kubectl patch --type=merge` does.
    pub fn patch(&mut self, what: &str, patch: &Value, how: &How) -> Done {
        let at = self.at(what)?;
        let done = self.server.merge(&at, patch, how).map(drop);
        self.deed(format!("patch {at} with {patch}"), done)
    }

    /// Somebody changes an object by JSON patch, as `kubectl patch --type=json` does.
    pub fn patch_json(&mut self, what: &str, operations: &Value, how: &How) -> Done {
        let at = self.at(what)?;
        let done = self.server.patch(&at, operations, how).map(drop);
        self.deed(format!("patch {at} with {operations}"), done)
    }

    /// Somebody deletes an object.
    pub fn delete(&mut self, what: &str, propagation: Propagation) -> Done {
        let at = self.at(what)?;
        let done = self.server.delete(&at, None, propagation);
        self.deed(format!("delete {at}"), done)
    }

    /// Time passes.
    pub fn wait(&mut self, ms: u64) -> Result<(), Broken> {
        self.happened.push(Happened::Deed(format!("wait {ms} ms")));
        self.pass(ms)
    }

    /// What becomes of a child whose readiness is somebody else's work: a Deployment, a Job, a Pod and so on.
    pub fn becomes(&mut self, what: &str, fate: Fate) -> Result<(), Broken> {
        let at = self.at(what)?;
        if self.server.get(&at).is_none() {
            return Err(Broken(format!("{at} is not there")));
        }
        self.happened.push(Happened::Deed(format!("{at} {fate}")));
        self.workloads.set(&at, fate).map_err(Broken)?;
        self.pass(DEED_MS)
    }

    /// The host ends, and starts again.
    pub fn restart(&mut self) -> Result<(), Broken> {
        self.happened.push(Happened::Deed("restart the host".to_owned()));
        self.turns = 0;
        self.start()?;
        self.pass(DEED_MS)
    }

    /// Another module takes the place of the one of the same name in the host's folder.
    pub fn swap(&mut self, module: Guest) -> Result<(), Broken> {
        let source = format!("{}.wasm", module.manifest().name);
        self.happened.push(Happened::Deed(format!("swap {source} for {}", module.short_digest())));
        self.loaded.insert(module.digest().to_owned(), module.clone());
        self.folder.insert(source.clone(), module.clone());
        self.turns = 0;
        self.input(Input::Module { source, news: News::Loaded(module.bound()) })?;
        self.pass(DEED_MS)
    }

    fn deed(&mut self, what: String, done: Result<(), Refused>) -> Done {
        let refused = done.as_ref().err().map(|refused| format!(": refused: {refused}")).unwrap_or_default();
        self.happened.push(Happened::Deed(format!("{what}{refused}")));
        self.pass(DEED_MS)?;
        Ok(done)
    }

    /// The place of an object by what people call it: `Deployment/web`, or `Deployment/shop/web` in another namespace.
    pub fn at(&self, what: &str) -> Result<Address, Broken> {
        let parts: Vec<&str> = what.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(*namespace), name),
            _ => return Err(Broken(format!("{what:?} names no object: write Kind/name, or Kind/namespace/name"))),
        };
        let resource = self.server.called(kind).map_err(Broken)?;
        let namespace = resource.namespaced.then(|| namespace.unwrap_or(&self.namespace).to_owned());
        Ok(Address { resource, namespace, name: (*name).to_owned() })
    }

    /// An object as it is now, by what people call it.
    pub fn object(&self, what: &str) -> Result<Option<Value>, Broken> {
        Ok(self.server.get(&self.at(what)?))
    }
}
