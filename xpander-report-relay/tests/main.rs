//! The relay, over HTTP and with a platform behind it.
//!
//! One binary holds all tests: each further binary would link the whole package again.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

mod access;
mod conservation;
mod hostile;
mod keeping;
mod reporting;
mod seeing;
mod support;
