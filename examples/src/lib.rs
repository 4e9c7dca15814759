//! Shared code of the examples: a language model to call.
//!
//! The examples call a model the way any program does, through [`async_openai`] and HTTP. If `OPENAI_API_KEY` or
//! `OPENAI_BASE_URL` is set, that is OpenAI or any compatible server. Otherwise it is the embedded endpoint of this
//! crate, so that every example runs without setup.
//!
//! The embedded endpoint is small but real: it answers over HTTP on 127.0.0.1, reads the request, summarises its text,
//! counts the tokens, and fails as a model would.
//!
//! - [`model`]: the client the examples use, and the embedded endpoint behind it.
//! - [`summary`]: the extractive summary the embedded endpoint answers with.
//! - [`tokens`]: the tokens it counts.
//! - [`tls`]: the TLS provider an `https` base URL needs.

pub mod model;
pub mod summary;
pub mod tls;
pub mod tokens;
