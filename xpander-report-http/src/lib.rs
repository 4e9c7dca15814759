//! Shared server code of [`xpander-report-local`](https://docs.rs/xpander-report-local) and
//! [`xpander-report-relay`](https://docs.rs/xpander-report-relay).
//!
//! This is an internal crate of the project. Do not depend on it directly. Its API changes with the crates that use it, which pin its exact version.
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
//! # Limits
//!
//! The server speaks HTTP/1.1. It has no limit of requests per second. The servers that use it can set the last three of the
//! other limits, see [`limits::Limits`]:
//!
//! | limit | default |
//! |---|---|
//! | the head of a request | 64 KiB |
//! | the body of a request | 32 MiB |
//! | all bodies in progress | 64 MiB |
//! | open connections | half of the files that the process may open, from 16 to 4,096 |
//! | how long the next part of a request or an answer may take | 30 seconds |
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
