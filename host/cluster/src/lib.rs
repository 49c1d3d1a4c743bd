//! The API server, seen from Innkeeper: watch events in, requests out.
//!
//! Nothing is decided here. [`Cluster::watch`] turns what the API server tells into the core's
//! [`Event`](innkeeper_core::store::Event)s, and [`Cluster::act`] turns each of its
//! [`Action`](innkeeper_core::action::Action)s into one request and the answer into a
//! [`Done`](innkeeper_core::action::Done). Nothing in here sends a write twice by itself.

mod access;
mod act;
mod answer;
mod backoff;
mod cluster;
mod config_map;
mod connect;
mod crd;
mod discovery;
mod events;
mod install;
mod list;
mod overview;
mod path;
mod raw;
mod request;
mod stored;
mod tap;
mod traffic;
mod transport;
mod upgrade;
mod watch;

pub use access::User;
pub use cluster::{Cluster, Unreachable, Version};
pub use config_map::{Follower, Held};
pub use connect::{Connect, ConnectError};
pub use crd::{reconciler_crd, reconciler_crd_yaml};
pub use install::InstallError;
pub use overview::{Keeper, Overview, OverviewError, Row};
pub use stored::{PUSH_MANAGER, StoreError};
pub use traffic::Traffic;
pub use watch::WatchHandle;
