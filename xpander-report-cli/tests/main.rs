//! The program, run as its users run it.
//!
//! One binary holds all tests: each further binary would link the whole package again.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

mod doctor;
mod doctor_settings;
mod extract;
mod help;
mod local;
mod progress;
mod relay;
mod send;
mod send_outcome;
mod spool;
mod support;
mod tasks;
