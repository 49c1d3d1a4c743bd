//! `innkeeper compile`: the process in which a host compiles one module. Only hosts call it.

use innkeeper_guest::{Bounds, compile_for_parent};

/// What the host says: the bounds.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// CPU time, in seconds.
    cpu_s: u64,
    /// Memory, in bytes.
    memory: u64,
}

/// Compiles the module on the standard input.
pub(super) fn compile(options: &Options) -> anyhow::Result<()> {
    Ok(compile_for_parent(Bounds::new(options.cpu_s, options.memory))?)
}
