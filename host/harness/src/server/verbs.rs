//! What can be asked of the simulated API server.

use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use super::fields::{Conflict, Managers, Who};
use super::refused::Refused;
use super::write::Write;
use super::{Server, id, plural};

/// Who asks, and how.
#[derive(Clone, Debug)]
pub struct How {
    /// The field manager.
    pub manager: String,
    /// Nothing is kept.
    pub dry_run: bool,
    /// A field that the kind does not have is refused; else it is dropped.
    pub strict: bool,
    /// It goes to the status subresource.
    pub status: bool,
}

impl How {
    /// By that field manager.
    pub fn by(manager: &str) -> Self {
        Self { manager: manager.to_owned(), dry_run: false, strict: true, status: false }
    }

    /// As a patch, which drops what the kind does not have.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self { strict: false, ..self }
    }

    /// To the status subresource.
    #[must_use]
    pub fn to_status(self) -> Self {
        Self { status: true, ..self }
    }
}

impl Server {
    /// Server-side apply: the object, and whether it was created.
    pub fn apply(&mut self, at: &Address, manifest: &Value, force: bool, how: &How) -> Result<(Value, bool), Refused> {
        let served = self.served(&at.resource)?;
        let old = self.objects.get(&id(at)).cloned();
        let uid = manifest.pointer("/metadata/uid");
        if let Some(uid) = uid.filter(|uid| old.as_ref().is_none_or(|old| old["metadata"]["uid"] != **uid)) {
            let found = match &old {
                Some(old) => format!("the object there has the uid {}", old["metadata"]["uid"]),
                None => "no existing object was found".to_owned(),
            };
            let what = format!("{} \"{}\"", plural(&at.resource), at.name);
            let why = format!("uid mismatch: the provided object specified uid {uid}, and {found}");
            return Err(Refused::new(409, format!("Operation cannot be fulfilled on {what}: {why}")));
        }
        self.formed(&served, at, manifest, how, true)?;
        let mut manifest = manifest.clone();
        strip(&mut manifest);
        if served.status && !how.status {
            manifest.as_object_mut().map(|map| map.remove("status"));
        }
        let who = self.who(at, how);
        let mut managers = old.as_ref().map(Managers::of).unwrap_or_default();
        let applied = managers.applied(&who, old.as_ref(), &manifest, &served.place(), force);
        let new = applied.map_err(|conflicts| Refused::new(409, in_words(&conflicts)))?;
        let created = old.is_none();
        let write = Write { at, served: &served, old, new, how, managers: Some(managers) };
        Ok((self.write(write)?, created))
    }

    /// Creates an object; its name may be left to the server (`generateName`).
    pub fn create(&mut self, at: &Address, manifest: &Value, how: &How) -> Result<Value, Refused> {
        let served = self.served(&at.resource)?;
        let (mut at, mut new) = (at.clone(), manifest.clone());
        if let (None, Some(prefix)) = (new["metadata"]["name"].as_str(), new["metadata"]["generateName"].as_str()) {
            at.name = self.generated(prefix);
            new["metadata"]["name"] = at.name.as_str().into();
        }
        if self.objects.contains_key(&id(&at)) {
            return Err(Refused::new(409, format!("{} \"{}\" already exists", plural(&at.resource), at.name)));
        }
        self.formed(&served, &at, &new, how, false)?;
        strip(&mut new);
        self.write(Write { at: &at, served: &served, old: None, new, how, managers: None })
    }

    /// JSON merge patch (RFC 7386).
    pub fn merge(&mut self, at: &Address, patch: &Value, how: &How) -> Result<Value, Refused> {
        self.changed(at, how, |object| {
            json_patch::merge(object, patch);
            Ok(())
        })
    }

    /// JSON patch (RFC 6902).
    pub fn patch(&mut self, at: &Address, operations: &Value, how: &How) -> Result<Value, Refused> {
        let operations: json_patch::Patch = serde_json::from_value(operations.clone())
            .map_err(|error| Refused::new(400, format!("no JSON patch: {error}")))?;
        self.changed(at, how, |object| {
            let patched = json_patch::patch(object, &operations.0);
            patched.map_err(|error| {
                Refused::new(422, format!("the server rejected our request due to an error in our request: {error}"))
            })
        })
    }

    /// A controller's word on an object: its whole status. Says whether anything was written.
    pub(crate) fn set_status(&mut self, at: &Address, status: Value) -> bool {
        let version = self.version;
        let how = How::by("kube-controller-manager").lenient().to_status();
        let written = self.changed(at, &how, |object| {
            object["status"] = status;
            Ok(())
        });
        written.is_ok() && self.version != version
    }

    fn changed(
        &mut self,
        at: &Address,
        how: &How,
        change: impl FnOnce(&mut Value) -> Result<(), Refused>,
    ) -> Result<Value, Refused> {
        let served = self.served(&at.resource)?;
        let Some(old) = self.objects.get(&id(at)).cloned() else {
            return Err(Refused::not_found(&plural(&at.resource), &at.name));
        };
        if how.status && !served.status {
            return Err(Refused::new(404, "the server could not find the requested resource"));
        }
        let mut new = old.clone();
        change(&mut new)?;
        let modified = |field: &str| new["metadata"].get(field).is_some_and(|now| *now != old["metadata"][field]);
        if modified("resourceVersion") || modified("uid") {
            let what = format!("{} \"{}\"", plural(&at.resource), at.name);
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(Refused::new(409, format!("Operation cannot be fulfilled on {what}: {why}")));
        }
        self.write(Write { at, served: &served, old: Some(old), new, how, managers: None })
    }

    pub(super) fn who(&self, at: &Address, how: &How) -> Who {
        Who {
            manager: how.manager.clone(),
            subresource: if how.status { "status" } else { "" },
            api_version: at.resource.kind.api_version(),
            now: self.now(),
        }
    }

    /// A name of which there is no other yet.
    fn generated(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.made += 1;
        let mut number = usize::try_from(self.made).unwrap_or_default();
        let mut name = prefix.to_owned();
        for _ in 0..5 {
            name.push(char::from(LETTERS[number % LETTERS.len()]));
            number /= LETTERS.len();
        }
        name
    }
}

/// Without what only the server sets.
fn strip(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "deletionTimestamp"]
        {
            metadata.remove(field);
        }
    } else {
        object["metadata"] = json!({});
    }
}

/// As the API server tells of conflicts.
fn in_words(conflicts: &[Conflict]) -> String {
    let count: usize = conflicts.iter().map(|(.., paths)| paths.len()).sum();
    let words = if count == 1 { "1 conflict".to_owned() } else { format!("{count} conflicts") };
    let each = conflicts.iter().map(|(manager, version, paths)| match paths.as_slice() {
        [path] => format!("conflict with \"{manager}\" using {version}: {path}"),
        paths => format!("conflicts with \"{manager}\" using {version}:\n- {}", paths.join("\n- ")),
    });
    format!("Apply failed with {words}: {}", each.collect::<Vec<_>>().join("\n"))
}
