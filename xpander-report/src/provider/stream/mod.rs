//! What a provider streams, put together: one response in the shape that it would have had unstreamed.
//!
//! Each way of streaming is a [`Protocol`](protocol::Protocol) in a file of its own; [`PROTOCOLS`](protocols::PROTOCOLS) is their order. The events
//! fill a [`Part`](part::Part) by the protocol's rules, and what that makes is read as any other response is.

mod agents;
mod anthropic;
mod choices;
mod clouds;
mod cohere;
mod conversations;
mod converse;
mod dashscope;
mod dify;
mod event_stream;
mod gemini;
mod genai;
mod growth;
mod interactions;
mod invoke;
mod llama;
mod media;
pub(super) mod metrics;
mod part;
mod protocol;
pub(super) mod protocols;
pub(crate) mod reader;
pub(crate) mod recording;
mod responses;
mod server_sent;
mod servers;
mod sessions;
mod texts;
mod tgi;
