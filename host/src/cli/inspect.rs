//! `innkeeper inspect`: what modules say of themselves, or why a host would reject them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use innkeeper_core::contract::Manifest;
use innkeeper_core::object::short;
use innkeeper_guest::Engine;
use serde::Serialize;

use super::get::Form;
use super::table;
use crate::wasm;

/// What `innkeeper inspect` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The modules' files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    wasm: wasm::Compiling,
    /// The form of the output. The table leaves out the kinds that a module wants to touch, and its CRD.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

/// One module.
#[derive(Debug, Serialize)]
struct Report {
    file: PathBuf,
    digest: String,
    /// In bytes, as the file is.
    size: usize,
    #[serde(flatten)]
    manifest: Manifest,
}

/// Loads each as a host does, and tells of those that can be.
pub(super) fn inspect(options: &Options) -> anyhow::Result<()> {
    let engine = options.wasm.engine()?;
    let mut reports = Vec::new();
    let mut rejected = 0;
    for file in &options.files {
        match look(&engine, file) {
            Ok(report) => reports.push(report),
            Err(error) => {
                rejected += 1;
                eprintln!("innkeeper: {}: {error:#}", file.display());
            }
        }
    }
    let text = options.output.print(&reports, |reports| match reports.as_slice() {
        [] => String::new(),
        reports => table::of(["FILE", "MODULE", "VERSION", "KIND", "DIGEST", "BYTES"], reports.iter().map(line)),
    })?;
    std::io::stdout().write_all(text.as_bytes())?;
    match rejected {
        0 => Ok(()),
        _ => bail!("{rejected} of {} cannot be loaded", options.files.len()),
    }
}

fn look(engine: &Engine, file: &Path) -> anyhow::Result<Report> {
    let bytes = wasm::read(file)?;
    let module = engine.load(&bytes)?;
    let manifest = module.manifest().clone();
    Ok(Report { file: file.to_owned(), digest: module.digest().to_owned(), size: bytes.len(), manifest })
}

fn line(report: &Report) -> [String; 6] {
    let Report { file, digest, size, manifest } = report;
    let short = short(digest).to_owned();
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    [name, manifest.name.clone(), manifest.version.clone(), manifest.serves.to_string(), short, size.to_string()]
}
