//! Compiling in a process of its own: a hostile module can cost minutes and gigabytes, or bring the compiler down.
//!
//! The child is a program of the host's own (the host itself, by another subcommand). It is given the module's bytes
//! on its input and answers with compiled code, or why there is none, on its output. It has no environment, is
//! bounded in CPU time and memory by the kernel and in all by its parent, goes behind everything else on the machine,
//! and ends with its parent.

mod child;
mod parent;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use child::compile_for_parent;

/// What compiling one module may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// CPU time, all threads added up, in seconds.
    pub cpu_s: u64,
    /// Memory that may be written to, in bytes.
    pub memory: u64,
    /// Time by the clock.
    pub wall: Duration,
}

impl Bounds {
    /// With these bounds on CPU time and memory. By the clock it may take a multiple of that CPU time: the machine may
    /// be busy, and only a child that waits for ever waits for nothing.
    pub fn new(cpu_s: u64, memory: u64) -> Self {
        Self { cpu_s, memory, wall: Duration::from_secs(cpu_s.saturating_mul(5).saturating_add(30)) }
    }
}

impl Default for Bounds {
    /// A module of the largest size that is loaded takes less than half of either.
    fn default() -> Self {
        Self::new(60, 2 << 30)
    }
}

/// The program that compiles. It is called with `arguments` and the bounds: the seconds and the bytes.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program: one that calls [`compile_for_parent`].
    pub program: PathBuf,
    /// What it is told before the bounds.
    pub arguments: Vec<OsString>,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// What one module may take.
    pub bounds: Bounds,
}

/// What the child says first.
const COMPILED: u8 = 0;
const REFUSED: u8 = 1;
const OUT_OF_MEMORY: u8 = 2;
