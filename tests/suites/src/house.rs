//! A house: a cluster with a host in it, and a namespace of one's own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::host::Host;
use crate::modules::Modules;

/// Tests that share the cluster and its host hold this to read; one that needs both alone, to write.
static DOOR: RwLock<()> = RwLock::new(());
/// The host that tests share, while there is one.
static SHARED: Mutex<Option<Arc<Lodging>>> = Mutex::new(None);

/// The modules that the shared host serves unless a suite names others.
const SHARED_MODULES: [&str; 2] = ["custom-http", "workbench"];

/// A host process, its modules and its logs.
#[derive(Debug)]
pub(crate) struct Lodging {
    pub(crate) modules: Modules,
    host: Mutex<Option<Arc<Host>>>,
    logs: TempDir,
    starts: AtomicU32,
}

#[expect(dead_code, reason = "each is held, not read")]
enum Stay {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// A cluster with a host in it, and a namespace that nobody else uses. The cluster lasts as long as the
/// test binary.
pub struct House {
    pub(crate) cluster: &'static Cluster,
    pub(crate) lodging: Arc<Lodging>,
    namespace: String,
    stay: Stay,
}

impl House {
    /// The house that tests share: its host serves the guests that most suites are about, and runs.
    pub fn shared() -> Self {
        Self::serving(&SHARED_MODULES)
    }

    /// The house that tests of a suite share which is about these guests; the suite always names the same. Its host runs.
    pub fn serving(guests: &[&str]) -> Self {
        let stay = Stay::Shared(DOOR.read().unwrap_or_else(PoisonError::into_inner));
        let cluster = Cluster::get();
        let mut shared = locked(&SHARED);
        let lodging = shared.get_or_insert_with(|| {
            // What a test that was alone here made of them is not for others.
            cluster.delete_reconcilers(&[]);
            let lodging = Arc::new(Lodging::new(cluster, guests));
            lodging.start(lodging.modules.path(), &cluster.host_kubeconfig(), &[]);
            lodging.host().wait_until_ready();
            lodging
        });
        let lodging = lodging.clone();
        drop(shared);
        Self { cluster, lodging, namespace: cluster.new_namespace(), stay }
    }

    /// A house that no other test is in, with these guests in the folder of modules. Its host does not
    /// run yet, and no Reconciler is left from other tests.
    pub fn alone(guests: &[&str]) -> Self {
        let stay = Stay::Alone(DOOR.write().unwrap_or_else(PoisonError::into_inner));
        let cluster = Cluster::get();
        drop(locked(&SHARED).take());
        cluster.apply_crds();
        cluster.delete_reconcilers(&[]);
        let lodging = Arc::new(Lodging::new(cluster, guests));
        Self { cluster, lodging, namespace: cluster.new_namespace(), stay }
    }

    /// Whether no other test is in the house.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.stay, Stay::Alone(_))
    }

    /// Starts the host and waits until it is ready.
    pub fn start_host(&self) -> Arc<Host> {
        let host = self.begin_host();
        host.wait_until_ready();
        host
    }

    /// Starts the host.
    pub fn begin_host(&self) -> Arc<Host> {
        self.begin_host_on(self.modules().path(), &self.host_kubeconfig())
    }

    /// Starts a host on another folder of modules, or with another kubeconfig.
    pub fn begin_host_on(&self, modules: &Path, kubeconfig: &Path) -> Arc<Host> {
        self.lodging.start(modules, kubeconfig, &[])
    }

    /// Starts a host with these options besides the usual ones, and waits until it is ready.
    pub fn start_host_with(&self, options: &[&str]) -> Arc<Host> {
        let host = self.lodging.start(self.modules().path(), &self.host_kubeconfig(), options);
        host.wait_until_ready();
        host
    }

    /// The kubeconfig of the host's user.
    pub fn host_kubeconfig(&self) -> PathBuf {
        self.cluster.host_kubeconfig()
    }

    /// Applies the CRDs again, and waits until they are served.
    pub fn apply_crds(&self) {
        self.cluster.apply_crds();
    }

