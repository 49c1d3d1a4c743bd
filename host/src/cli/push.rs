//! `innkeeper push`: puts a module into the cluster and lets it take over.

use std::path::PathBuf;

use innkeeper_cluster::{Cluster, PUSH_MANAGER};
use innkeeper_core::permissions::Permissions;
use innkeeper_core::reconciler::{Source, Spec};
use innkeeper_guest::Module;

use super::{Access, Patience, Storage};
use crate::reconciler::{self, Standing};
use crate::wasm;

/// What `innkeeper push` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The module's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The Reconciler that it decides for. Default: the name that the module gives itself. One that is not there is
    /// made, with the permissions that the module asks for in the object's own namespace.
    #[arg(long, value_name = "NAME")]
    reconciler: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    wasm: wasm::Compiling,
    #[command(flatten)]
    access: Access,
}

/// Pushes a module.
pub(super) async fn push(options: Options) -> anyhow::Result<()> {
    // What no host would load is not put into the cluster.
    let (module, bytes) = wasm::load(&options.wasm.engine()?, &options.file)?;
    let manifest = module.manifest();
    let name = options.reconciler.clone().unwrap_or_else(|| manifest.name.clone());
    let (file, size) = (options.file.display(), bytes.len());
    eprintln!("{file}: {} {} ({}), {size} bytes", manifest.name, manifest.version, module.short_digest());

    let cluster = options.access.connect().await?;
    let told = |there, of| eprintln!("{there} of {of} chunks are in the cluster");
    cluster.store_module(&options.storage.namespace, PUSH_MANAGER, &bytes, told).await?;
    let before = place(&cluster, &name, &module).await?;
    if before.is_served(module.digest()) {
        println!("Reconciler {name}: {} decides already", module.short_digest());
        return Ok(());
    }
    // One that was left is approved by its push, and the status speaks of the time before for a moment.
    let was_left = before.status.rejected(module.digest()).is_some();
    let stops = if was_left { &reconciler::STOPS[..1] } else { &reconciler::STOPS };
    reconciler::wait(&cluster, &before, module.digest(), options.patience.timeout, stops).await
}

/// Makes the Reconciler name that module. Where there is none, makes it.
async fn place(cluster: &Cluster, name: &str, module: &Module) -> anyhow::Result<Standing> {
    let Some(found) = reconciler::find(cluster, name).await? else {
        let manifest = module.manifest();
        let permissions = Permissions::first(manifest);
        let kind = Some(manifest.serves.group_kind());
        let spec = Spec { module: Source::of_pushed(module.digest()), kind, permissions, ..Spec::default() };
        return reconciler::make(cluster, name, &spec).await;
    };
    Ok(reconciler::swap(cluster, &found, module.digest()).await?.unwrap_or(found))
}
