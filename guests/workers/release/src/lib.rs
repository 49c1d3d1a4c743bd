//! The guest that keeps WorkerRelease: one version of one script, which waits for its account.
#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

use innkeeper_sdk::{Context, Failure, Manifest, Outcome};
use workers::{ACCOUNTS, WorkerAccount, WorkerRelease, WorkerReleaseStatus, account_of};

innkeeper_sdk::guest!(reconcile, Manifest::of::<WorkerRelease>().reads::<WorkerAccount>(), crd: "../crd.json");

/// A release has no children: its account takes it up. Until there is one it waits.
pub fn reconcile(cx: &Context<WorkerRelease>) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::new();
    let mut status = WorkerReleaseStatus::default();
    match account_of(cx.object()) {
        None => drop(outcome.hold("NoAccount", format!("it has no label {ACCOUNTS}, which says whose it is"))),
        Some(id) => {
            let accounts = cx.list::<WorkerAccount>().label(ACCOUNTS, id).names()?;
            status.account = accounts.first().map(|account| account.name().to_owned());
            if accounts.is_empty() {
                let message = format!("there is no WorkerAccount with the label {ACCOUNTS}={id} yet");
                outcome.hold("WaitingForAccount", message);
            }
        }
    }
    outcome.status(&status);
    Ok(outcome)
}
