//! From a typed function to the contract's two exports.

use crate::bindings::about;
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::{Crd, Manifest};
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
/// Built natively, it adds a function `guest()`, which hands the guest to a story in Rust.
/// Use it once, at the root of the crate.
///
/// With `crd: "../crd.json"` the CRD that the module carries is that file, which the same test writes and
/// compares. The module is smaller by some 250 kB: it needs no code to make the CRD from the type.
#[macro_export]
macro_rules! guest {
    ($reconcile:path, $manifest:expr $(,)?) => {
        $crate::guest!(@export $reconcile, $crate::described!(made, $reconcile, $manifest), $manifest, None);
    };
    ($reconcile:path, $manifest:expr, crd: $crd:literal $(,)?) => {
        $crate::guest!(
            @export $reconcile,
            $crate::bindings::Manifest {
                crd: Some(include_str!($crd).trim_end().to_owned()),
                ..$crate::described!(said, $reconcile, $manifest)
            },
            $manifest,
            Some($crd)
        );
    };
    (@export $reconcile:path, $said:expr, $manifest:expr, $crd:expr) => {
        const _: fn() -> $crate::bindings::Manifest = || $crate::described!(said, $reconcile, $manifest);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct InnkeeperGuest;

            impl $crate::bindings::Guest for InnkeeperGuest {
                fn describe() -> $crate::bindings::Manifest {
                    $said
                }

                fn reconcile(
                    request: $crate::bindings::Request,
                ) -> ::core::result::Result<$crate::bindings::Outcome, $crate::bindings::Failure> {
                    $crate::reconciled(request, $reconcile)
                }
            }

            $crate::bindings::export_reconciler!(InnkeeperGuest);
        };

        /// This guest without wasm, for stories in Rust (`innkeeper_story::of`).
        #[cfg(not(target_arch = "wasm32"))]
        #[allow(dead_code, reason = "only tests call it")]
        pub fn guest() -> $crate::testing::Guest {
            $crate::testing::Guest::of($said, $reconcile)
        }

        #[cfg(test)]
        mod innkeeper_guest {
            #[allow(unused_imports, reason = "the manifest is written for the root of the crate")]
            use super::*;

            #[test]
            fn the_crd_file_says_what_the_type_says() {
                let made = $crate::described!(made, $reconcile, $manifest);
                $crate::testing::crd_is_current(env!("CARGO_MANIFEST_DIR"), made.crd.as_deref(), $crd);
            }
        }
    };
}

/// What the module says of itself, with the Cargo package's name and version.
#[doc(hidden)]
#[macro_export]
macro_rules! described {
    ($how:ident, $reconcile:path, $manifest:expr) => {
        $crate::Described::$how($manifest, $reconcile, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    };
}

/// What [`guest!`] answers to `describe`. It ties the function to the manifest: both are of one kind.
#[doc(hidden)]
pub struct Described;

impl Described {
    /// With the CRD made from the type.
    pub fn made<K, C, F>(manifest: Manifest<K, C>, _: F, package: &str, version: &str) -> about::Manifest
    where
        C: Crd<K>,
        F: Fn(&Context<K>) -> Result<Outcome, Failure>,
    {
        last_words();
        manifest.made(package, version)
    }

    /// Without CRD.
    pub fn said<K, C, F>(manifest: Manifest<K, C>, _: F, package: &str, version: &str) -> about::Manifest
    where
        C: Crd<K>,
        F: Fn(&Context<K>) -> Result<Outcome, Failure>,
    {
        last_words();
        manifest.said(package, version)
    }
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
