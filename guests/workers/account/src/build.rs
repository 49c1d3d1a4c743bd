//! What is to be built of an account's scripts.

use innkeeper_sdk::{Context, names};
use serde_json::json;
use workers::{JobBuilderSpec, WorkerAccount};

use crate::Config;
use crate::scripts::Script;

/// The build of these scripts, in this order. The tag of its image is a digest of all that is built: the same
/// content has the same image, another one another.
pub(crate) fn of(cx: &Context<WorkerAccount>, config: &Config, scripts: &[Script]) -> JobBuilderSpec {
    let content: Vec<_> = scripts.iter().map(|script| json!(script.release)).collect();
    let digest = names::digest(&json!(content).to_string());
    let files = scripts.iter().map(|script| &script.release);
    JobBuilderSpec {
        script_urls: files.clone().flat_map(|release| release.script_urls.clone()).collect(),
        script_names: files
            .flat_map(|release| release.script_urls.iter().map(|_| release.script_name.clone()))
            .collect(),
        target_image: format!("{}/{}/{}:{}", config.registry, cx.namespace(), cx.name(), &digest[..12]),
        worker_bundle_name: cx.object().spec.worker_bundle_name.clone(),
    }
}
