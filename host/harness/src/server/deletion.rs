//! Deletion: finalizers, propagation, and the garbage collector.

use std::collections::{BTreeMap, BTreeSet};

use innkeeper_core::resource::Address;
use serde_json::{Value, json};

use super::refused::Refused;
use super::{Id, Server, id, plural};

/// What becomes of an object's dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay, without an owner.
    Orphan,
}

const FOREGROUND: &str = "foregroundDeletion";
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

impl Server {
    /// Deletes an object: at once, or when its finalizers are gone. With a uid, only the object that has it.
    pub fn delete(&mut self, at: &Address, uid: Option<&str>, propagation: Propagation) -> Result<(), Refused> {
        let key = id(at);
        let Some(old) = self.objects.get(&key).cloned() else {
            return Err(Refused::not_found(&plural(&at.resource), &at.name));
        };
        let found = old["metadata"]["uid"].as_str().unwrap_or_default();
        if let Some(uid) = uid.filter(|uid| *uid != found) {
            let what = format!("{} \"{}\"", plural(&at.resource), at.name);
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({found}). The object might have been deleted and then recreated"
            );
            return Err(Refused::new(409, format!("Operation cannot be fulfilled on {what}: {why}")));
        }
        if propagation == Propagation::Orphan {
            self.orphan(found);
        }
        let mut new = old.clone();
        if propagation == Propagation::Foreground && !self.dependents(found).is_empty() {
            let finalizers = new["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
            if !finalizers.contains(&json!(FOREGROUND)) {
                new["metadata"]["finalizers"] = finalizers.into_iter().chain([json!(FOREGROUND)]).collect();
            }
        }
        if old["metadata"]["deletionTimestamp"].is_null() {
            new["metadata"]["deletionTimestamp"] = self.now().into();
            new["metadata"]["deletionGracePeriodSeconds"] = json!(0);
            if let Some(generation) = old["metadata"]["generation"].as_i64() {
                new["metadata"]["generation"] = (generation + 1).into();
            }
            if key.1 == "Namespace" {
                new["status"]["phase"] = json!("Terminating");
            }
        } else if new == old {
            return Ok(());
        }
        new["metadata"]["resourceVersion"] = (self.version + 1).to_string().into();
        self.keep(key, Some(&old), new);
        Ok(())
    }

