//! The five kinds of workers: what users write, what is shown, and the marks by which the guests know each other's
//! objects.
#![forbid(unsafe_code)]
#![allow(clippy::duplicated_attributes, reason = "kube takes one printcolumn attribute per column")]

mod account;
mod builder;
mod bundle;
mod deployment;
mod release;
mod schema;

use std::collections::BTreeMap;

use innkeeper_sdk::{Context, Object};

pub use account::{AccountPod, Deployed, WorkerAccount, WorkerAccountSpec, WorkerAccountStatus};
pub use builder::{JobBuilder, JobBuilderSpec, JobBuilderStatus, Phase};
pub use bundle::{BundlePod, Worker, WorkerBundle, WorkerBundleSpec, WorkerBundleStatus};
pub use deployment::{WorkerDeployment, WorkerDeploymentSpec, WorkerDeploymentStatus};
pub use release::{WorkerRelease, WorkerReleaseSpec, WorkerReleaseStatus};

/// The label of every object of an account; its value is the account's id.
pub const ACCOUNTS: &str = "accounts";
/// The annotation of a WorkerBundle that names the image before.
pub const LAST_IMAGE: &str = "lastImage";
/// The annotation of a WorkerRelease that orders the releases of one WorkerDeployment: the highest is the active one.
pub const ORDER: &str = "api.worker-release/order";
/// The annotation in which a sender says when a deployment was sent (RFC 3339). Of two, the later one counts, in
/// whichever order they arrive. A WorkerRelease has that of its WorkerDeployment.
pub const SENT_AT: &str = "api.worker-deployment/sent-at";

/// The labels for a child: the usual ones, and the account of the object.
pub fn labels<K: Object>(cx: &Context<K>, app: &str) -> BTreeMap<String, String> {
    let mut labels = cx.labels(app);
    if let Some(id) = account_of(cx.object()) {
        labels.insert(ACCOUNTS.to_owned(), id.to_owned());
    }
    labels
}

/// The account that an object says it is of.
pub fn account_of<K: Object>(object: &K) -> Option<&str> {
    object.meta().labels.as_ref()?.get(ACCOUNTS).map(String::as_str)
}
