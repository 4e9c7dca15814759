//! Reading the responses of LLM providers: every shape as its API returns it.

mod says;
mod serialised;

mod anthropic;
mod bedrock;
mod billing;
mod clouds;
mod cohere;
mod crates;
mod embeddings;
mod envelopes;
mod error;
mod gemini;
mod list;
mod odd;
mod ollama;
mod openai_chat;
mod openai_completions;
mod openai_media;
mod openai_responses;
mod ordinary;
mod others;
mod reasons;
mod rerank;
mod tgi;
mod xai;
