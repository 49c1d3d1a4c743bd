//! The host that keeps the real cluster while scenarios are played: a process of this program, with a folder of its own.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use innkeeper_guest::Module;

use crate::cli::Access;
use crate::wasm;

/// It. It ends when this is dropped.
pub(crate) struct Inn {
    folder: PathBuf,
    access: Access,
    child: Option<Child>,
}

impl Inn {
    pub(crate) fn open(access: Access) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("innkeeper-test-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("modules"))
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { folder, access, child: None })
    }

    /// Puts a module's file there, under its name.
    pub(crate) fn put(&self, file: &Path) -> anyhow::Result<()> {
        let name = file.file_name().unwrap_or_default();
        self.lay(&name.to_string_lossy(), &wasm::read(file)?)
    }

    /// The modules of a scenario are those of the folder, each under the name that it gives itself.
    pub(crate) fn serve(&mut self, modules: &[(Module, Vec<u8>)]) -> anyhow::Result<()> {
        self.empty()?;
        for (module, bytes) in modules {
            self.lay(&format!("{}.wasm", module.manifest().name), bytes)?;
        }
        if self.child.is_none() { self.start() } else { Ok(()) }
    }

    /// No module is offered any more.
    pub(crate) fn empty(&self) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(self.folder.join("modules"))?.flatten() {
            std::fs::remove_file(entry.path())?;
        }
        Ok(())
    }

    fn lay(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let staged = self.folder.join(name);
        std::fs::write(&staged, bytes)?;
        Ok(std::fs::rename(&staged, self.folder.join("modules").join(name))?)
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(wasm::this_program()?);
        command.arg("run").arg("--modules").arg(self.folder.join("modules")).args(self.access.arguments());
        command.args(["--health", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--log-format", "text"]);
        // Ctrl-C is for whoever cleans up, which takes the host.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("the host cannot be started")?);
        Ok(())
    }

    /// Ends the host as a crash does, and starts it again.
    pub(super) fn restart(&mut self) -> anyhow::Result<()> {
        self.end();
        self.start()
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("host.log")
    }

    /// The end of what the host said of a namespace, and of trouble.
    pub(super) fn last_words(&self, namespace: &str) -> Vec<String> {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let told = |line: &&str| line.contains(namespace) || line.contains(" WARN ") || line.contains(" ERROR ");
        let lines: Vec<&str> = text.lines().filter(told).collect();
        lines[lines.len().saturating_sub(20)..].iter().map(|line| format!("host: {line}")).collect()
    }
}

impl Drop for Inn {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
