//! The kinds `Site` and `TmSource`: what a user writes, and what is shown.
#![forbid(unsafe_code)]

mod site;
mod tmsource;

pub use site::{Site, SiteSpec, SiteStatus};
pub use tmsource::{TmSource, TmSourceSpec, TmSourceStatus};
