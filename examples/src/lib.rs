//! What the examples share: a language model to call.
//!
//! The examples call a model the way any program does, through [`async_openai`] and HTTP. With
//! `OPENAI_API_KEY` or `OPENAI_BASE_URL` set that is OpenAI or any server speaking its protocol.
//! Without them it is the embedded endpoint of this crate, so that every example runs as it stands.
//!
//! The embedded endpoint is small but not a stub: it answers over HTTP on 127.0.0.1, reads what it
//! is sent, summarises it, counts the tokens and fails where a model fails.
//!
//! - [`model`]: the client the examples use, and the embedded endpoint behind it.
//! - [`summary`]: the extractive summary the embedded endpoint answers with.
//! - [`tokens`]: the tokens it counts.
//! - [`tls`]: the TLS provider an `https` base URL needs.

pub mod model;
pub mod summary;
pub mod tls;
pub mod tokens;
