//! How far the work is, as conditions, status and Events tell it.

use innkeeper_sdk::Outcome;

use crate::types::GoopStatus;

/// So many failed workers are named; of the others only the number is told.
const NAMED: usize = 10;

/// How far the work is.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What is counted: `Job` or `node`.
    pub(crate) what: &'static str,
    /// Whether every worker is there.
    pub(crate) deployed: bool,
    /// Whether every worker has done its work.
    pub(crate) completed: bool,
    /// Those that failed for good, each with the reason.
    pub(crate) failed: Vec<String>,
    pub(crate) status: GoopStatus,
}

impl Progress {
    /// Says it in the outcome: one condition each of Initialized, Deployed, Completed and Failed.
    pub(crate) fn tell(self, outcome: &mut Outcome) {
        let GoopStatus { workers, done, .. } = self.status;
        let far = format!("{done} of {workers} {}{} done", self.what, if workers == 1 { " is" } else { "s are" });
        outcome.status(&self.status);
        outcome.condition("Initialized", true, "Accepted", "");
        match self.deployed {
            true => outcome.condition("Deployed", true, "WorkersThere", ""),
            false => outcome.condition("Deployed", false, "MakingWorkers", "not every worker is there yet"),
        };
        if self.completed {
            outcome.condition("Completed", true, "WorkersDone", &far);
            outcome.event("Completed", "Work", "all of the work is done");
        } else {
            outcome.condition(
                "Completed",
                false,
                if self.failed.is_empty() { "Working" } else { "WorkerFailed" },
                &far,
            );
        }
        if self.failed.is_empty() {
            outcome.condition("Failed", false, "NoneFailed", "");
        } else {
            let mut message = self.failed.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
            if self.failed.len() > NAMED {
                message += &format!("; and {} more", self.failed.len() - NAMED);
            }
            outcome.condition("Failed", true, "WorkerFailed", &message);
            outcome.warning("WorkerFailed", "Work", &message);
        }
    }
}