    /// Deletes every Reconciler, while no host runs.
    pub fn delete_reconcilers(&self) {
        self.cluster.delete_reconcilers(&[]);
    }

    /// The modules that hosts of this cluster have kept are lost.
    pub fn lose_kept_modules(&self) {
        let all = ["delete", "configmaps", "--namespace=innkeeper", "--selector=innkeeper.dev/module"];
        self.cluster.kubectl(&all);
    }

    /// One Reconciler is gone, also where no host is there that would let it go.
    pub fn lose_reconciler(&self, name: &str) {
        self.cluster.delete_reconcilers(&[name]);
    }

    /// Garbage collection learns of new kinds only every half minute; this makes it know all of them now.
    pub fn garbage_collection_knows_every_kind(&self) {
        self.cluster.control.restart_controller_manager().unwrap_or_else(|e| panic!("{e:#}"));
    }

    /// Does something while the API server has crashed; it is back afterwards.
    pub fn while_the_api_server_is_away(&self, something: impl FnOnce()) {
        let control = &self.cluster.control;
        control.kill_api_server().unwrap_or_else(|e| panic!("{e:#}"));
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(something));
        // Other tests need it too.
        control.start_api_server().unwrap_or_else(|e| panic!("{e:#}"));
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }

    /// The API server crashes, and knows nothing of what was when it is back: etcd has forgotten it too.
    pub fn while_the_api_server_is_away_and_forgets(&self) {
        self.while_the_api_server_is_away(|| self.cluster.control.compact_etcd().unwrap_or_else(|e| panic!("{e:#}")));
    }

    /// The host that was started last.
    pub fn host(&self) -> Arc<Host> {
        self.lodging.host()
    }

    /// The folder of modules that the host watches.
    pub fn modules(&self) -> &Modules {
        &self.lodging.modules
    }

    /// The namespace that nobody else uses.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// One more namespace that nobody else uses.
    pub fn another_namespace(&self) -> String {
        self.cluster.new_namespace()
    }

    /// One object of the namespace (or of none, for cluster-scoped kinds); none if it is not there.
    pub fn find(&self, kind: &str, name: &str) -> Option<Value> {
        self.cluster.client.get(kind, Some(&self.namespace), name)
    }

    /// One object of another namespace; none if it is not there.
    pub fn find_in(&self, namespace: &str, kind: &str, name: &str) -> Option<Value> {
        self.cluster.client.get(kind, Some(namespace), name)
    }

    /// What a path of the API server answers; none if nothing is there.
    pub fn read(&self, path: &str) -> Option<Value> {
        self.cluster.client.read(path)
    }

    /// One object of the namespace that must be there.
    pub fn get(&self, kind: &str, name: &str) -> Value {
        self.find(kind, name).unwrap_or_else(|| panic!("there is no {kind} {name}\n{}", self.state()))
    }

    /// The objects of a kind in the namespace with these labels (`a=b,c=d`).
    pub fn list(&self, kind: &str, labels: &str) -> Vec<Value> {
        self.cluster.client.list(kind, Some(&self.namespace), labels)
    }
}

impl Lodging {
    fn new(cluster: &Cluster, guests: &[&str]) -> Self {
        let modules = Modules::with(guests, cluster.scratch());
        Self { modules, host: Mutex::new(None), logs: cluster.scratch(), starts: AtomicU32::new(0) }
    }

    fn start(&self, modules: &Path, kubeconfig: &Path, options: &[&str]) -> Arc<Host> {
        let log: PathBuf = self.logs.path().join(format!("host-{}.log", self.starts.fetch_add(1, Ordering::Relaxed)));
        // The one before ends first, if it has not ended yet.
        if let Some(before) = locked(&self.host).take() {
            before.kill();
        }
        let host = Arc::new(Host::start_with(modules, kubeconfig, &log, options));
        *locked(&self.host) = Some(host.clone());
        host
    }

    pub(crate) fn host(&self) -> Arc<Host> {
        locked(&self.host).clone().expect("the test started the host before it asked for it")
    }

    pub(crate) fn host_if_started(&self) -> Option<Arc<Host>> {
        locked(&self.host).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
