//! The cluster under a house: one real control plane per test binary, with the CRDs in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use innkeeper_controlplane::{Audit, ControlPlane, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::patience::LIMIT;

/// As whom the host writes, so that the audit log tells its requests from those of the test.
pub(crate) const HOST_USER: &str = "innkeeper";

/// The host's own kind.
const RECONCILER: &str = "Reconciler";

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// A control plane, and the ways to it.
pub(crate) struct Cluster {
    pub(crate) control: ControlPlane,
    pub(crate) client: Client,
    host: PathBuf,
    tester: PathBuf,
    namespaces: AtomicU32,
    /// The CRDs after they were applied last.
    applied: Mutex<Vec<Value>>,
}

impl Cluster {
    /// The cluster of this test binary. The first caller starts it.
    pub(crate) fn get() -> &'static Self {
        CLUSTER.get_or_init(|| {
            let stages = vec![include_str!("stages.yaml").to_owned()];
            let control = ControlPlane::start_or_named(&Options { stages, ..Options::default() });
            let control = control.unwrap_or_else(|e| panic!("there is no control plane: {e:#}"));
            // On a cluster that somebody named, everybody is whom its kubeconfig names.
            let user = |name: &str| match control.is_named() {
                true => control.kubeconfig(),
                false => control.user(name, &["system:masters"]).expect("a user can be made").kubeconfig().to_owned(),
            };
            let (host, tester) = (user(HOST_USER), user("tester"));
            let client = Client::new(&tester);
            let cluster =
                Self { control, client, host, tester, namespaces: AtomicU32::new(0), applied: Mutex::default() };
            cluster.apply_crds();
            // Where hosts keep modules.
            let namespace = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "innkeeper"}}"#;
            cluster.kubectl_with(&["apply", "--filename=-"], namespace);
            cluster
        })
    }

    /// Applies the CRDs of the project and of the guests for tests, and waits until they are served. Where they are as
    /// they were after the last time, nothing has to be done.
    pub(crate) fn apply_crds(&self) {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        if !applied.is_empty() && *applied == self.crds() {
            return;
        }
        let folders = [repository().join("crds"), repository().join("tests/guests/crds")];
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let mut arguments = vec!["apply".to_owned(), "--server-side".to_owned(), "--force-conflicts".to_owned()];
        arguments.extend(files.map(|file| format!("--filename={}", file.path().display())));
        self.kubectl(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        self.kubectl(&["wait", "--for=condition=Established", "crd", "--all"]);
        *applied = self.crds();
    }

    /// Every CRD that is there: its uid, which generation of it, and whether it goes.
    fn crds(&self) -> Vec<Value> {
        let all = self.client.list("CustomResourceDefinition", None, "");
        let of = |meta: &Value| json!([meta["uid"], meta["generation"], meta["deletionTimestamp"]]);
        all.iter().map(|crd| of(&crd["metadata"])).collect()
    }

    /// Deletes these Reconcilers, or all, while no host runs: nobody else would take the finalizers away.
    pub(crate) fn delete_reconcilers(&self, names: &[&str]) {
        for reconciler in self.client.list(RECONCILER, None, "") {
            let name = reconciler["metadata"]["name"].as_str().unwrap_or_default();
            if names.is_empty() || names.contains(&name) {
                self.client.delete(RECONCILER, None, name);
                self.client.let_go(RECONCILER, None, name);
            }
        }
    }

    /// A namespace that is named after the test that asks for it.
    pub(crate) fn new_namespace(&self) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("test").rsplit("::").next().unwrap_or("test").replace('_', "-");
        let name = format!("{}-{number}", test.chars().take(50).collect::<String>().trim_matches('-'));
        self.client.create("Namespace", None, &json!({"metadata": {"name": name}}));
        name
    }

    /// A folder for what a test writes. It lies in that of the control plane, if that is ours, and goes with it however
    /// the tests end: what lasts as long as the test binary is never dropped.
    pub(crate) fn scratch(&self) -> TempDir {
        let folder = self.control.folder().map_or_else(|_| std::env::temp_dir(), Path::to_owned);
        tempfile::tempdir_in(folder).expect("a folder can be made")
    }

    pub(crate) fn host_kubeconfig(&self) -> PathBuf {
        self.host.clone()
    }

    /// What users do, as the API server wrote it down.
    pub(crate) fn audit(&self) -> Audit {
        self.control.audit().unwrap_or_else(|e| panic!("{e:#}"))
    }

    /// Runs kubectl; it must succeed.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "")
    }

    /// Runs kubectl with a text as its input; it must succeed.
    pub(crate) fn kubectl_with(&self, arguments: &[&str], input: &str) -> String {
        let (succeeded, said, complaint) = self.run_kubectl(arguments, input);
        assert!(succeeded, "kubectl {}: {complaint}", arguments.join(" "));
        said
    }

    /// Runs kubectl; it must be refused.
    pub(crate) fn kubectl_is_refused(&self, arguments: &[&str], input: &str) -> String {
        let (succeeded, said, complaint) = self.run_kubectl(arguments, input);
        assert!(!succeeded, "kubectl {} was not refused: {said}", arguments.join(" "));
        complaint
    }

    fn run_kubectl(&self, arguments: &[&str], input: &str) -> (bool, String, String) {
        use std::io::Write as _;
        let mut command: Command = self.control.kubectl().expect("a control plane has kubectl");
        command.env("KUBECONFIG", &self.tester).args(arguments);
        // By itself it waits for ever until what it deletes is gone, and half a minute for anything else.
        if arguments.contains(&"delete") || arguments.contains(&"wait") {
            command.arg(format!("--timeout={}s", LIMIT.as_secs()));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kubectl can be started");
        let mut stdin = child.stdin.take().expect("its input is a pipe");
        // kubectl may end without reading; then there is nobody to write to.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("kubectl can be waited for");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.success(), text(output.stdout), text(output.stderr))
    }
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
