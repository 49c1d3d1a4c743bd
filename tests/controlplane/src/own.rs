//! A control plane of our own: what is started, in which order, and when it counts as ready.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::binaries::Binaries;
use crate::certificates::{Authority, Pair, service_account_keys};
use crate::component::Component;
use crate::guardian::Guardian;
use crate::kubeconfig::{self, Access, User, write_private};
use crate::options::Options;
use crate::{etcd, flags, kubectl, ports};

const STAGES: &str = include_str!("../stages/fast.yaml");

/// How long one step of the start may take. It takes seconds; the rest is for machines under load.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the controller-manager says once it knows every kind and its owners.
const COLLECTS_GARBAGE: &str = "Proceeding to collect garbage";

/// The running parts. Dropping it stops them all and removes the folder.
pub(crate) struct Own {
    parts: Mutex<Parts>,
    authority: Authority,
    pub(crate) binaries: Binaries,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    // Last: it removes the folder, after the parts have ended.
    pub(crate) guardian: Guardian,
}

#[derive(Default)]
struct Parts {
    etcd: Option<Component>,
    api_server: Option<Component>,
    controller_manager: Option<Component>,
    others: Vec<Component>,
}

impl Own {
    /// Starts everything and waits until it is ready. A port that was taken in between is tried again.
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let binaries = Binaries::ensure()?;
        let mut tries_left = 3;
        loop {
            tries_left -= 1;
            let mut own = Self::prepare(&binaries, options)?;
            let Err(error) = own.bring_up(options) else { return Ok(own) };
            if tries_left > 0 && own.port_was_taken() {
                continue;
            }
            own.guardian.keep_folder();
            return Err(error.context(format!(
                "the control plane did not start. Its logs are kept in {}",
                own.folder.join("logs").display()
            )));
        }
    }

    /// Makes the folder with keys and configuration, and starts nothing.
    fn prepare(binaries: &Binaries, options: &Options) -> Result<Self> {
        // The guardian removes the folder, not TempDir: it does so even after kill -9.
        // Only its owner may enter: there are keys in it, and etcd's socket.
        let private = fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("innkeeper-controlplane-").permissions(private).tempdir()?.keep();
        let guardian = Guardian::new(&folder)?;
        let own = Self {
            parts: Mutex::default(),
            authority: Authority::new()?,
            binaries: binaries.clone(),
            port: ports::free_port()?,
            folder,
            guardian,
        };
        let server = own.authority.server()?;
        let (private, public) = service_account_keys()?;
        let stages: Vec<&str> = std::iter::once(STAGES).chain(options.stages.iter().map(String::as_str)).collect();
        fs::create_dir(own.folder.join("logs"))?;
        for (name, text) in [
            ("pki/ca.crt", own.authority.certificate().as_str()),
            ("pki/server.crt", &server.certificate),
            ("pki/server.key", &server.key),
            ("pki/service-account.key", &private),
            ("pki/service-account.pub", &public),
            ("audit-policy.yaml", flags::AUDIT_POLICY),
            ("audit.log", ""),
            ("stages.yaml", &stages.join("\n---\n")),
        ] {
            write_private(&own.folder.join(name), text)?;
        }
        own.write_user("admin", "kubernetes-admin", &["system:masters"])?;
        own.write_user("kwok", "kwok", &["system:masters"])?;
        for component in ["system:kube-controller-manager", "system:kube-scheduler"] {
            own.write_user(component, component, &[])?;
        }
        Ok(own)
    }

    fn bring_up(&mut self, options: &Options) -> Result<()> {
        let folder = self.folder.clone();
        self.parts().etcd = Some(self.launch("etcd", flags::etcd(&folder))?);
        self.until("etcd to serve", Duration::from_millis(20), |parts| {
            Ok(parts.etcd.as_ref().is_some_and(|etcd| etcd.has_said("ready to serve client requests")))
        })?;
        let api_server = self.launch("kube-apiserver", flags::kube_apiserver(&folder, self.port, options))?;
        self.parts().api_server = Some(api_server);
        self.until_api_server_ready()?;
        if options.controllers {
            let manager = self.launch("kube-controller-manager", flags::kube_controller_manager(&folder))?;
            self.parts().controller_manager = Some(manager);
            for (name, arguments) in
                [("kube-scheduler", flags::kube_scheduler(&folder)), ("kwok", flags::kwok(&folder))]
            {
                let component = self.launch(name, arguments)?;
                self.parts().others.push(component);
            }
        }
        if options.nodes > 0 {
            let nodes: String = (0..options.nodes).map(node).collect();
            kubectl::run_with_input(self.kubectl()?, &["create", "-f", "-"], &nodes)?;
        }
        if options.controllers {
            self.until_controllers_work(options.nodes)?;
        }
        Ok(())
    }

    fn until_api_server_ready(&self) -> Result<()> {
        let address = (Ipv4Addr::LOCALHOST, self.port);
        self.until("kube-apiserver to be ready", Duration::from_millis(50), |_| {
            Ok(TcpStream::connect(address).is_ok() && kubectl::run(self.kubectl()?, &["get", "--raw=/readyz"]).is_ok())
        })
    }

    /// Ready means that a Pod could be made and scheduled now.
    fn until_controllers_work(&self, nodes: usize) -> Result<()> {
        let template = "{range .items[*]}{.status.conditions[?(@.type=='Ready')].status}{'\\n'}{end}";
        let jsonpath = format!("-o=jsonpath={template}");
        self.until("the Nodes to be Ready", Duration::from_millis(100), |_| {
            let text = kubectl::run(self.kubectl()?, &["get", "nodes", &jsonpath])?;
            Ok(text.lines().filter(|line| *line == "True").count() >= nodes)
        })?;
        self.until("the service account default/default", Duration::from_millis(100), |_| {
            Ok(kubectl::run(self.kubectl()?, &["get", "serviceaccount", "default"]).is_ok())
        })
    }

    /// Polls until `done`, and fails early when a component has ended, late when time is up.
    fn until(&self, what: &str, pause: Duration, done: impl Fn(&mut Parts) -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        loop {
            {
                let mut parts = self.parts();
                for component in parts.all() {
                    component.check()?;
                }
                if done(&mut parts)? {
                    return Ok(());
                }
                if began.elapsed() > PATIENCE {
                    let last_words: Vec<String> = parts.all().map(|component| component.last_words()).collect();
                    bail!("waited {} s in vain for {what}.\n{}", PATIENCE.as_secs(), last_words.join("\n"));
                }
            }
            std::thread::sleep(pause);
        }
    }

    /// Ends the API server: politely, or as a crash would. etcd and the others stay.
    pub(crate) fn stop_api_server(&self, patience: Duration) -> Result<()> {
        self.parts().api_server.as_mut().map_or(Ok(()), |server| server.stop(patience))
    }

    pub(crate) fn start_api_server(&self) -> Result<()> {
        self.parts().api_server.as_mut().map_or(Ok(()), |server| server.start(&self.guardian))?;
        self.until_api_server_ready()
    }

    pub(crate) fn compact_etcd(&self) -> Result<()> {
        etcd::compact(&self.folder.join("etcd.sock")).map(|_| ())
    }

    pub(crate) fn restart_controller_manager(&self) -> Result<()> {
        let mut parts = self.parts();
        let manager =
            parts.controller_manager.as_mut().context("this control plane was started without controllers")?;
        manager.kill()?;
        let before = manager.log_size();
        manager.start(&self.guardian)?;
        let began = Instant::now();
        while !manager.has_said_since(before, COLLECTS_GARBAGE) {
            manager.check()?;
            if began.elapsed() > PATIENCE {
                bail!("the controller-manager collects no garbage after {PATIENCE:?}. {}", manager.last_words());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn launch(&self, name: &'static str, arguments: Vec<String>) -> Result<Component> {
        let mut component = Component::new(name, self.binaries.path(name)?, arguments, &self.folder);
        component.start(&self.guardian)?;
        Ok(component)
    }

    fn port_was_taken(&self) -> bool {
        self.parts().api_server.as_ref().is_some_and(|server| server.has_said("address already in use"))
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        // Also after a test has panicked while holding it: the parts are still there.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// kubectl for this cluster, with a discovery cache of its own: ports are used again.
    pub(crate) fn kubectl(&self) -> Result<Command> {
        let mut command = Command::new(self.binaries.path("kubectl")?);
        command.env("KUBECONFIG", self.admin_kubeconfig()).env("KUBECACHEDIR", self.folder.join("kubectl-cache"));
        // It is over before it would be worth its while to look for what memory can be used again.
        command.env("GOGC", "off");
        self.guardian.adopt(&mut command);
        Ok(command)
    }

    pub(crate) fn admin_kubeconfig(&self) -> PathBuf {
        self.user_file("admin")
    }

    pub(crate) fn user_file(&self, name: &str) -> PathBuf {
        self.folder.join("kubeconfigs").join(format!("{name}.yaml"))
    }

    pub(crate) fn client_pair(&self, user: &str, groups: &[&str]) -> Result<Pair> {
        self.authority.client(user, groups)
    }

    pub(crate) fn write_user(&self, file: &str, name: &str, groups: &[&str]) -> Result<User> {
        let pair = self.client_pair(name, groups)?;
        let kubeconfig = self.user_file(file);
        let authority = self.authority.certificate();
        kubeconfig::write(
            &kubeconfig,
            &Access { server: &self.server(), authority: Some(&authority), user: name, pair: Some(&pair) },
        )?;
        Ok(User { name: name.to_owned(), kubeconfig })
    }

    pub(crate) fn audit_log(&self) -> PathBuf {
        Path::new(&self.folder).join("audit.log")
    }
}

impl Parts {
    fn all(&mut self) -> impl Iterator<Item = &mut Component> {
        let named = [&mut self.etcd, &mut self.api_server, &mut self.controller_manager];
        named.into_iter().flatten().chain(&mut self.others)
    }
}

/// A Node with room for everything that a test wants.
fn node(number: usize) -> String {
    format!(
        r#"{{
  "apiVersion": "v1", "kind": "Node",
  "metadata": {{ "name": "node-{number}", "labels": {{ "kubernetes.io/hostname": "node-{number}", "kubernetes.io/os": "linux", "type": "kwok" }} }},
  "status": {{
    "allocatable": {{ "cpu": "64", "memory": "256Gi", "pods": "1000" }},
    "capacity": {{ "cpu": "64", "memory": "256Gi", "pods": "1000" }}
  }}
}}
"#
    )
}
