//! What is read from the responses of LLM providers: every shape, as its API gives it.

#[path = "shapes/says.rs"]
mod says;

#[path = "shapes/anthropic.rs"]
mod anthropic;
#[path = "shapes/bedrock.rs"]
mod bedrock;
#[path = "shapes/clouds.rs"]
mod clouds;
#[path = "shapes/cohere.rs"]
mod cohere;
#[path = "shapes/crates.rs"]
mod crates;
#[path = "shapes/embeddings.rs"]
mod embeddings;
#[path = "shapes/envelopes.rs"]
mod envelopes;
#[path = "shapes/error.rs"]
mod error;
#[path = "shapes/gemini.rs"]
mod gemini;
#[path = "shapes/list.rs"]
mod list;
#[path = "shapes/odd.rs"]
mod odd;
#[path = "shapes/ollama.rs"]
mod ollama;
#[path = "shapes/openai_chat.rs"]
mod openai_chat;
#[path = "shapes/openai_completions.rs"]
mod openai_completions;
#[path = "shapes/openai_media.rs"]
mod openai_media;
#[path = "shapes/openai_responses.rs"]
mod openai_responses;
#[path = "shapes/ordinary.rs"]
mod ordinary;
#[path = "shapes/others.rs"]
mod others;
#[path = "shapes/reasons.rs"]
mod reasons;
#[path = "shapes/rerank.rs"]
mod rerank;
#[path = "shapes/tgi.rs"]
mod tgi;
#[path = "shapes/xai.rs"]
mod xai;
