//! The shapes, each in a file of its own.

pub(super) mod aleph_alpha;
pub(super) mod anthropic;
pub(super) mod baidu;
pub(super) mod chat;
pub(super) mod claude_code;
pub(super) mod cloudflare;
pub(super) mod codex;
pub(super) mod cohere;
pub(super) mod completions;
pub(super) mod conversations;
pub(super) mod converse;
pub(super) mod dashscope;
pub(super) mod dify;
pub(super) mod embeddings;
pub(super) mod gemini;
pub(super) mod gemini_cli;
pub(super) mod gemini_live;
pub(super) mod genai;
pub(super) mod images;
pub(super) mod interactions;
pub(super) mod invoke;
pub(super) mod knowledge_base;
pub(super) mod langchain;
pub(super) mod llama;
pub(super) mod llama_cpp;
pub(super) mod lm_studio;
pub(super) mod ollama;
pub(super) mod openrouter;
pub(super) mod provider_error;
pub(super) mod replicate;
pub(super) mod rerank;
pub(super) mod responses;
pub(super) mod rig;
pub(super) mod sglang;
pub(super) mod sonic;
pub(super) mod speech;
pub(super) mod tgi;
pub(super) mod transcription;
pub(super) mod vertex;
pub(super) mod watsonx;
pub(super) mod xai;
pub(super) mod yandex;

use crate::provider::format::Format;

/// All that is read; the first that matches is it.
pub(super) const FORMATS: &[Format] = &[
    chat::FORMAT,
    completions::FORMAT,
    responses::FORMAT,
    gemini::FORMAT,
    anthropic::MESSAGES,
    converse::FORMAT,
    cohere::V2,
    cohere::V1,
    cohere::GENERATE,
    ollama::FORMAT,
    xai::FORMAT,
    invoke::TITAN,
    invoke::LLAMA,
    invoke::AI21,
    invoke::MISTRAL,
    sonic::FORMAT,
    knowledge_base::FORMAT,
    anthropic::LEGACY,
    aleph_alpha::FORMAT,
    cloudflare::FORMAT,
    cloudflare::INSIDE,
    conversations::FORMAT,
    dashscope::FORMAT,
    baidu::FORMAT,
    yandex::FORMAT,
    dify::MESSAGE,
    dify::WORKFLOW,
    openrouter::GENERATION,
    gemini_live::FORMAT,
    interactions::FORMAT,
    images::FORMAT,
    images::LINKS,
    speech::FORMAT,
    transcription::FORMAT,
    transcription::PLAIN,
    vertex::FORMAT,
    llama::FORMAT,
    llama_cpp::FORMAT,
    lm_studio::FORMAT,
    sglang::FORMAT,
    replicate::FORMAT,
    watsonx::FORMAT,
    claude_code::FORMAT,
    codex::FORMAT,
    gemini_cli::FORMAT,
    rig::COMPLETION,
    rig::PROMPT,
    genai::FORMAT,
    langchain::FORMAT,
    tgi::FORMAT,
    embeddings::FORMAT,
    rerank::FORMAT,
    provider_error::FORMAT,
    provider_error::BARE,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::shape::Shape;

    #[test]
    fn every_shape_is_read() {
        for shape in Shape::ALL {
            assert!(
                FORMATS.iter().any(|format| format.shape == *shape),
                "{shape}"
            );
        }
    }
}
