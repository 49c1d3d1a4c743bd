//! The Job: its init container downloads the scripts, its container builds and pushes the image.

use innkeeper_sdk::{Context, pods, values};
use serde_json::{Value, json};
use workers::{JobBuilder, labels};

use crate::APP;
use crate::config::Config;

/// Downloads pairs of a name and a url, each file under the name of its script, in the order given, and writes the
/// file that the image is built from. What a user wrote is an argument of it, never a part.
const DOWNLOAD: &str = r#"set -eu
mkdir -p /workspace/scripts
printf 'FROM %s\nCOPY scripts /scripts\n' "$BASE" > /workspace/Dockerfile
while [ $# -gt 1 ]; do
    mkdir -p "/workspace/scripts/$1"
    count=$(ls "/workspace/scripts/$1" | wc -l)
    curl -fsSL --globoff --retry 3 --output "/workspace/scripts/$1/$count.js" --url "$2"
    grep -qxF -- "$1" /workspace/scripts/order 2>/dev/null || printf '%s\n' "$1" >> /workspace/scripts/order
    shift 2
done
"#;

pub(crate) fn manifest(cx: &Context<JobBuilder>, name: &str, config: &Config) -> Value {
    let spec = &cx.object().spec;
    let labels = labels(cx, APP);
    let pairs = spec.script_names.iter().zip(&spec.script_urls).flat_map(|(name, url)| [name, url]);
    // Kubernetes would read variables in them.
    let pairs = pairs.map(|text| pods::literal(text));
    let command: Vec<String> = ["sh", "-c", DOWNLOAD, "download"].into_iter().map(str::to_owned).chain(pairs).collect();
    let workspace = json!({"name": "workspace", "mountPath": "/workspace"});
    let download = json!({
        "name": "download",
        "image": config.downloader,
        "command": command,
        "env": [{"name": "BASE", "value": config.base}],
        "volumeMounts": [workspace],
    });
    let mut build = json!({
        "name": "build",
        "image": config.builder,
        "args": [
            "--context=dir:///workspace",
            "--dockerfile=/workspace/Dockerfile",
            format!("--destination={}", pods::literal(&spec.target_image)),
        ],
        "volumeMounts": [workspace],
    });
    let mut volumes = json!([{"name": "workspace", "emptyDir": {"medium": ""}}]);
    if !config.push_secret.is_empty() {
        let key = json!([{"key": ".dockerconfigjson", "path": "config.json"}]);
        let secret = json!({"name": "push", "secret": {"secretName": config.push_secret, "items": key}});
        push(&mut volumes, secret);
        push(&mut build["volumeMounts"], json!({"name": "push", "mountPath": "/kaniko/.docker", "readOnly": true}));
    }
    let pod = json!({
        "restartPolicy": "Never",
        "nodeSelector": config.node_selector,
        "initContainers": [download],
        "containers": [build],
        "volumes": volumes,
    });
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {"ttlSecondsAfterFinished": 3600, "template": {"metadata": {"labels": labels}, "spec": pod}},
    });
    values::not_empty(job).unwrap_or_default()
}

fn push(list: &mut Value, entry: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(entry);
    }
}
