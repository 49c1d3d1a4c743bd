//! `innkeeper inspect`: what modules say of themselves, or why a host would reject them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use innkeeper_core::contract::{Manifest, Scope, Wish};
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
    /// The form of the output. Of several modules the table leaves out imports and rights; JSON and YAML hold all, the
    /// CRD too.
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
    /// The interfaces of the host that it calls.
    imports: BTreeSet<String>,
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
        [one] => detail(one),
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
    let imports = innkeeper_guest::imports(&bytes)?;
    Ok(Report { file: file.to_owned(), digest: module.digest().to_owned(), size: bytes.len(), imports, manifest })
}

/// All that people want to know of one module, a line each.
fn detail(report: &Report) -> String {
    let Report { file: _, digest, size, imports, manifest } = report;
    let crd = if manifest.crd.is_some() { ", and carries its CRD" } else { "" };
    let imports = imports.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut lines = vec![
        ("module", format!("{} {}", manifest.name, manifest.version)),
        ("digest", digest.clone()),
        ("size", format!("{size} bytes")),
        ("keeps", format!("{}{crd}", manifest.serves)),
        ("imports", if imports.is_empty() { "nothing".to_owned() } else { imports }),
    ];
    let wishes = [
        ("applies", &manifest.applies),
        ("contributes", &manifest.contributes),
        ("reads", &manifest.reads),
        ("deletes", &manifest.deletes),
    ];
    lines.extend(wishes.into_iter().flat_map(|(what, all)| all.iter().map(move |wish| (what, wanted(wish)))));
    let deletion = [
        (manifest.finalizes, "it has work to do: objects wait for it (finalizer)"),
        (manifest.ordered_deletion, "children go in the reverse order of their waves"),
    ];
    lines.extend(deletion.into_iter().filter(|(holds, _)| *holds).map(|(_, what)| ("deletion", what.to_owned())));
    lines.into_iter().map(|(what, text)| format!("{what:<12} {text}\n")).collect()
}

/// Kinds that a module wants to touch, and where.
fn wanted(wish: &Wish) -> String {
    let group = if wish.group.is_empty() { String::new() } else { format!(" of {}", wish.group) };
    let place = match &wish.scope {
        Scope::Own => "in the object's namespace".to_owned(),
        Scope::Named(names) => format!("in {}", names.join(", ")),
        Scope::All => "in every namespace".to_owned(),
        Scope::Cluster => "cluster-scoped".to_owned(),
    };
    format!("{}{group}, {place}", wish.kinds.join(", "))
}

fn line(report: &Report) -> [String; 6] {
    let Report { file, digest, size, manifest, imports: _ } = report;
    let short = short(digest).to_owned();
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    [name, manifest.name.clone(), manifest.version.clone(), manifest.serves.to_string(), short, size.to_string()]
}
