//! The wasm engine as this program uses it: what was compiled is kept, and each module is compiled by this program
//! in a process of its own.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
pub(crate) use innkeeper_guest::sentence;
use innkeeper_guest::{Bounds, Cache, Compiler, Engine, MAX_SIZE, Module};

/// The first bytes of what gzip writes (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of what zstd writes (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

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
        // The allocator takes a GiB of address space ahead, which the bound on memory would count. Some MiB save a tenth of
        // the time, but only where they matter little.
        let ahead_kib = if self.compile_memory >= 1024 { 64 << 10 } else { 0 };
        let environment = vec![("MIMALLOC_ARENA_RESERVE".into(), ahead_kib.to_string().into())];
        let compiler = Compiler { program: this_program()?, arguments: vec!["compile".into()], environment, bounds };
        Engine::with(cache, Some(compiler)).context("the wasm engine cannot start")
    }
}

/// The program that runs, even if its file was replaced since.
pub(crate) fn this_program() -> std::io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// The user's cache folder, by the rules of the XDG base directories.
fn users_cache() -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = given("XDG_CACHE_HOME").or_else(|| given("HOME").map(|home| home.join(".cache")))?;
    Some(folder.join("innkeeper").join("compiled"))
}

/// The bytes of a file that could be a module.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(file).context("it cannot be read")?.len();
    if size > MAX_SIZE as u64 {
        bail!("it has {size} bytes, and a module may have {MAX_SIZE}");
    }
    std::fs::read(file).context("it cannot be read")
}

/// The module of a file, with its bytes.
pub(crate) fn load(engine: &Engine, file: &Path) -> anyhow::Result<(Module, Vec<u8>)> {
    let shown = file.display();
    let bytes = read(file).with_context(|| shown.to_string())?;
    Ok((engine.load(&bytes).with_context(|| format!("{shown} is no module"))?, bytes))
}

/// What was packed by gzip or zstd is unpacked, up to the size that a module may have.
pub(crate) fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let all = bytes.as_slice();
    if bytes.starts_with(&GZIP) {
        bounded("gzip", flate2::read::GzDecoder::new(all))
    } else if bytes.starts_with(&ZSTD) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(all);
        bounded("zstd", decoder.map_err(|error| cannot_be_unpacked("zstd", &error))?)
    } else {
        Ok(bytes)
    }
}

fn bounded(packer: &str, unpacked: impl Read) -> Result<Vec<u8>, String> {
    let mut module = Vec::new();
    let read = unpacked.take(MAX_SIZE as u64 + 1).read_to_end(&mut module);
    read.map_err(|error| cannot_be_unpacked(packer, &error))?;
    if module.len() > MAX_SIZE {
        return Err(format!("unpacked it has more than {MAX_SIZE} bytes"));
    }
    Ok(module)
}

fn cannot_be_unpacked(packer: &str, error: &dyn std::error::Error) -> String {
    format!("it begins as {packer} and cannot be unpacked: {error}")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("a Vec takes everything");
        encoder.finish().expect("a Vec takes everything")
    }

    fn packed_by_zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn what_is_packed_is_unpacked_and_nothing_else_is_touched() {
        assert_eq!(unpacked(packed(b"module")), Ok(b"module".to_vec()));
        assert_eq!(unpacked(packed_by_zstd(b"module")), Ok(b"module".to_vec()));
        assert_eq!(unpacked(b"module".to_vec()), Ok(b"module".to_vec()));
        let mut cut = packed(b"module");
        cut.truncate(12);
        assert!(unpacked(cut).is_err_and(|why| why.contains("gzip")));
        let mut cut = packed_by_zstd(&[7; 5000]);
        cut.truncate(cut.len() - 3);
        assert!(unpacked(cut).is_err_and(|why| why.contains("zstd")));
        assert!(unpacked(ZSTD.to_vec()).is_err_and(|why| why.contains("zstd")));
    }

    #[test]
    fn what_would_be_larger_than_a_module_may_be_is_not_unpacked() {
        let bomb = packed(&vec![0; MAX_SIZE + 1]);
        assert!(bomb.len() < 100_000);
        assert!(unpacked(bomb).is_err_and(|why| why.contains("more than")));
        let bomb = packed_by_zstd(&vec![0; MAX_SIZE + 1]);
        assert!(bomb.len() < 100_000);
        assert!(unpacked(bomb).is_err_and(|why| why.contains("more than")));
    }
}
