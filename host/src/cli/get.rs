//! `innkeeper get`: kinds, and the modules that keep them.

use std::io::Write as _;

use innkeeper_cluster::{Overview, Row};
use innkeeper_core::object::short;
use serde::Serialize;

use super::{Access, objects};

/// What `innkeeper get` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A Reconciler: then its objects are listed, with the module that decides for each.
    #[arg(value_name = "NAME")]
    reconciler: Option<String>,
    #[command(flatten)]
    access: Access,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For people.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Lists them.
pub(super) async fn get(options: Options) -> anyhow::Result<()> {
    let cluster = options.access.connect().await?;
    let text = match &options.reconciler {
        Some(name) => {
            let rows = objects::list(&cluster, name).await?;
            options.output.print(&rows, |rows| objects::text(rows))?
        }
        None => options.output.print(&cluster.overview().await?, table)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

impl Form {
    /// What there is to tell, in that form.
    pub(super) fn print<T: Serialize>(self, what: &T, table: impl Fn(&T) -> String) -> anyhow::Result<String> {
        Ok(match self {
            Self::Table => table(what),
            Self::Json => serde_json::to_string_pretty(what)? + "\n",
            Self::Yaml => serde_yaml_ng::to_string(what)?,
        })
    }
}

fn table(overview: &Overview) -> String {
    let head = ["KIND", "RECONCILER", "DIGEST", "VERSION", "READY", "REASON", "OBJECTS", "FAILING"];
    super::table::of(head, overview.rows.iter().map(line))
}

fn line(row: &Row) -> [String; 8] {
    let none = || "-".to_owned();
    let kind = row.kind.as_ref().map_or_else(none, ToString::to_string);
    let Some(keeper) = &row.reconciler else {
        let reason = "no guest".to_owned();
        return [kind, none(), none(), none(), none(), reason, none(), none()];
    };
    let digest = keeper.digest.as_deref().map(|digest| short(digest).to_owned());
    let next = keeper.rollout.as_ref();
    let next =
        next.map(|next| format!(" > {} ({}/{})", short(&next.digest), next.step, next.steps)).unwrap_or_default();
    let objects = keeper.objects.as_ref();
    [
        kind,
        keeper.reconciler.clone(),
        digest.unwrap_or_else(none) + &next,
        keeper.version.clone().unwrap_or_else(none),
        keeper.ready.clone().unwrap_or_else(none),
        keeper.reason.clone().unwrap_or_else(none),
        objects.map_or_else(none, |o| format!("{}/{}", o.ready, o.total)),
        objects.map_or_else(none, |o| o.failing.to_string()),
    ]
}
