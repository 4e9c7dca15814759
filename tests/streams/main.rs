//! Reading the streams of LLM providers: every protocol and every form of recording, and streams that are cut off, fail
//! or are hostile.

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
