//! The command lines of the components, and why each unusual flag is there.

use std::path::Path;

use crate::options::Options;

/// What the audit log gets: one event per request when it is over; one when a watch begins.
///
/// A watch's end is left in too, because stages are omitted for all rules together; readers skip it.
pub(crate) const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
";

/// etcd speaks only through sockets in the control plane's folder, which only its owner may enter:
/// nobody on the machine can get round the API server, and no port is needed.
pub(crate) fn etcd(folder: &Path) -> Vec<String> {
    vec![
        "--name=innkeeper".into(),
        // Sockets are named relative to the working folder, which etcd demands; the data is not, so that
        // the folder can be seen in the command line of every component.
        format!("--data-dir={}", folder.join("etcd").display()),
        "--unsafe-no-fsync".into(), // the data does not outlive the control plane
        "--listen-client-urls=unix://etcd.sock".into(),
        "--listen-peer-urls=unix://etcd-peer.sock".into(),
        // Told to others only, and there are none: a single member never dials these.
        "--advertise-client-urls=http://localhost:2379".into(),
        "--initial-advertise-peer-urls=http://localhost:2380".into(),
        "--initial-cluster=innkeeper=http://localhost:2380".into(),
    ]
}

pub(crate) fn kube_apiserver(folder: &Path, port: u16, options: &Options) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut flags = vec![
        format!("--etcd-servers=unix://{}", file("etcd.sock")),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        // Endpoints of the Service "kubernetes" may not be loopback addresses.
        "--endpoint-reconciler-type=none".into(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", file("pki/server.crt")),
        format!("--tls-private-key-file={}", file("pki/server.key")),
        format!("--client-ca-file={}", file("pki/ca.crt")),
        "--anonymous-auth=false".into(),
        "--authorization-mode=Node,RBAC".into(),
        "--allow-privileged=true".into(),
        "--service-cluster-ip-range=10.0.0.0/16".into(),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-signing-key-file={}", file("pki/service-account.key")),
        format!("--service-account-key-file={}", file("pki/service-account.pub")),
        format!("--audit-policy-file={}", file("audit-policy.yaml")),
        format!("--audit-log-path={}", file("audit.log")),
        // Written before the request is over, which is what makes marks reliable: see the module audit.
        "--audit-log-mode=blocking".into(),
        // In megabytes: a log that is rotated would lose what a mark points at.
        "--audit-log-maxsize=1000000".into(),
        "--profiling=false".into(),
    ];
    if !options.controllers {
        // Nobody makes the service account "default" that this plugin demands for every Pod.
        flags.push("--disable-admission-plugins=ServiceAccount".into());
    }
    flags.extend(options.api_server_flags.iter().cloned());
    flags
}

pub(crate) fn kube_controller_manager(folder: &Path) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let kubeconfig = file("kubeconfigs/system:kube-controller-manager.yaml");
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),                        // serves nothing
        "--use-service-account-credentials=true".into(), // each controller is a user of its own in the audit log
        format!("--service-account-private-key-file={}", file("pki/service-account.key")),
        format!("--root-ca-file={}", file("pki/ca.crt")),
        // The default of 20 requests a second would make tests wait for the clock.
        "--kube-api-qps=1000".into(),
        "--kube-api-burst=2000".into(),
    ]
}

pub(crate) fn kube_scheduler(folder: &Path) -> Vec<String> {
    let kubeconfig = folder.join("kubeconfigs/system:kube-scheduler.yaml").display().to_string();
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--authentication-kubeconfig={kubeconfig}"),
        format!("--authorization-kubeconfig={kubeconfig}"),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
        "--kube-api-qps=1000".into(),
        "--kube-api-burst=2000".into(),
    ]
}

pub(crate) fn kwok(folder: &Path) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", folder.join("kubeconfigs/kwok.yaml").display()),
        format!("--config={}", folder.join("stages.yaml").display()),
        "--manage-all-nodes=true".into(),
        // Without leases the Nodes are NotReady after a minute.
        "--node-lease-duration-seconds=40".into(),
    ]
}
