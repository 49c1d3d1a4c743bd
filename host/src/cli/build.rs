//! `innkeeper build`: a guest's project to a module, with whatever toolchain there is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use innkeeper_guest::Engine;
use serde::Deserialize;

use crate::wasm;

const TARGET: &str = "wasm32-unknown-unknown";

/// What `innkeeper build` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The guest's project: the folder of its Cargo.toml.
    #[arg(value_name = "PATH", default_value = ".")]
    project: PathBuf,
    #[command(flatten)]
    wasm: wasm::Compiling,
}

/// As `cargo metadata` says it.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// Builds it, and loads it as a host would.
pub(super) fn build(options: &Options) -> anyhow::Result<()> {
    project(&options.project, &options.wasm.engine()?)
}

/// The same for whoever has an engine.
pub(super) fn project(project: &Path, wasm: &Engine) -> anyhow::Result<()> {
    let project = project.canonicalize().with_context(|| project.display().to_string())?;
    if !project.join("Cargo.toml").is_file() {
        bail!(
            "{} holds no Cargo.toml: name the folder of a guest's project, or make one (innkeeper new NAME)",
            project.display()
        );
    }
    let metadata = metadata(&project)?;
    let package = metadata.packages.iter().find(|package| package.manifest_path == project.join("Cargo.toml"));
    let package = package.with_context(|| format!("{} is no package", project.display()))?;
    let toolchain = toolchain()?;
    // Two compilers would undo each other's work.
    let folder = metadata.target_directory.join(if toolchain.is_empty() { "wasm" } else { "wasm-debian" });
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", &folder)
        .envs(toolchain.iter().map(|(name, value)| (name, value)));
    cargo.args([
        "rustc",
        "--profile",
        "guest",
        "--target",
        TARGET,
        "--lib",
        "--crate-type",
        "cdylib",
        "--package",
        &package.name,
    ]);
    if !toolchain.is_empty() {
        cargo.arg("-Zbuild-std=std,panic_abort");
    }
    let status = cargo.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("{} did not build", package.name);
    }
    let made = folder.join(TARGET).join("guest").join(format!("{}.wasm", package.name.replace('-', "_")));
    let bytes =
        std::fs::read(&made).with_context(|| format!("{} is not there: is the crate a cdylib?", made.display()))?;
    let module = wasm.load(&bytes).with_context(|| format!("{} was built and is no module", package.name))?;
    let file = metadata.target_directory.join("guests").join(format!("{}.wasm", package.name));
    place(&bytes, &file).with_context(|| format!("{} cannot be written", file.display()))?;
    println!("{} ({} KiB, {})", file.display(), bytes.len() / 1024, module.short_digest());
    Ok(())
}

fn metadata(project: &Path) -> anyhow::Result<Metadata> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project).args(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::inherit());
    let output = cargo.output().context("cargo cannot be started: is Rust installed (https://rustup.rs)?")?;
    if !output.status.success() {
        bail!("cargo cannot read the project {}", project.display());
    }
    serde_json::from_slice(&output.stdout).context("what `cargo metadata` says cannot be read")
}

/// What cargo needs in its environment to build for wasm: nothing where the toolchain in use has the target. The
/// compiler of Debian's rustc-web builds the standard library from its sources.
fn toolchain() -> anyhow::Result<Vec<(String, String)>> {
    let sysroot = |rustc: &str| {
        let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
        Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
    };
    let own = sysroot("rustc");
    if own.as_ref().is_some_and(|root| root.join("lib/rustlib").join(TARGET).join("lib").is_dir()) {
        return Ok(Vec::new());
    }
    let debian = sysroot("/usr/bin/rustc").filter(|root| root.join("lib/rustlib/src/rust/library/std").is_dir());
    let lld =
        own.into_iter().flat_map(|root| std::fs::read_dir(root.join("lib/rustlib")).into_iter().flatten().flatten());
    let lld = lld
        .map(|host| host.path().join("bin/rust-lld"))
        .chain([PathBuf::from("/usr/bin/wasm-ld")])
        .find(|path| path.is_file());
    if let (Some(_), Some(lld)) = (debian, lld) {
        let linker = lld.to_string_lossy().into_owned();
        let all = [
            ("RUSTC", "/usr/bin/rustc"),
            ("RUSTC_BOOTSTRAP", "1"),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &linker),
        ];
        return Ok(all.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
    bail!(
        "the Rust toolchain in use cannot build for {TARGET}. One of these mends it:\n  \
         rustup target add {TARGET}                       (needs a network)\n  \
         apt-get install rustc-web rust-web-src lld       (Debian, as root)"
    )
}

/// Lays the file there in one step, where a host that watches the folder finds it.
fn place(bytes: &[u8], file: &Path) -> std::io::Result<()> {
    if std::fs::read(file).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let staged =
        folder.join(format!(".{}.{}", file.file_name().unwrap_or_default().to_string_lossy(), std::process::id()));
    std::fs::write(&staged, bytes)?;
    std::fs::rename(&staged, file)
}
