//! The machine that figures are of.

use std::fs;

use serde::Serialize;

/// What a reader needs to know of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) cpu: String,
    /// Processes ready to run in the last minute before the bench began: other work makes figures noise.
    pub(crate) load: f64,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let file = |path| fs::read_to_string(path).unwrap_or_default();
        let (cpu, memory, load) = (file("/proc/cpuinfo"), file("/proc/meminfo"), file("/proc/loadavg"));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: after(&memory, "MemTotal").and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024,
            cpu: cpu_model(&cpu),
            load: load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cores, memory_mib, cpu, load } = self;
        write!(f, "{cores} cores ({cpu}), {:.1} GiB of memory, load {load:.1} before it began", gib(*memory_mib))
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn gib(mib: u64) -> f64 {
    mib as f64 / 1024.0
}

fn cpu_model(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(':'))
        .map_or("of a model that Linux does not name", |(_, name)| name.trim())
        .into()
}

fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':').split_whitespace().next()
}
