//! Why bytes do not become a module.

use innkeeper_core::contract::Failure;

use crate::check::CONTRACT;

/// The largest file that is loaded, in bytes. Compiling takes memory and time by the size.
pub const MAX_SIZE: usize = 16 << 20;

/// Why bytes do not become a module: what is wrong, and what to do. Where there is a source, it says more.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There are no bytes.
    #[error("the file is empty (is it being written?)")]
    Empty,
    /// There are too many bytes.
    #[error(
        "the file has {size} bytes, more than the {MAX_SIZE} that are loaded; build it for release, with opt-level \
         \"s\", lto and strip"
    )]
    TooLarge {
        /// Bytes of the file.
        size: usize,
    },
    /// Another kind of file.
    #[error("the file is not WebAssembly, but {looks_like}")]
    NotWasm {
        /// What it looks like, and what to do.
        looks_like: &'static str,
    },
    /// The file ends too early.
    #[error("the file ends in the middle, at byte {offset}: it is half written or was cut off")]
    Truncated {
        /// Where something was missing.
        offset: u64,
    },
    /// The file is WebAssembly, and wrong.
    #[error("the file is not valid WebAssembly")]
    Invalid(#[source] wasmparser::BinaryReaderError),
    /// It needs something that no guest gets.
    #[error("it imports `{name}`, which is not part of the contract; {hint}")]
    Import {
        /// The import's full name.
        name: String,
        /// What to do.
        hint: &'static str,
    },
    /// It does not have what every guest has.
    #[error("it does not export `{name}`, as every guest of the world `innkeeper:guest/reconciler` must")]
    Export {
        /// What is missing.
        name: &'static str,
    },
    /// It was built for another contract.
    #[error("it was built for innkeeper:guest@{have}, this host serves {CONTRACT}; build it with an SDK of {CONTRACT}")]
    OtherVersion {
        /// The contract's version in the module.
        have: String,
    },
    /// A core module of nobody's contract.
    #[error(
        "it carries no contract: a guest is a component, or a core module built with bindings of innkeeper:guest \
         (crate-type cdylib, and tools that do not strip the section `component-type`)"
    )]
    NoContract,
    /// The core module does not fit the contract that it carries.
    #[error("the core module cannot be made a component")]
    Component(#[source] Text),
    /// The compiler or the pool refuses it.
    #[error("it cannot be compiled")]
    Compile(#[source] Text),
    /// Compiling it takes more than a module may take. Says what was exceeded.
    #[error("compiling it {0}, which is the bound; make its functions smaller, or raise the bound (`--compile-...`)")]
    CompileBound(String),
    /// The process that compiles could not be started, or not be spoken to.
    #[error("the process that compiles modules cannot be started")]
    Compiler(#[source] std::io::Error),
    /// The process that compiles ended in another way than by an answer: the module brought it down, as a rule.
    #[error("the process that compiles it ended without an answer ({how})")]
    CompilerEnded {
        /// How it ended.
        how: String,
        /// The last that it said.
        #[source]
        words: Text,
    },
    /// What the process that compiles found wrong with it.
    #[error("{text}")]
    Told {
        /// The category of what is wrong.
        category: &'static str,
        /// What is wrong.
        text: String,
    },
    /// Its imports or exports have other types than the contract says.
    #[error("its imports and exports are not those of innkeeper:guest@{CONTRACT}; build it with an SDK of {CONTRACT}")]
    Types(#[source] Text),
    /// It cannot say what it is.
    #[error("its `describe` failed")]
    Describe(#[source] Failure),
    /// `describe` looked around.
    #[error("its `describe` called `{name}`: a module must always say the same of itself, so it may call no import")]
    DescribeCalled {
        /// Which import.
        name: &'static str,
    },
    /// What it says of itself cannot be.
    #[error("its manifest is wrong: {0}")]
    Manifest(String),
}

/// What a library said, with its causes, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Text(pub(crate) String);

impl LoadError {
    /// A few words that do not change, for metrics and conditions.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Empty | Self::Truncated { .. } => "truncated",
            Self::TooLarge { .. } => "too-large",
            Self::NotWasm { .. } => "not-wasm",
            Self::Invalid(_) => "invalid",
            Self::Import { .. } => "import",
            Self::Export { .. } | Self::NoContract | Self::Component(_) | Self::Types(_) => "contract",
            Self::OtherVersion { .. } => "contract-version",
            Self::Compile(_) => "compile",
            Self::CompileBound(_) => "compile-bound",
            Self::Compiler(_) | Self::CompilerEnded { .. } => "compiler",
            Self::Told { category, .. } => category,
            Self::Describe(_) | Self::DescribeCalled { .. } => "describe",
            Self::Manifest(_) => "manifest",
        }
    }
}

/// Categories that the process that compiles may tell of.
const TOLD: &[&str] =
    &["truncated", "too-large", "not-wasm", "invalid", "import", "contract", "contract-version", "compile"];

/// The category of that name.
pub(crate) fn category(name: &str) -> &'static str {
    TOLD.iter().find(|known| **known == name).copied().unwrap_or("compile")
}
