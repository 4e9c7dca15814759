//! What is read from the streams of LLM providers: of every protocol, of every way to record it, and of
//! streams that are cut off, fail or mean no good.

#[path = "streams/told.rs"]
mod told;

#[path = "streams/agents.rs"]
mod agents;
#[path = "streams/anthropic.rs"]
mod anthropic;
#[path = "streams/bedrock.rs"]
mod bedrock;
#[path = "streams/calls.rs"]
mod calls;
#[path = "streams/clouds.rs"]
mod clouds;
#[path = "streams/cohere.rs"]
mod cohere;
#[path = "streams/gemini.rs"]
mod gemini;
#[path = "streams/hostile.rs"]
mod hostile;
#[path = "streams/ollama.rs"]
mod ollama;
#[path = "streams/openai_chat.rs"]
mod openai_chat;
#[path = "streams/openai_completions.rs"]
mod openai_completions;
#[path = "streams/openai_responses.rs"]
mod openai_responses;
#[path = "streams/others.rs"]
mod others;
#[path = "streams/recordings.rs"]
mod recordings;
#[path = "streams/sessions.rs"]
mod sessions;
#[path = "streams/usage.rs"]
mod usage;
