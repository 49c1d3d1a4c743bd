//! Ctrl-C while scenarios are played: the one that is playing ends, and what was found so far is told.

use std::sync::atomic::{AtomicBool, Ordering};

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Listens from now on. The second Ctrl-C ends the process at once.
pub(super) fn listen() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("ctrl-c".into()).spawn(move || {
        runtime.block_on(async {
            for round in 0.. {
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
                if round > 0 {
                    std::process::exit(130);
                }
                STOPPED.store(true, Ordering::Relaxed);
            }
        });
    })?;
    Ok(())
}

/// Whether somebody wants it to end.
pub(super) fn is_wanted() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Ends when somebody wants it to end.
pub(super) async fn wanted() {
    while !is_wanted() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
