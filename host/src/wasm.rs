//! The wasm engine as this program uses it: what was compiled is kept, and each module is compiled by this program
//! in a process of its own.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use innkeeper_guest::{Bounds, Cache, Compiler, Engine};

/// What compiling can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Compiling {
    /// Where compiled modules are kept, so that a restart compiles nothing. Default: innkeeper/compiled in
    /// the user's cache folder. Code from here is run: the folder must be the host's own.
    #[arg(long, value_name = "DIR", env = "INNKEEPER_CACHE")]
    cache: Option<PathBuf>,
    /// CPU time that compiling one module may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Bounds::default().cpu_s,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    compile_time: u64,
    /// Memory that compiling one module may take, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = Bounds::default().memory >> 20,
        value_parser = clap::value_parser!(u64).range(64..=1 << 20))]
    compile_memory: u64,
}

impl Compiling {
    /// The engine. Where there is no folder for what is compiled, it does without.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let folder = self.cache.clone().or_else(users_cache);
        let cache = folder.and_then(|folder| Cache::open(&folder).map_err(|e| tracing::warn!("{e}")).ok());
        let bounds = Bounds::new(self.compile_time, self.compile_memory << 20);
        // The allocator takes a GiB of address space ahead, which the bound on memory would count.
        let environment = vec![("MIMALLOC_ARENA_RESERVE".into(), "0".into())];
        let compiler = Compiler { program: this_program()?, arguments: vec!["compile".into()], environment, bounds };
        Engine::with(cache, Some(compiler)).context("the wasm engine cannot start")
    }
}

/// The program that runs, even if its file was replaced since.
fn this_program() -> std::io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// The user's cache folder, by the rules of the XDG base directories.
fn users_cache() -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")))?;
    Some(folder.join("innkeeper").join("compiled"))
}
