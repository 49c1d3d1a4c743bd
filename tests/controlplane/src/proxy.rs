//! A proxy between a client and the API server, which fails on demand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use tokio::runtime::Runtime;

mod faults;
mod sent;
mod server;

pub use faults::Fault;
pub use sent::Sent;

use crate::kubeconfig::{self, Access, User};
use crate::ports;
use faults::Answer;
use server::Shared;

/// A proxy for one client. The client speaks plain HTTP to it on loopback; it speaks to the API
/// server with the certificate of a user, whom RBAC and the audit log see.
///
/// Answers are streamed, so watches work; upgrades (exec, attach, port-forward) do not. One request
/// of the client is one request to the API server: nothing is tried again. Dropping it ends all
/// connections.
pub struct Proxy {
    shared: Arc<Shared>,
    kubeconfig: PathBuf,
    // An Option so that drop can end it without waiting, which is allowed in asynchronous tests.
    runtime: Option<Runtime>,
}

impl Proxy {
    pub(crate) fn start(user: &User, kubeconfig: PathBuf) -> Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("proxy").enable_all().build()?;
        let upstream_kubeconfig = user.kubeconfig().to_owned();
        let upstream = wait(&runtime, async move { upstream(&upstream_kubeconfig).await })??;
        let shared = Arc::new(Shared::new(upstream, ports::free_port()?));
        let (failed, failure) = channel();
        let serving = shared.clone();
        runtime.spawn(async move {
            let Err(error) = server::serve(serving).await;
            let _ = failed.send(error);
        });
        let server = format!("http://127.0.0.1:{}", shared.port);
        kubeconfig::write(&kubeconfig, &Access { server: &server, authority: None, user: user.name(), pair: None })?;
        let proxy = Self { shared, kubeconfig, runtime: Some(runtime) };
        proxy.until_listening(true).map_err(|late| failure.try_recv().unwrap_or(late))?;
        Ok(proxy)
    }

    /// A kubeconfig whose server is this proxy, for the client.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Ends all connections, without answers to what is under way. New ones are taken.
    pub fn cut(&self) {
        self.shared.cuts.send_replace(());
    }

    /// Ends all connections and refuses new ones, as an API server that is gone.
    ///
    /// # Errors
    /// When the port does not close, which would be a defect of the proxy.
    pub fn refuse(&self) -> Result<()> {
        self.shared.open.send_replace(false);
        self.until_listening(false)?;
        self.cut();
        Ok(())
    }

    /// Takes connections again after [`Proxy::refuse`], on the same port.
    ///
    /// # Errors
    /// When something else has taken the port.
    pub fn accept(&self) -> Result<()> {
        self.shared.open.send_replace(true);
        self.until_listening(true)
    }

    /// Waits this long before each request is looked at; zero for no delay.
    pub fn delay(&self, delay: Duration) {
        self.shared.faults().delay = delay;
    }

    /// Answers every request with this status, and `Retry-After` in whole seconds if given, without
    /// asking the API server. Watches that are open stay open.
    pub fn answer(&self, status: u16, retry_after: Option<Duration>) {
        self.answer_where(status, retry_after, |_| true);
    }

    /// The same for some requests only.
    pub fn answer_where(
        &self,
        status: u16,
        retry_after: Option<Duration>,
        which: impl Fn(&Sent) -> bool + Send + 'static,
    ) {
        self.shared.faults().answer(Answer { status, retry_after }, which);
    }

    /// Asks the API server again after [`Proxy::answer`].
    pub fn forward(&self) {
        self.shared.faults().forward_again();
    }

    /// Stops the n-th write from now. What comes after it is described at [`Fault`].
    #[must_use = "the caught write is told through what this returns"]
    pub fn arm(&self, fault: Fault) -> Caught {
        let (tell, told) = channel();
        self.shared.faults().arm(fault, tell);
        Caught { fault, told }
    }

    /// Lets writes through again. Clients whose writes were held see their connection end without an
    /// answer: they cannot know whether the write took effect.
    pub fn disarm(&self) {
        self.shared.faults().disarm();
        self.shared.releases.send_replace(());
    }

    /// Counts only such writes as the test says, for faults and for [`Proxy::writes_seen`]. Without
    /// this it is those of [`Sent::changes_the_cluster`].
    pub fn count_only(&self, counts: impl Fn(&Sent) -> bool + Send + 'static) {
        self.shared.faults().count_only(counts);
    }

    /// How many counted writes have arrived since the proxy started, held ones included.
    #[must_use]
    pub fn writes_seen(&self) -> u64 {
        self.shared.faults().writes_seen()
    }

    fn until_listening(&self, wanted: bool) -> Result<()> {
        let began = Instant::now();
        while *self.shared.listening.borrow() != wanted {
            if began.elapsed() > Duration::from_secs(5) {
                bail!("the proxy could not change whether it listens on port {} within 5 s", self.shared.port);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Tells when an armed fault has struck.
pub struct Caught {
    fault: Fault,
    told: Receiver<Sent>,
}

impl Caught {
    /// Waits until the write was stopped, and answers which it was. After [`Fault::AfterWrite`] it has
    /// then taken effect.
    ///
    /// # Errors
    /// When that did not happen within `patience`.
    pub fn wait(&self, patience: Duration) -> Result<Sent> {
        self.told.recv_timeout(patience).map_err(|_| {
            anyhow!("{:?} was armed and did not strike within {:.1} s", self.fault, patience.as_secs_f32())
        })
    }

    /// The stopped write, if there was one by now.
    #[must_use]
    pub fn now(&self) -> Option<Sent> {
        self.told.try_recv().ok()
    }
}

async fn upstream(kubeconfig: &Path) -> Result<kube::Client> {
    let read = Kubeconfig::read_from(kubeconfig).with_context(|| format!("cannot read {}", kubeconfig.display()))?;
    let mut config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?;
    // The client decides how long to wait and whether to try again.
    config.read_timeout = None;
    config.write_timeout = None;
    config.default_retry = false;
    kube::Client::try_from(config).context("cannot make a client for the API server")
}

/// Runs something to its end on the runtime, from threads that may be in another runtime.
fn wait<T: Send + 'static>(runtime: &Runtime, future: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let (done, result) = channel();
    runtime.spawn(async move { done.send(future.await) });
    result.recv().context("the proxy's runtime ended")
}
