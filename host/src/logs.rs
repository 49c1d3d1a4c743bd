//! Logs: readable on a terminal, JSON lines otherwise.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Which form logs take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Readable on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins logging to standard error. `RUST_LOG` chooses what is logged; `info` is the default.
pub(crate) fn begin(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,kube=warn"));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let done = if format == Format::Text || (format == Format::Auto && terminal) {
        builder.with_ansi(terminal).compact().try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    if done.is_err() {
        tracing::debug!("logging had begun already");
    }
}
