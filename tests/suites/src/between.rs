//! A proxy between the host and the API server.

use innkeeper_controlplane::Proxy;

use crate::cluster::HOST_USER;
use crate::house::House;

impl House {
    /// A proxy to the API server for the host, as the same user as ever.
    pub fn proxy(&self) -> Proxy {
        self.proxy_as(HOST_USER, &["system:masters"])
    }

    /// A proxy to the API server for the host, as a user who may do only what RBAC says.
    pub fn proxy_by_rbac(&self, user: &str) -> Proxy {
        self.proxy_as(user, &[])
    }

    fn proxy_as(&self, user: &str, groups: &[&str]) -> Proxy {
        let control = &self.cluster.control;
        let user = control.user(user, groups).expect("a user can be made");
        control.proxy(&user).expect("a proxy can be started")
    }

    /// Starts the host behind a proxy of its own, as the same user as ever, and waits until it is ready.
    pub fn start_host_behind_a_proxy(&self) -> Proxy {
        let proxy = self.proxy();
        self.begin_host_on(self.modules().path(), proxy.kubeconfig()).wait_until_ready();
        proxy
    }
}
