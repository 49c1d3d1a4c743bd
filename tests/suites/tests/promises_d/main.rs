//! Promises about finishing (D) that are proved against a real API server. What is needed in a real cluster is
//! Kubernetes' own garbage collection and namespace controller: they run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]

mod bench;
mod cascade;
mod d02_finalizing;
mod d02_order;
mod d03_guest;
mod d03_unseen;
mod d04_namespaces;
mod d05_reconciler;
