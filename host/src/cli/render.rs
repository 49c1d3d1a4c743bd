//! `innkeeper render`: the children that a module would make of an object.

use std::io::Write as _;

use anyhow::{Context as _, anyhow, bail};
use innkeeper_core::contract::{Child, Policy};
use innkeeper_harness::lab::happened::{Came, Happened};
use innkeeper_harness::{Broken, Guest, Lab};
use serde_json::Value;

use super::given::Given;
use crate::wasm;

/// What `innkeeper render` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    given: Given,
    /// The namespace of objects that say none.
    #[arg(short, long, value_name = "NAME", default_value = "default")]
    namespace: String,
    #[command(flatten)]
    wasm: wasm::Compiling,
}

/// Prints them.
pub(super) fn render(options: &Options) -> anyhow::Result<()> {
    let engine = options.wasm.engine()?;
    let guest = Guest::module(&engine, &options.given.module(&engine)?);
    let objects = options.given.objects()?;
    let [object] = objects.as_slice() else {
        bail!("{}: one object is rendered, and there are {}", options.given.object.display(), objects.len());
    };
    let others = options.given.others()?;
    let broken = |Broken(why)| anyhow!(why);
    let mut lab = Lab::with([guest], |lab| {
        lab.in_namespace(&options.namespace);
        others.iter().try_for_each(|other| lab.given(other))
    })
    .map_err(broken)?;
    lab.take_happened();
    if let Err(refused) = lab.apply(object).map_err(broken)? {
        bail!("{}: the API server would refuse it: {refused}", options.given.object.display());
    }
    let at = lab.server().address(object, Some(lab.namespace())).map_err(|why| anyhow!(why))?.key();
    let mut answer = None;
    for one in lab.happened() {
        match one {
            Happened::Call(call) if call.object == at => answer = Some(&call.result),
            Happened::Request { verb, key, came: Came::Refused(why), .. } => {
                eprintln!("innkeeper: {verb} {key} would be refused: {why}");
            }
            _ => {}
        }
    }
    let Some(answer) = answer else {
        let why: Vec<String> = lab.happened().iter().map(ToString::to_string).collect();
        bail!("no guest was called for {at}:\n{}", why.join("\n"));
    };
    let mut children = answer.as_ref().map_err(|failure| anyhow!("{at}: {failure}"))?.children.clone();
    children.sort_by_key(|child| child.wave);
    let mut out = std::io::stdout().lock();
    for child in &children {
        let manifest: Value = serde_json::from_str(&child.manifest).context("the guest's answer is no JSON")?;
        write!(out, "---\n{}{}", remark(child), serde_yaml_ng::to_string(&manifest)?)?;
    }
    Ok(())
}

/// How a child is kept, where that is not as usual.
fn remark(child: &Child) -> String {
    let policy = match child.policy {
        Policy::Apply => None,
        Policy::CreateOnly => Some("create-only"),
        Policy::Recreate => Some("recreate"),
        Policy::Keep => Some("keep"),
    };
    let wave = (child.wave != 0).then(|| format!("wave {}", child.wave));
    let parts: Vec<String> = wave.into_iter().chain(policy.map(str::to_owned)).collect();
    if parts.is_empty() { String::new() } else { format!("# {}\n", parts.join(", ")) }
}
