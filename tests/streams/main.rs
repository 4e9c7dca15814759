//! What is read from the streams of LLM providers: of every protocol, of every way to record it, and of
//! streams that are cut off, fail or mean no good.

mod told;

mod agents;
mod anthropic;
mod bedrock;
mod calls;
mod clouds;
mod cohere;
mod gemini;
mod hostile;
mod ollama;
mod openai_chat;
mod openai_completions;
mod openai_responses;
mod others;
mod recordings;
mod sessions;
mod usage;
