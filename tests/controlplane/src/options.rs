//! What a control plane should have.

/// What to start. `Options::default()` is a whole cluster with one Node.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many Nodes there are, each Ready, with 64 CPUs, 256 GiB and room for 1,000 Pods. Default 1.
    pub nodes: usize,
    /// Whether controllers, scheduler and kwok run. Without them the API server is ready about two
    /// seconds earlier, but nothing happens by itself: Deployments make no Pods, nothing is garbage
    /// collected, Namespaces are never finished, service accounts are not demanded. Default true.
    pub controllers: bool,
    /// More stages for kwok (YAML documents of kind `Stage`, `kwok.x-k8s.io/v1alpha1`): a Job that
    /// fails, a Pod that stays pending. Default none.
    pub stages: Vec<String>,
    /// More flags for kube-apiserver, as `--name=value`. Default none.
    pub api_server_flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 1, controllers: true, stages: Vec::new(), api_server_flags: Vec::new() }
    }
}

impl Options {
    /// Only etcd and the API server, for suites that need no Deployment to become real.
    #[must_use]
    pub fn api_server_only() -> Self {
        Self { nodes: 0, controllers: false, ..Self::default() }
    }

    /// The same with this many Nodes.
    #[must_use]
    pub fn with_nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }
}
