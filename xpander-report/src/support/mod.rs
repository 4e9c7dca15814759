//! Helpers for all other folders. They do not know about reports.

pub(crate) mod block_on;
pub(crate) mod bounded;
pub(crate) mod diagnostics;
pub(crate) mod error_chain;
#[cfg(feature = "http")]
pub(crate) mod exit;
#[cfg(feature = "http")]
pub(crate) mod folder;
pub(crate) mod genai_content;
pub(crate) mod panics;
#[cfg(feature = "http")]
pub(crate) mod process;
pub(crate) mod random;
#[cfg(feature = "http")]
pub(crate) mod runtime;
pub(crate) mod suppress;
pub(crate) mod sync;
pub(crate) mod text;
