//! `process_*`: the process itself, under the names that every Prometheus client library uses.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rustix::time::{ClockId, clock_gettime};

#[derive(Debug)]
struct Process {
    /// Seconds since the epoch.
    began: f64,
}

/// Adds the metrics of this process.
pub(super) fn register(registry: &mut Registry) {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    registry.register_collector(Box::new(Process { began }));
}

impl Collector for Process {
    /// What the kernel does not tell is left out.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        #[expect(clippy::cast_precision_loss, reason = "seconds of one process")]
        let cpu = ConstCounter::new(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9);
        let help = "CPU time of this process, in seconds.";
        cpu.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, cpu.metric_type())?)?;
        let mut gauge = |name: &str, help: &str, value: Option<f64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let kib = |field: &str| after(&status, field).map(|kib| kib * 1024.0);
        gauge("process_resident_memory_bytes", "Resident memory, in bytes.", kib("VmRSS:"))?;
        gauge("process_virtual_memory_bytes", "Virtual memory, in bytes.", kib("VmSize:"))?;
        let open = std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        #[expect(clippy::cast_precision_loss, reason = "file descriptors of one process")]
        gauge("process_open_fds", "Open file descriptors.", open.map(|n| n as f64))?;
        gauge("process_max_fds", "File descriptors that may be open at once.", after(&limits, "Max open files"))?;
        let help = "When this process began, in seconds since the epoch.";
        gauge("process_start_time_seconds", help, Some(self.began))
    }
}

/// The first number of the line that begins so.
fn after(text: &str, field: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}
