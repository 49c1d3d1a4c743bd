//! A minimal operator of one kind, as kube-rs' examples write it: it keeps the children that custom-http's guest does.
//! `bench-operator KIND PLURAL`, with the environment's kubeconfig.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{ApiResource, Patch, PatchParams};
use kube::core::Object;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Its field manager.
const MANAGER: &str = "bench-operator";

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    replica_count: i32,
    port: i32,
    #[serde(default)]
    config_map_data: BTreeMap<String, String>,
}

type Server = Object<Spec, Value>;

struct Context {
    client: Client,
    resource: ApiResource,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the API server refused or did not answer")]
    Kube(#[from] kube::Error),
    #[error("a child is not one")]
    Json(#[from] serde_json::Error),
    #[error("the object has no uid")]
    NoUid,
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (kind, plural) = arguments.next().zip(arguments.next()).context("bench-operator KIND PLURAL")?;
    let (group, version) = ("groupsp.measutosh.dev".to_owned(), "v1".to_owned());
    let resource = ApiResource { api_version: format!("{group}/{version}"), group, version, kind, plural };
    let client = Client::try_default().await?;
    let any = watcher::Config::default;
    Controller::new_with(Api::<Server>::all_with(client.clone(), &resource), any(), resource.clone())
        .owns(Api::<Deployment>::all(client.clone()), any())
        .owns(Api::<Service>::all(client.clone()), any())
        .owns(Api::<ConfigMap>::all(client.clone()), any())
        .shutdown_on_signal()
        .run(reconcile, error_policy, Arc::new(Context { client, resource }))
        .for_each(|result| async move {
            if let Err(error) = result {
                eprintln!("{error:?}");
            }
        })
        .await;
    Ok(())
}

async fn reconcile(server: Arc<Server>, cx: Arc<Context>) -> Result<Action, Error> {
    let (name, spec) = (server.name_any(), &server.spec);
    // As the guest has them, which kept the same object before: a selector never changes.
    let labels = json!({"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name});
    let meta = |name: &str| json!({"name": name, "labels": labels});
    let files = format!("{name}-configmap");
    apply::<ConfigMap>(&cx, &server, json!({"metadata": meta(&files), "data": spec.config_map_data})).await?;
    let container = json!({
        "name": "custom-http",
        "image": "measutosh/http-server",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "volumeMounts": [{"name": "config", "mountPath": "/config"}],
    });
    let pod = json!({"containers": [container], "volumes": [{"name": "config", "configMap": {"name": files}}]});
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    let selector = json!({"matchLabels": labels});
    let deployment = json!({"replicas": spec.replica_count, "selector": selector, "template": template});
    apply::<Deployment>(&cx, &server, json!({"metadata": meta(&name), "spec": deployment})).await?;
    let port = json!({"name": "http", "port": spec.port, "targetPort": "http", "protocol": "TCP"});
    let service = json!({"clusterIP": "None", "selector": labels, "ports": [port]});
    apply::<Service>(&cx, &server, json!({"metadata": meta(&name), "spec": service})).await?;

    let namespace = server.namespace().unwrap_or_default();
    let api = Api::<Server>::namespaced_with(cx.client.clone(), &namespace, &cx.resource);
    let status = json!({"status": {"replicas": spec.replica_count, "dnsName": format!("{name}.{namespace}.svc")}});
    api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status)).await?;
    Ok(Action::await_change())
}

async fn apply<K>(cx: &Context, owner: &Server, child: Value) -> Result<(), Error>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
{
    let mut child: K = serde_json::from_value(child)?;
    child.owner_references_mut().push(owner.controller_owner_ref(&cx.resource).ok_or(Error::NoUid)?);
    let api = Api::<K>::namespaced(cx.client.clone(), &owner.namespace().unwrap_or_default());
    api.patch(&child.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(&child)).await?;
    Ok(())
}

fn error_policy(server: Arc<Server>, error: &Error, _: Arc<Context>) -> Action {
    eprintln!("{}: {error:?}", server.name_any());
    Action::requeue(Duration::from_secs(5))
}
