//! Questions to the running pump, from the listeners. It answers between two inputs, so that what it says
//! is one consistent moment, and nothing is kept up to date that nobody asks for.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::trace::{Asked, Report};

/// How long an answer is waited for. A pump that takes longer is stuck, or has not begun to turn.
const PATIENCE: Duration = Duration::from_secs(1);

/// A question to the pump.
#[derive(Debug)]
pub(super) enum Question {
    /// Take the measure of what there is to do now.
    Measure(oneshot::Sender<()>),
    /// Tell what is known of an object, or why nothing is.
    Trace(Asked, oneshot::Sender<Result<Report, String>>),
}

/// Where questions are asked.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    questions: mpsc::Sender<Question>,
}

impl Desk {
    pub(super) fn new() -> (Self, mpsc::Receiver<Question>) {
        let (questions, asked) = mpsc::channel(64);
        (Self { questions }, asked)
    }

    /// Asks, and waits for the answer; none if the pump does not give one in time.
    pub(super) async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.questions.send(question(reply)).await.ok()?;
            answer.await.ok()
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }
}
