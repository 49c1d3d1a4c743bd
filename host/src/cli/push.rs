//! `innkeeper push`: puts a module into the cluster and lets it take over.

use std::path::PathBuf;

use innkeeper_cluster::Cluster;
use innkeeper_core::permissions::Permissions;
use innkeeper_core::reconciler::{Source, Spec};
use innkeeper_guest::Module;

use super::reconciler::{self, Standing};
use super::{Access, Patience, Storage};
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
    cluster.store_module(&options.storage.namespace, &bytes, told).await?;
    let before = place(&cluster, &name, &module).await?;
    match before.is_served(module.digest()) {
        true => println!("Reconciler {name}: {} decides already", module.short_digest()),
        false => {
            reconciler::wait(&cluster, &before, module.digest(), options.patience.timeout, &reconciler::STOPS).await?
        }
    }
    Ok(())
}

/// Makes the Reconciler name that module. Where there is none, makes it.
async fn place(cluster: &Cluster, name: &str, module: &Module) -> anyhow::Result<Standing> {
    let source = Source::of_pushed(module.digest());
    let Some(found) = reconciler::find(cluster, name).await? else {
        let manifest = module.manifest();
        let permissions = Permissions::first(manifest);
        let kind = Some(manifest.serves.group_kind());
        let spec = Spec { module: source, kind, permissions, ..Spec::default() };
        return reconciler::make(cluster, name, &spec).await;
    };
    Ok(reconciler::swap(cluster, &found, &source).await?.unwrap_or(found))
}
