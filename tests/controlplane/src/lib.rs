//! A real Kubernetes control plane on loopback, for tests and for `make run`.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let control_plane = innkeeper_controlplane::ControlPlane::start()?;
//! let alice = control_plane.user("alice", &["system:masters"])?;
//! let mark = control_plane.audit()?.mark()?;
//! // … run something with alice.kubeconfig() …
//! for request in control_plane.audit()?.since(&mark)?.by("alice").writes() {
//!     println!("{request}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What runs is etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and kwok, which plays
//! the kubelets of Nodes that do not exist. Only the machines are simulated: what the API server and
//! the controllers decide is decided by the real ones. See the README beside this crate.

mod audit;
mod binaries;
mod certificates;
mod component;
mod control_plane;
mod etcd;
mod flags;
mod go_build;
mod guardian;
mod kubeconfig;
mod kubectl;
mod leash;
mod options;
mod own;
mod ports;
mod proxy;

pub use audit::{Audit, Follow, Mark, Request, Requests};
pub use binaries::Binaries;
pub use control_plane::{ControlPlane, NAMED_CLUSTER};
pub use kubeconfig::User;
pub use leash::Leash;
pub use options::Options;
pub use proxy::{Caught, Fault, Proxy, Sent};
