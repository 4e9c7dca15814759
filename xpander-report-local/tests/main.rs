//! The local platform, over HTTP.
//!
//! One binary holds all tests: each further binary would link the whole package again.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod access;
mod connections;
mod exporting;
mod faults;
mod hostile;
mod keeping;
mod killed;
mod pages;
mod queries;
mod refusing;
mod reporting;
mod retention;
mod routing;
mod sdk_agents;
mod sdk_recorded;
mod sdk_reports;
mod sdk_tasks;
mod support;
mod updating;
