//! What a provider's response says: its shape by structure alone, then text, tokens, tools and failure.
//!
//! Each shape is a [`Format`](format::Format) in a file of its own; [`FORMATS`](shapes::FORMATS) is their order. What
//! stands around an answer is an [`envelope`].

#[macro_use]
mod key;

mod answer;
#[cfg(feature = "bedrock")]
pub(crate) mod bedrock;
pub(crate) mod billing;
mod charged;
mod document;
mod envelope;
mod event;
mod failure;
mod format;
pub(crate) mod llm_response;
mod read;
mod reading;
pub(crate) mod response;
pub(crate) mod scan;
pub(crate) mod shape;
mod shapes;
pub(crate) mod stream;
mod surrogates;
mod tape;
mod usage;
mod vocabulary;
