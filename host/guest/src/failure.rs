//! What a failed run means: a bound that was exceeded, or a bug of the guest.

use innkeeper_core::contract::{Failure, Limits};
use wasmtime::{Trap, WasmBacktrace};

use crate::state::State;

/// What the host copies out of a guest at most, in one call of the host and in the answer, in bytes.
///
/// This bounds the host's memory before an answer is measured: records take room beside their text.
pub(crate) fn fuel(limits: &Limits) -> usize {
    usize::try_from(limits.outcome.saturating_mul(2)).unwrap_or(usize::MAX).saturating_add(64 << 10)
}

/// The guest's stack when it was ended, if it was running.
pub(crate) fn backtrace(error: &wasmtime::Error) -> Option<String> {
    let backtrace = error.downcast_ref::<WasmBacktrace>()?;
    (!backtrace.frames().is_empty()).then(|| backtrace.to_string())
}

/// The failure that an error of wasmtime means, where it was not the host that ended the call.
pub(crate) fn read(error: &wasmtime::Error, state: &State) -> Failure {
    let text = error.root_cause().to_string();
    let limit = |bound, detail| Failure::Limit { bound, detail };
    if let Some(Trap::StackOverflow) = error.downcast_ref::<Trap>() {
        return limit("stack", "its call stack is full (does it recurse without end?)".into());
    }
    // Wasmtime has no public type for this error, only its words; a test holds them.
    if text.contains("fuel allocated for hostcalls") {
        return match backtrace(error) {
            Some(_) => {
                let most = fuel(&state.limits);
                limit("arguments", format!("it handed more than {most} bytes to one call of the host"))
            }
            None => limit("outcome", format!("the answer has more than {} bytes", state.limits.outcome)),
        };
    }
    let said = state.log.last_error().map(|words| format!("; its last words: {words}")).unwrap_or_default();
    Failure::Trap(format!("{text}{said}"))
}
