//! `innkeeper plan`: what a module would change, worked out without changing it.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use innkeeper_cluster::Cluster;
use innkeeper_core::object::short;
use innkeeper_core::plan::{Change, How};
use innkeeper_guest::Module;

use super::get::Form;
use super::{Access, Storage, diff, table};
use crate::guests::Guests;
use crate::plan::{self, Report, Task};
use crate::reconciler;
use crate::wasm;

/// What `innkeeper plan` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The file of the module that would take over.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The Reconciler that it would decide for. Default: the name that the module gives itself.
    #[arg(long, value_name = "NAME")]
    reconciler: Option<String>,
    /// The file of the module that serves, where the cluster does not keep it.
    #[arg(long, value_name = "FILE")]
    serving: Option<PathBuf>,
    #[command(flatten)]
    storage: Storage,
    /// Counts only, not what differs object by object.
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    wasm: wasm::Compiling,
    #[command(flatten)]
    access: Access,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

/// Exit code where something would be different.
const DIFFERENT: u8 = 2;

/// Works out a plan and prints it.
pub(super) async fn plan(options: Options) -> anyhow::Result<ExitCode> {
    let guests = Arc::new(Guests::new(options.wasm.engine()?));
    let load = |file: &Path| wasm::load(&guests.engine, file).map(|(module, _)| module);
    let module = load(&options.file)?;
    let serving = options.serving.as_deref().map(load).transpose()?;
    let cluster = options.access.connect().await?;
    let reconciler = options.reconciler.clone().unwrap_or_else(|| module.manifest().name.clone());
    check(&cluster, &reconciler, serving.as_ref()).await?;
    eprintln!("listing the objects of Reconciler {reconciler}");
    let task = Task { guests, module, reconciler, serving, namespace: options.storage.namespace.clone() };
    let mut report = plan::plan(&cluster, task).await?;
    let code = if report.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) };
    if options.summary {
        report.objects.clear();
    }
    let out = std::io::stdout();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = options.output.print(&report, |report| text(report, colour))?;
    out.lock().write_all(text.as_bytes())?;
    Ok(code)
}

/// The module that serves must be at hand, and be the one that does.
async fn check(cluster: &Cluster, name: &str, serving: Option<&Module>) -> anyhow::Result<()> {
    let found = reconciler::existing(cluster, name).await?;
    let decides = found.status.digest.as_deref().unwrap_or("none");
    match serving {
        None if !found.status.keeps(decides) => bail!(
            "Reconciler {name}: the cluster does not keep the module that decides ({}); name its file with --serving",
            short(decides)
        ),
        Some(serving) if serving.digest() != decides => {
            eprintln!("the module that decides is {decides}, and --serving names {}", serving.digest());
        }
        _ => {}
    }
    Ok(())
}

/// What differs, object by object, then the counts.
fn text(report: &Report, colour: bool) -> String {
    let mut text = String::new();
    for object in &report.objects {
        let namespace = object.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let _ = writeln!(text, "{} {namespace}{}", report.kind, object.name);
        if let Some(failure) = &object.difference.failure {
            let _ = writeln!(text, "  fails: {failure}");
        }
        for change in &object.difference.changes {
            let _ = writeln!(text, "  {}", headline(change, object.namespace.as_deref()));
            text += &diff::of(&change.before, &change.after, 4, colour);
        }
        if let Some((before, after)) = &object.difference.itself {
            text += "  its own status and labels\n";
            text += &diff::of(before, after, 4, colour);
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &summary(report)
}

fn headline(change: &Change, own: Option<&str>) -> String {
    let how = match change.how {
        How::Created => "created",
        How::Changed => "changed",
        How::Recreated => "deleted and made anew",
        How::Deleted => "deleted",
    };
    let namespace = change.namespace.as_deref().filter(|namespace| Some(*namespace) != own);
    let namespace = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let what = if change.contributed { " (contributed)" } else { "" };
    format!("{} {namespace}{}{what}: {how}", change.kind, change.name)
}

fn summary(report: &Report) -> String {
    let all = &report.summary;
    let head = ["SERVES", "NEW", "OBJECTS", "CHANGED", "+", "~", "-/+", "-", "FAILING", "TIME"];
    let line = [
        format!("{} ({})", report.serving.short(), report.serving.version),
        format!("{} ({})", report.module.short(), report.module.version),
        all.counts.objects.to_string(),
        all.counts.changed.to_string(),
        all.counts.children_created.to_string(),
        all.counts.children_changed.to_string(),
        all.counts.children_recreated.to_string(),
        all.counts.children_deleted.to_string(),
        all.counts.failures.to_string(),
        format!("{} ms", all.planning_ms),
    ];
    let mut text = table::of(head, std::iter::once(line));
    text += "children: + created, ~ changed, -/+ deleted and made anew, - deleted. Nothing was written.\n";
    if all.left_out > 0 {
        let _ = writeln!(text, "{} objects are paused or being deleted, and were left out", all.left_out);
    }
    for (bound, times) in &all.limits {
        let _ = writeln!(text, "the limit of {bound} was exceeded {times} times");
    }
    text
}
