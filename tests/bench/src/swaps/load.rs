//! Two modules that decide something else take turns while objects are changed: nothing is lost, no call fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use fleet::Fleet;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::Load;
use super::host::Host;
use super::variants::Variants;
use crate::cleanup;
use crate::contender::Contender;
use crate::objects;
use crate::stage::{NAMESPACE, Stage};

const OBJECTS: usize = 50;
/// How long the last changes may take to arrive.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) async fn measure(stage: &Stage, turns: usize, contender: &Contender, variants: &Variants) -> Result<Load> {
    eprintln!("bench: {turns} swaps while {OBJECTS} objects are changed");
    objects::create(&stage.client, OBJECTS, "first").await?;
    let mut host = Host::start(contender)?;
    let load = swaps(stage, turns, &mut host, variants).await;
    host.stop()?;
    cleanup::remove_everything(&stage.client).await?;
    load
}

async fn swaps(stage: &Stage, turns: usize, host: &mut Host, variants: &Variants) -> Result<Load> {
    host.swap(variants.module(1)).await?;
    host.swap(variants.module(0)).await?;
    let (is_over, began) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let changing = tokio::spawn(change(stage.client.clone(), is_over.clone()));
    let mut swapped = Ok(0.0);
    for turn in 1..=turns {
        swapped = host.swap(variants.module(turn)).await;
        if swapped.is_err() {
            break;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    is_over.store(true, Ordering::Relaxed);
    let texts = changing.await??;
    swapped?;
    let of = |number: usize| texts.iter().skip(number).step_by(OBJECTS).next_back().cloned().unwrap_or_default();
    let last: Vec<String> = (0..OBJECTS).map(of).collect();
    let began = Instant::now();
    let lost = loop {
        let lost = not_shown(&stage.client, &last, Variants::image(turns)).await?;
        if lost == 0 || began.elapsed() > PATIENCE {
            break lost;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let (calls, failed) = host.calls()?;
    Ok(Load { swaps: turns, seconds, objects: OBJECTS, changes: texts.len(), calls, failed, lost })
}

/// Changes one object after the other until it is over; the text of each change, in order.
async fn change(client: Client, is_over: Arc<AtomicBool>) -> Result<Vec<String>> {
    let api = Api::<Fleet>::namespaced(client, NAMESPACE);
    let mut texts = Vec::new();
    while !is_over.load(Ordering::Relaxed) || texts.len() < OBJECTS {
        let (name, text) = (objects::name(texts.len() % OBJECTS), format!("change {}", texts.len()));
        api.patch(&name, &PatchParams::default(), &Patch::Merge(json!({"spec": {"text": text}}))).await?;
        texts.push(text);
    }
    Ok(texts)
}

/// How many objects do not show their last text in their ConfigMap, and the image in their Deployment.
async fn not_shown(client: &Client, texts: &[String], image: &str) -> Result<usize> {
    let maps = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE).list(&ListParams::default()).await?;
    let deployments = Api::<Deployment>::namespaced(client.clone(), NAMESPACE).list(&ListParams::default()).await?;
    let is_shown = |number: usize| {
        let (name, text) = (objects::name(number), &texts[number]);
        let map = maps.iter().find(|map| map.metadata.name.as_ref() == Some(&name));
        let shows_text = map.and_then(|map| map.data.as_ref()?.get("text")) == Some(text);
        let deployment = deployments.iter().find(|deployment| deployment.metadata.name.as_ref() == Some(&name));
        let containers = deployment.and_then(|d| Some(&d.spec.as_ref()?.template.spec.as_ref()?.containers));
        shows_text && containers.is_some_and(|all| all.iter().any(|one| one.image.as_deref() == Some(image)))
    };
    Ok((0..texts.len()).filter(|number| !is_shown(*number)).count())
}
