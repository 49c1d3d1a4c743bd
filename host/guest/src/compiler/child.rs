//! The child's part: take limits upon itself, read a module, compile it, answer.

use std::io::{self, Read as _, Write as _};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Bounds, COMPILED, OUT_OF_MEMORY, REFUSED};
use crate::error::{LoadError, MAX_SIZE};
use crate::{engine, load};

/// How far behind others the child goes (`nice`): calls of guests matter more.
const NICE: i32 = 10;

/// What the compiling child does, and nothing else: a module on the standard input, an answer on the standard output.
///
/// An error means that the limits could not be set, or that there is nobody to answer.
pub fn compile_for_parent(bounds: Bounds) -> io::Result<()> {
    limit(bounds)?;
    let mut module = Vec::new();
    io::stdin().lock().take(MAX_SIZE as u64 + 1).read_to_end(&mut module)?;
    let answer = engine::compiling().map_err(|e| LoadError::Compile(load::chain(e.chain())));
    let (first, rest) = match answer.and_then(|engine| load::compile(&engine, &module)) {
        Ok(code) => (COMPILED, code),
        Err(error) => {
            let text = load::sentence(&error);
            let first = if text.contains("Cannot allocate memory") { OUT_OF_MEMORY } else { REFUSED };
            (first, format!("{}\n{text}", error.category()).into_bytes())
        }
    };
    let mut parent = io::stdout().lock();
    parent.write_all(&[first])?;
    parent.write_all(&rest)?;
    parent.flush()
}

/// From here on: bounded, behind others, the first to go where memory is short, and never without its parent.
fn limit(bounds: Bounds) -> io::Result<()> {
    let exactly = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        // Only a wish: where it cannot be had, nothing is lost.
        let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    }
    setrlimit(Resource::Core, exactly(0))?;
    setrlimit(Resource::Fsize, exactly(0))?;
    setrlimit(Resource::Data, exactly(bounds.memory))?;
    // At the soft limit the kernel sends XCPU, which says why; the hard one is for nobody.
    let cpu = Rlimit { current: Some(bounds.cpu_s), maximum: Some(bounds.cpu_s + 5) };
    setrlimit(Resource::Cpu, cpu)?;
    let _ = rustix::process::nice(NICE);
    Ok(())
}
