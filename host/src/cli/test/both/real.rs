//! A real cluster, as a scenario sees it: one namespace, whose name is told as the scenario has it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use innkeeper_cluster::Cluster;
use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::Manifest;
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::object::ManagedFields;
use innkeeper_core::resource::{Address, Resource};
use innkeeper_harness::Guest;
use innkeeper_harness::lab::PERSON;
use innkeeper_harness::scenario::{self, Deed};
use serde_json::{Value, json};

use super::Inn;

/// How long a new kind may take until it is served.
const SERVED: Duration = Duration::from_secs(30);

/// A real cluster.
pub(crate) struct Real {
    cluster: Cluster,
    /// The namespace of this scenario, and what the scenario calls it.
    namespace: (String, String),
    /// The kinds that are looked at.
    pub(super) kinds: BTreeSet<GroupKind>,
    /// The CustomResourceDefinitions that the scenario brought, beside those of its modules.
    definitions: Vec<Value>,
    /// Those that the host keeps.
    serves: Vec<Kind>,
    count: usize,
    /// What was made for scenarios, to be deleted in the end.
    made: Vec<Address>,
}

impl Real {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            namespace: Default::default(),
            kinds: BTreeSet::new(),
            definitions: Vec::new(),
            serves: Vec::new(),
            count: 0,
            made: Vec::new(),
        }
    }

    /// A namespace for the next scenario; the kinds of its modules are served.
    pub(super) async fn begin(&mut self, called: &str, modules: &[Guest]) -> anyhow::Result<()> {
        self.count += 1;
        self.namespace = (format!("scenario-{}-{}", std::process::id(), self.count), called.to_owned());
        self.definitions.clear();
        self.kinds = [group_kind("events.k8s.io", "Event")].into();
        self.serves = modules.iter().map(|module| module.manifest().serves.clone()).collect();
        self.namespaces(&self.namespace.0.clone()).await?;
        for module in modules {
            let manifest: &Manifest = module.manifest();
            if let Some(crd) = &manifest.crd {
                self.apply(&serde_json::from_str(crd)?).await?.map_err(anyhow::Error::msg)?;
            }
            self.kinds.insert(manifest.serves.group_kind());
            let wishes =
                manifest.applies.iter().chain(&manifest.contributes).chain(&manifest.reads).chain(&manifest.deletes);
            self.kinds.extend(wishes.flat_map(|wish| wish.kinds.iter().map(|kind| group_kind(&wish.group, kind))));
            self.resource(&manifest.serves).await?;
        }
        Ok(())
    }

    /// Makes sure that a namespace is there; one that was not is deleted in the end.
    pub(crate) async fn namespaces(&mut self, name: &str) -> anyhow::Result<()> {
        let resource = self.resource(&Kind::new("", "v1", "Namespace")).await?;
        let at = Address { resource, namespace: None, name: name.to_owned() };
        let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        match self.cluster.act(&Action::Create { at: at.clone(), manifest }).await {
            Done::Object { .. } => self.made.push(at),
            Done::Conflict(_) => {}
            other => bail!("the namespace {name} cannot be made: {other:?}"),
        }
        Ok(())
    }

    /// Deletes what was made.
    pub(crate) async fn clear(&mut self) {
        for at in std::mem::take(&mut self.made) {
            let _ = self.delete(&at).await;
        }
    }

    /// Whether there is a Reconciler of that name.
    pub(crate) async fn has_reconciler(&self, name: &str) -> bool {
        let at = Address {
            resource: Arc::new(innkeeper_core::reconciler::resource()),
            namespace: None,
            name: name.to_owned(),
        };
        matches!(self.cluster.act(&Action::Look(at)).await, Done::Object { .. })
    }

    /// Deletes a Reconciler, while a host runs that lets it go.
    pub(crate) async fn delete_reconciler(&self, name: &str) {
        let at = Address {
            resource: Arc::new(innkeeper_core::reconciler::resource()),
            namespace: None,
            name: name.to_owned(),
        };
        let _ = self.delete(&at).await;
        for _ in 0..100 {
            if !self.has_reconciler(name).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every object of the kinds that are looked at, in the namespace, as the scenario names that.
    pub(super) async fn objects(&self) -> anyhow::Result<Vec<Value>> {
        let mut all = self.definitions.clone();
        for kind in &self.kinds {
            // One that is not served has no objects.
            let objects = self.cluster.objects(kind).await.unwrap_or_default();
            let here = objects.iter().filter(|object| object.key.namespace.as_deref() == Some(&self.namespace.0));
            for object in here {
                let mut value: Value =
                    serde_json::from_str(&object.text.replace(&self.namespace.0, &self.namespace.1))?;
                value["metadata"]["managedFields"] = object.meta.managed_fields.iter().map(entry).collect();
                if kind.kind != "Event" || value["reportingController"] == "innkeeper.dev/host" {
                    all.push(value);
                }
            }
        }
        Ok(all)
    }

    /// The namespace of this scenario.
    pub(super) fn name(&self) -> &str {
        &self.namespace.0
    }

    /// Waits until the host has looked at every object of the kinds that it keeps and nothing has changed for a second; at
    /// most for half a minute.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        let (mut last, mut quiet) = (Vec::new(), 0);
        for _ in 0..60 {
            let now = self.objects().await?;
            quiet = if now == last && now.iter().all(|object| self.is_looked_at(object)) { quiet + 1 } else { 0 };
            if quiet == 2 {
                return Ok(());
            }
            last = now;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    /// Whether an object that the host keeps says that it was looked at as it is, and that nothing is on its way.
    fn is_looked_at(&self, object: &Value) -> bool {
        let kept = |kind: &Kind| object["kind"] == kind.kind.as_str() && object["apiVersion"] == kind.api_version();
        if !self.serves.iter().any(kept) {
            return true;
        }
        let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
        let moves = conditions.into_iter().flatten().any(|one| one["type"] == "Reconciling" && one["status"] == "True");
        object["status"]["observedGeneration"] == object["metadata"]["generation"] && !moves
    }

    /// Somebody does something: why it was refused, if it was.
    pub(super) async fn does(
        &mut self,
        deed: &Deed,
        folder: &Path,
        load: scenario::Loads<'_>,
        inn: &mut Inn,
    ) -> anyhow::Result<Option<String>> {
        let done = match deed {
            Deed::Apply(given) => {
                for object in scenario::objects(given, folder).map_err(anyhow::Error::msg)? {
                    if let Err(why) = self.apply(&object).await? {
                        return Ok(Some(why));
                    }
                }
                Ok(())
            }
            Deed::Patch { what, with, by, status } => self.patch(what, with, by, *status).await?,
            Deed::Delete(what, _) => {
                let at = self.at(what).await?;
                self.delete(&at).await
            }
            Deed::Wait(ms) => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                Ok(())
            }
            Deed::Restart => inn.restart().map(|()| Ok(()))?,
            Deed::Swap(file) => {
                load(&folder.join(file)).map_err(anyhow::Error::msg)?;
                inn.put(&folder.join(file)).map(|()| Ok(()))?
            }
            Deed::Watches(_) => bail!("nobody breaks the host's watches there"),
            Deed::Ready(_) | Deed::Waiting(_) | Deed::Fail(..) => bail!("nobody says there what becomes of a child"),
        };
        Ok(done.err())
    }

    /// Somebody applies an object.
    pub(super) async fn apply(&mut self, object: &Value) -> anyhow::Result<Result<(), String>> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = Kind::from_api_version(&text("/apiVersion"), &text("/kind"));
        let resource = self.resource(&kind).await?;
        self.kinds.insert(kind.group_kind());
        let mut manifest = object.clone();
        if resource.namespaced {
            manifest["metadata"]["namespace"] = self.namespace.0.as_str().into();
        }
        let at = Address {
            namespace: resource.namespaced.then(|| self.namespace.0.clone()),
            resource,
            name: text("/metadata/name"),
        };
        let done = self
            .cluster
            .act(&Action::Apply { at: at.clone(), manager: PERSON.to_owned(), manifest, force: true })
            .await;
        let is_definition = kind.kind == "CustomResourceDefinition";
        if is_definition {
            self.definitions.push(object.clone());
        } else if matches!(done, Done::Object { created: true, .. }) && at.namespace.is_none() {
            self.made.push(at);
        }
        came(done)
    }

    async fn patch(&self, what: &str, with: &Value, by: &str, status: bool) -> anyhow::Result<Result<(), String>> {
        let at = self.at(what).await?;
        if status {
            return came(self.cluster.act(&Action::Merge { at, status, patch: with.clone() }).await);
        }
        let operations = if with.is_array() {
            with.clone()
        } else {
            let Done::Object { object, .. } = self.cluster.act(&Action::Look(at.clone())).await else {
                return Ok(Err(format!("{what} is not there")));
            };
            let (before, mut after) = (object.value(), object.value());
            json_patch::merge(&mut after, with);
            serde_json::to_value(json_patch::diff(&before, &after))?
        };
        came(self.cluster.act(&Action::Patch { at, manager: by.to_owned(), operations }).await)
    }

    async fn delete(&self, at: &Address) -> Result<(), String> {
        match self.cluster.act(&Action::Look(at.clone())).await {
            Done::Object { object, .. } => {
                let done = self.cluster.act(&Action::Delete { at: at.clone(), uid: object.meta.uid.clone() }).await;
                came(done).unwrap_or_else(|error| Err(error.to_string()))
            }
            other => came(other).unwrap_or_else(|error| Err(error.to_string())),
        }
    }

    async fn at(&self, what: &str) -> anyhow::Result<Address> {
        let (word, name) = what.split_once('/').context("it names no object")?;
        let kind = self.kinds.iter().find(|kind| kind.to_string() == word || kind.kind == word);
        let kind = kind.with_context(|| format!("{word} is no kind of this scenario"))?;
        let resource = self
            .cluster
            .find(kind)
            .await
            .map_err(anyhow::Error::msg)?
            .with_context(|| format!("{kind} is not served"))?;
        Ok(Address {
            namespace: resource.namespaced.then(|| self.namespace.0.clone()),
            resource,
            name: name.to_owned(),
        })
    }

    /// Where a kind is served; a new one is waited for.
    async fn resource(&self, kind: &Kind) -> anyhow::Result<Arc<Resource>> {
        let began = std::time::Instant::now();
        loop {
            match self.cluster.resolve(kind).await {
                Ok(Some(resource)) => return Ok(resource),
                _ if began.elapsed() < SERVED => tokio::time::sleep(Duration::from_millis(200)).await,
                Ok(None) => bail!("the cluster does not serve {kind}"),
                Err(why) => return Err(anyhow!(why)),
            }
        }
    }
}

/// Whether it was done; or why the API server refused. The error is that nobody knows.
fn came(done: Done) -> anyhow::Result<Result<(), String>> {
    Ok(match done {
        Done::Object { .. } | Done::Accepted => Ok(()),
        Done::NotFound(why) | Done::Conflict(why) | Done::Forbidden(why) => Err(why),
        Done::Invalid(refusal) => Err(refusal.message),
        Done::Throttled { message, .. } | Done::Unknown(message) => bail!(message),
    })
}

/// An entry of managedFields, which an object keeps apart from its text.
fn entry(of: &ManagedFields) -> Value {
    let fields = of.fields_v1.tree();
    json!({
        "manager": of.manager.as_str(), "operation": of.operation.as_str(), "subresource": of.subresource.as_str(),
        "fieldsV1": fields,
    })
}

fn group_kind(group: &str, kind: &str) -> GroupKind {
    GroupKind { group: group.into(), kind: kind.into() }
}
