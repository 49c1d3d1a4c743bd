//! `innkeeper trace`: why an object was looked at last, and what came of it, as the running host tells.

mod ask;
mod table;

use std::io::Write as _;

use super::get::Form;
use crate::run::trace::Report;

/// What `innkeeper trace` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Whose trace: KIND/NAME. The kind as kubectl takes it: plural, singular, short name, or with its group.
    #[arg(value_name = "KIND/NAME", value_parser = object)]
    object: (String, String),
    /// The object's namespace.
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// Where the host listens (its option --health).
    #[arg(long, value_name = "URL", env = "INNKEEPER_HOST", default_value = "http://127.0.0.1:8081", value_parser = ask::host)]
    host: ask::Host,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

fn object(text: &str) -> Result<(String, String), String> {
    let names = |(kind, name): &(&str, &str)| {
        let is_name = |text: &str| !text.is_empty() && !text.contains(['/', '?', '#', '%', ' ']);
        is_name(kind) && is_name(name)
    };
    let (kind, name) = text.split_once('/').filter(names).ok_or("write it as KIND/NAME, such as deployment/web")?;
    Ok((kind.to_owned(), name.to_owned()))
}

/// Asks the host and prints what it tells.
pub(super) async fn trace(options: Options) -> anyhow::Result<()> {
    let (kind, name) = &options.object;
    let path = format!("/traces/{kind}/{name}?namespace={}", options.namespace);
    let report: Report = serde_json::from_str(&options.host.get(&path).await?)
        .map_err(|e| anyhow::anyhow!("{} answers what no host of this version does: {e}", options.host))?;
    let text = match options.output {
        Form::Table => table::of(&report),
        Form::Json => serde_json::to_string_pretty(&report)? + "\n",
        Form::Yaml => serde_yaml_ng::to_string(&report)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
