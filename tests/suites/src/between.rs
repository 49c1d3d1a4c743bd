//! A proxy between the host and the API server.

use innkeeper_controlplane::Proxy;

use crate::cluster::HOST_USER;
use crate::house::House;

impl House {
    /// Starts the host behind a proxy of its own, as the same user as ever, and waits until it is ready.
    pub fn start_host_behind_a_proxy(&self) -> Proxy {
        let control = &self.cluster.control;
        let user = control.user(HOST_USER, &["system:masters"]).expect("a user can be made");
        let proxy = control.proxy(&user).expect("a proxy can be started");
        self.begin_host_on(self.modules().path(), proxy.kubeconfig()).wait_until_ready();
        proxy
    }
}
