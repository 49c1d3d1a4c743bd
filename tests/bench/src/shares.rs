//! The memory of a process beside others: its proportional set size, as Linux tells it mapping by mapping (proc(5),
//! `/proc/PID/smaps`).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

/// Memory of one process, in MiB: what it has for itself, and its share of what it has with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Shares {
    /// As it runs: processes of one program share that.
    pub(crate) as_it_runs: f64,
    /// As if its program were a file that nobody else runs: operators of different kinds are different programs.
    pub(crate) alone: f64,
}

impl Shares {
    /// Those of the process with that id.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let folder = Path::new("/proc").join(pid.to_string());
        let program = fs::read_link(folder.join("exe"))?;
        let smaps = fs::read_to_string(folder.join("smaps"))?;
        read(&smaps, &program.to_string_lossy()).context("the kernel tells no proportional set size")
    }

    /// Of several processes together.
    pub(crate) fn sum(all: &[Self]) -> Self {
        let sum = |of: fn(&Self) -> f64| all.iter().map(of).sum();
        Self { as_it_runs: sum(|shares| shares.as_it_runs), alone: sum(|shares| shares.alone) }
    }
}

/// Each mapping is a line with its addresses (and its file, if it has one) and lines with what it has.
fn read(smaps: &str, program: &str) -> Option<Shares> {
    let (mut shared_kib, mut alone_kib, mut of_program) = (None, 0.0, false);
    for line in smaps.lines() {
        let (name, rest) = line.split_once(' ')?;
        let kib = || rest.split_whitespace().next()?.parse::<f64>().ok();
        match name {
            "Rss:" if of_program => alone_kib += kib()?,
            "Pss:" => {
                *shared_kib.get_or_insert(0.0) += kib()?;
                alone_kib += if of_program { 0.0 } else { kib()? };
            }
            _ if !name.ends_with(':') => of_program = rest.ends_with(program),
            _ => {}
        }
    }
    Some(Shares { as_it_runs: shared_kib? / 1024.0, alone: alone_kib / 1024.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_shares_with_itself_counts_whole_where_it_is_thought_alone() {
        let smaps = "55d0-55d8 r-xp 00000000 fe:00 42                      /usr/bin/it\n\
                     Size:   9216 kB\nRss:    4096 kB\nPss:    1024 kB\nPss_Dirty: 0 kB\nVmFlags: rd ex mr\n\
                     7f00-7f08 r-xp 00000000 fe:00 43                      /usr/lib/libc.so.6\n\
                     Rss:    2048 kB\nPss:    1024 kB\n\
                     7f10-7f18 rw-p 00000000 00:00 0 \n\
                     Rss:    3072 kB\nPss:    3072 kB\n";
        assert_eq!(read(smaps, "/usr/bin/it"), Some(Shares { as_it_runs: 5.0, alone: 8.0 }));
        assert_eq!(read("", "/usr/bin/it"), None);
    }
}
