//! Scenario files: what is given, what somebody does, what is expected then.
//!
//! ```yaml
//! scenario: the Deployment follows replicaCount
//! given:
//! - file: web.yaml
//! steps:
//! - when: {patch: KindCustomHttp/web, with: {spec: {replicaCount: 3}}}
//!   then:
//!     objects:
//!       Deployment/web: {spec: {replicas: 3}}
//! ```

mod deed;
mod expected;
mod find;
mod matching;
mod meets;
mod play;
mod read;
mod snapshot;
mod then;

pub use deed::Deed;
pub use expected::{Expected, Told, Wish};
pub use find::{Found, find, module_of};
pub use matching::{Differs, differences};
pub use play::{Loads, Player, Verdict, begun, objects, play};
pub use read::{Given, Scenario, Step, read};
pub use snapshot::Snapshots;
