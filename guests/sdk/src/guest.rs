//! From a typed function to the contract's two exports.

use crate::bindings::about;
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::outcome::Outcome;
#[cfg(target_arch = "wasm32")]
use crate::{
    bindings::{log, reconcile_types as wit},
    kind::Object,
    world::Host,
};

/// Makes a guest of a function `fn(&Context<K>) -> Result<Outcome, Failure>` and a [`Manifest`].
///
/// Built for wasm, it exports the contract. Built for tests, it adds one: that the kind's CRD under
/// `crds/` says what the type says (see [`testing::crd_is_current`](crate::testing::crd_is_current)).
/// Use it once, at the root of the crate.
#[macro_export]
macro_rules! guest {
    ($reconcile:path, $manifest:expr $(,)?) => {
        const _: fn() -> $crate::bindings::Manifest =
            || $crate::described($manifest, $reconcile, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct InnkeeperGuest;

            impl $crate::bindings::Guest for InnkeeperGuest {
                fn describe() -> $crate::bindings::Manifest {
                    $crate::described($manifest, $reconcile, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
                }

                fn reconcile(
                    request: $crate::bindings::Request,
                ) -> ::core::result::Result<$crate::bindings::Outcome, $crate::bindings::Failure> {
                    $crate::reconciled(request, $reconcile)
                }
            }

            $crate::bindings::export_reconciler!(InnkeeperGuest);
        };

        #[cfg(test)]
        mod innkeeper_guest {
            #[allow(unused_imports, reason = "the manifest is written for the root of the crate")]
            use super::*;

            #[test]
            fn the_crd_file_says_what_the_type_says() {
                let package = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
                let said = $crate::described($manifest, $reconcile, package.0, package.1);
                $crate::testing::crd_is_current(env!("CARGO_MANIFEST_DIR"), said.crd.as_deref());
            }
        }
    };
}

/// What [`guest!`] answers to `describe`.
pub fn described<K, F>(manifest: Manifest<K>, _: F, package: &str, version: &str) -> about::Manifest
where
    F: Fn(&Context<K>) -> Result<Outcome, Failure>,
{
    last_words();
    manifest.said(package, version)
}

/// What [`guest!`] answers to `reconcile`.
#[cfg(target_arch = "wasm32")]
pub fn reconciled<K: Object, F>(request: wit::Request, reconcile: F) -> Result<wit::Outcome, wit::Failure>
where
    F: Fn(&Context<K>) -> Result<Outcome, Failure>,
{
    last_words();
    let cx = Context::new(request, std::rc::Rc::new(Host))?;
    Ok(reconcile(&cx)?.wanted()?)
}

/// A panic says why in the host's log, at level error, before it traps.
fn last_words() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| log::write(log::Level::Error, &panic.to_string())));
}