    /// An object is gone.
    pub(super) fn removed(&mut self, id: &Id, last: &Value) {
        let mut gone = last.clone();
        gone["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.objects.remove(id);
        if id.1 == "CustomResourceDefinition"
            && let (Some(group), Some(kind)) = (gone["spec"]["group"].as_str(), gone["spec"]["names"]["kind"].as_str())
        {
            self.kinds.forget(&innkeeper_core::kind::GroupKind { group: group.into(), kind: kind.into() });
        }
        self.tell(Some(&gone), None);
    }

    /// One round of the garbage collector and of the controllers that end namespaces and kinds. Says whether it did
    /// anything.
    pub fn collect(&mut self) -> bool {
        let version = self.version;
        for id in self.ending_with_theirs() {
            self.delete_id(&id, Propagation::Background);
        }
        let uids = self.by_uid();
        let owned: Vec<Id> =
            self.objects.iter().filter(|(_, o)| owners(o).next().is_some()).map(|(id, _)| id.clone()).collect();
        for id in owned {
            self.attend(&id, &uids);
        }
        self.end_empty();
        self.version != version
    }

    fn delete_id(&mut self, id: &Id, propagation: Propagation) {
        let Some(object) = self.objects.get(id).cloned() else { return };
        if let Ok(at) = self.address(&object, None) {
            let _ = self.delete(&at, None, propagation);
        }
    }

    /// Objects that are to go because their namespace or their kind goes.
    fn ending_with_theirs(&self) -> Vec<Id> {
        let text = |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let ends =
            |kind: &'static str| self.objects.values().filter(|o| is_ending(o)).filter(move |o| o["kind"] == *kind);
        let namespaces: BTreeSet<String> = ends("Namespace").filter_map(|o| text(o, "/metadata/name")).collect();
        let kinds: BTreeSet<(Option<String>, Option<String>)> =
            ends("CustomResourceDefinition").map(|o| (text(o, "/spec/group"), text(o, "/spec/names/kind"))).collect();
        let inside = |id: &Id| {
            id.2.as_ref().is_some_and(|namespace| namespaces.contains(namespace))
                || kinds.contains(&(Some(id.0.clone()), Some(id.1.clone())))
        };
        self.objects.iter().filter(|(id, o)| !is_ending(o) && inside(id)).map(|(id, _)| id.clone()).collect()
    }

    /// Every object by its uid: its namespace, and whether it waits for its dependents.
    fn by_uid(&self) -> BTreeMap<String, (Option<String>, bool)> {
        let uid = |object: &Value| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        self.objects.iter().map(|(id, object)| (uid(object), (id.2.clone(), waits(object)))).collect()
    }

    /// What the garbage collector does with an object that has owners: it goes when none is left that stays; where one
    /// stays, it forgets the others. (`attemptToDeleteItem` of Kubernetes' garbage collector.)
    fn attend(&mut self, id: &Id, uids: &BTreeMap<String, (Option<String>, bool)>) {
        let Some(object) = self.objects.get(id).filter(|object| !is_ending(object)).cloned() else { return };
        // An owner in another namespace is none.
        let known = |uid: &str| uids.get(uid).filter(|(namespace, _)| namespace.is_none() || *namespace == id.2);
        let (mut stays, mut goes, mut waiting) = (Vec::new(), Vec::new(), false);
        for owner in owners(&object) {
            match known(owner) {
                Some((_, false)) => stays.push(owner.to_owned()),
                Some((_, true)) => {
                    waiting = true;
                    goes.push(owner.to_owned());
                }
                None => goes.push(owner.to_owned()),
            }
        }
        if goes.is_empty() {
            return;
        }
        if !stays.is_empty() {
            self.disown(id, |uid| goes.iter().any(|gone| gone == uid));
        } else if waiting && !self.dependents(object["metadata"]["uid"].as_str().unwrap_or_default()).is_empty() {
            self.delete_id(id, Propagation::Foreground);
        } else {
            self.delete_id(id, Propagation::Background);
        }
    }

    /// What waited for others to go, and waits no more.
    fn end_empty(&mut self) {
        let ready: Vec<(Id, Value)> =
            self.objects.iter().filter(|(id, o)| self.is_empty(id, o)).map(|(id, o)| (id.clone(), o.clone())).collect();
        for (id, old) in ready {
            if id.1 == "Namespace" {
                self.version += 1;
                self.removed(&id, &old);
                continue;
            }
            let mut new = old.clone();
            if let Some(finalizers) = new["metadata"]["finalizers"].as_array_mut() {
                finalizers.retain(|one| one != FOREGROUND && one != CLEANUP);
            }
            new["metadata"]["resourceVersion"] = (self.version + 1).to_string().into();
            self.keep(id, Some(&old), new);
        }
    }

    fn is_empty(&self, id: &Id, object: &Value) -> bool {
        if !object["metadata"]["deletionTimestamp"].is_string() {
            return false;
        }
        match id.1.as_str() {
            "Namespace" => !self.objects.keys().any(|other| other.2.as_deref() == Some(&id.3)),
            "CustomResourceDefinition" if has(object, CLEANUP) => {
                let (group, kind) = (&object["spec"]["group"], &object["spec"]["names"]["kind"]);
                !self.objects.keys().any(|other| *group == *other.0 && *kind == *other.1)
            }
            // Only dependents whose ownerReference says so hold it back.
            _ => waits(object) && !self.is_blocked(object["metadata"]["uid"].as_str().unwrap_or_default()),
        }
    }

    fn is_blocked(&self, uid: &str) -> bool {
        self.objects.values().any(|object| {
            let all = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            all.into_iter().flatten().any(|owner| owner["uid"] == uid && owner["blockOwnerDeletion"] == true)
        })
    }

    /// The objects that the object of that uid owns.
    fn dependents(&self, uid: &str) -> Vec<Id> {
        self.objects
            .iter()
            .filter(|(_, object)| owners(object).any(|owner| owner == uid))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn orphan(&mut self, uid: &str) {
        for id in self.dependents(uid) {
            self.disown(&id, |owner| owner == uid);
        }
    }

    /// Takes owners away from an object.
    fn disown(&mut self, id: &Id, whose: impl Fn(&str) -> bool) {
        let Some(old) = self.objects.get(id).cloned() else { return };
        let mut new = old.clone();
        if let Some(owners) = new["metadata"]["ownerReferences"].as_array_mut() {
            owners.retain(|owner| !owner["uid"].as_str().is_some_and(&whose));
            if owners.is_empty() {
                new["metadata"].as_object_mut().map(|metadata| metadata.remove("ownerReferences"));
            }
        }
        new["metadata"]["resourceVersion"] = (self.version + 1).to_string().into();
        self.keep(id.clone(), Some(&old), new);
    }
}

fn is_ending(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

fn owners(object: &Value) -> impl Iterator<Item = &str> {
    let all = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(|owner| owner["uid"].as_str())
}

fn has(object: &Value, finalizer: &str) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|all| all.iter().any(|one| one == finalizer))
}

/// Whether it waits for its dependents to go.
fn waits(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string() && has(object, FOREGROUND)
}
