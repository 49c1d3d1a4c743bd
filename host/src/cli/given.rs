//! What a laboratory is given by commands that call one module for objects of a file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use innkeeper_guest::{Engine, Module};
use innkeeper_harness::yaml;
use serde_json::Value;

use crate::wasm;

/// A module, its object, and what is there besides.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// The module's file.
    #[arg(value_name = "FILE")]
    module: PathBuf,
    /// The object that it is called for, as YAML.
    #[arg(value_name = "OBJECT")]
    pub(super) object: PathBuf,
    /// Objects that are there besides: what the guest reads, its Reconciler, CRDs of other kinds.
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
}

impl Given {
    /// The module.
    pub(super) fn module(&self, engine: &Engine) -> anyhow::Result<Module> {
        wasm::load(engine, &self.module).map(|(module, _)| module)
    }

    /// What the object's file holds.
    pub(super) fn objects(&self) -> anyhow::Result<Vec<Value>> {
        read(&self.object)
    }

    /// What is there besides.
    pub(super) fn others(&self) -> anyhow::Result<Vec<Value>> {
        let files: Vec<Vec<Value>> = self.with.iter().map(|file| read(file)).collect::<anyhow::Result<_>>()?;
        Ok(files.into_iter().flatten().collect())
    }
}

/// The objects of a file.
fn read(file: &Path) -> anyhow::Result<Vec<Value>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| shown.to_string())?;
    let documents = yaml::documents(&text).with_context(|| shown.to_string())?;
    Ok(documents.iter().map(yaml::Node::value).collect())
}
