//! Guest modules of Innkeeper: load, check, compile, limit, call, swap.
//!
//! [`Engine::load`] makes a [`Module`] of a file's bytes, or says why not; [`Engine::call`] asks a module
//! what should be; [`Folder`] tells which files of a folder hold which bytes. A guest gets nothing but what
//! `wit/` says: no WASI is linked. Every call has a fresh instance and is bounded; a module's start
//! function, if it has one, runs within the same bounds.
//!
//! This crate knows wasm and files, and nothing of Kubernetes' API: it blocks, and starts threads of its own.

mod bindings;
mod cache;
mod call;
mod check;
mod code;
mod compiler;
mod convert;
mod count;
mod describe;
mod engine;
mod error;
mod failure;
mod folder;
mod imports;
mod load;
mod log;
mod look;
mod measure;
mod size;
mod state;
mod ticker;

pub use cache::{Cache, CacheError};
pub use call::Answer;
pub use compiler::{Bounds, Compiler, compile_for_parent};
pub use engine::{CALLS, Engine, EngineError};
pub use error::{LoadError, MAX_SIZE, Text};
pub use folder::{Change, Changes, Folder, FolderError};
pub use imports::imports;
pub use load::{Module, sentence};
pub use log::{BYTES as LOG_BYTES, LINE as LOG_LINE, LINES as LOG_LINES, Level, LogLine};
pub use measure::Parts;
pub use state::Shown;
