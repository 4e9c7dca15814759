//! Shared server code of [`xpander-report-local`](https://docs.rs/xpander-report-local) and
//! [`xpander-report-relay`](https://docs.rs/xpander-report-relay).
//!
//! Do not depend on this crate directly. Its API changes with the crates that use it, which pin its exact version.
//!
//! Before and around a handler: [`server`] and [`connections`] (who is served), [`limits`], [`access`] and [`guard`] (who gets
//! an answer), [`path`] (the organization, and the route), [`body`] and [`reader`] (what was sent), [`problem`] (every
//! refusal). [`caller`], [`report`], [`field`] and [`record`] are the forms of the platform's API.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `sqlite` | converts errors of SQLite to problems |
//! | `tls` | serves TLS with `rustls` |
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

#![warn(missing_debug_implementations)]

pub mod access;
pub mod address;
pub mod body;
pub mod caller;
pub mod connections;
pub mod field;
pub mod guard;
pub mod limits;
pub mod path;
pub mod problem;
pub mod reader;
pub mod record;
pub mod report;
pub mod server;
pub mod sync;
pub mod write_timeout;
