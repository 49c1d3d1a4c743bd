//! The guest of the kind Hostile: it does the misdeed that the object's spec says. It speaks the contract without
//! the SDK's help, which would keep it from most of them: what it answers is the text that the spec holds.
#![forbid(unsafe_code)]

mod misdeed;
mod spec;

use innkeeper_sdk::bindings::innkeeper::guest::reconcile_types;
use innkeeper_sdk::bindings::{Failure, Outcome, Request};
use innkeeper_sdk::{Adopt, Context, Failure as Said, Manifest, Outcome as Nothing, Policy};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};

pub use misdeed::Misdeed;
pub use spec::{Hostile, HostileSpec, HostileStatus, Removal};

/// What the module says of itself.
pub fn describe() -> innkeeper_sdk::bindings::Manifest {
    let manifest = Manifest::of::<Hostile>().applies::<ConfigMap>().applies::<Secret>().applies::<Hostile>();
    // The function is there to say of which kind the guest is; the contract's own is `reconcile` below.
    let nothing: fn(&Context<Hostile>) -> Result<Nothing, Said> = |_| Ok(Nothing::new());
    innkeeper_sdk::described!(made, nothing, manifest)
}

/// Answers what the spec says, after the misdeed; many misdeeds leave nothing to answer.
pub fn reconcile(request: &Request) -> Result<Outcome, Failure> {
    let object: Hostile = serde_json::from_str(&request.object).map_err(|error| {
        let message = error.to_string();
        Failure::Invalid(reconcile_types::Invalid { message, field: Some("spec".into()) })
    })?;
    let HostileSpec { children, status, remove, misdeed, amount } = object.spec;
    let mut outcome = Outcome {
        children: children.into_iter().map(child).collect(),
        contributions: Vec::new(),
        replace: Vec::new(),
        remove: remove.iter().map(Removal::wanted).collect(),
        status,
        conditions: Vec::new(),
        hold: None,
        labels: Vec::new(),
        annotations: Vec::new(),
        events: Vec::new(),
        requeue_after: None,
        finished: false,
    };
    misdeed::commit(misdeed, amount, request, &mut outcome);
    Ok(outcome)
}

/// A child of this manifest, kept as usual.
fn child(manifest: String) -> reconcile_types::Child {
    let (policy, adopt) = (Policy::Apply, Adopt::Never);
    reconcile_types::Child { manifest, wave: 0, policy, exclusive: Vec::new(), release: Vec::new(), adopt }
}

#[cfg(target_arch = "wasm32")]
mod export {
    use innkeeper_sdk::bindings;

    struct Guest;

    impl bindings::Guest for Guest {
        fn describe() -> bindings::Manifest {
            super::describe()
        }

        fn reconcile(request: bindings::Request) -> Result<bindings::Outcome, bindings::Failure> {
            super::reconcile(&request)
        }
    }

    bindings::export_reconciler!(Guest);
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_crd_file_says_what_the_type_says() {
        innkeeper_sdk::testing::crd_is_current(env!("CARGO_MANIFEST_DIR"), super::describe().crd.as_deref(), None);
    }
}
