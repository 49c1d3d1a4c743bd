//! `innkeeper manifests`: the CRD of the kind Reconciler.

use std::io::Write as _;

/// Prints it.
pub(super) fn print() -> anyhow::Result<()> {
    std::io::stdout().write_all(innkeeper_cluster::reconciler_crd_yaml().as_bytes())?;
    Ok(())
}
