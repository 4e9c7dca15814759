use super::{
    agents, anthropic, choices, clouds, cohere, conversations, converse, dashscope, dify, gemini,
    genai, interactions, invoke, llama, media, responses, servers, sessions, texts, tgi,
};
use crate::provider::document::Node;
use crate::provider::stream::protocol::Protocol;

keys! { IS_FINISHED RESPONSE TEXT }

/// All protocols; the first that knows an event is it.
pub(in crate::provider) const PROTOCOLS: &[Protocol] = &[
    choices::PROTOCOL,
    responses::PROTOCOL,
    anthropic::PROTOCOL,
    gemini::PROTOCOL,
    converse::PROTOCOL,
    cohere::V2,
    cohere::V1,
    cohere::GENERATE,
    texts::OLLAMA,
    texts::LEGACY,
    texts::LLAMA_CPP,
    texts::WATSONX,
    invoke::TITAN,
    invoke::LLAMA,
    invoke::MISTRAL,
    interactions::PROTOCOL,
    conversations::PROTOCOL,
    llama::PROTOCOL,
    tgi::PROTOCOL,
    genai::PROTOCOL,
    dashscope::PROTOCOL,
    media::TRANSCRIPTION,
    media::IMAGES,
    media::SPEECH,
    sessions::GEMINI_LIVE,
    sessions::SONIC,
    servers::SGLANG,
    servers::LM_STUDIO,
    servers::REPLICATE,
    clouds::CLOUDFLARE,
    clouds::YANDEX,
    clouds::BAIDU,
    clouds::KNOWLEDGE_BASE,
    clouds::ORACLE,
    clouds::ORACLE_COHERE,
    dify::PROTOCOL,
    agents::CLAUDE_CODE,
    agents::CODEX,
    agents::GEMINI_CLI,
];

/// The protocol of an event. If there is none, whether a later event may tell: events of Cohere through Bedrock and of
/// Cloudflare have little more than a text.
pub(in crate::provider) fn find(event: &Node<'_>) -> (Option<&'static Protocol>, bool) {
    let mut protocols = PROTOCOLS.iter();
    let protocol = protocols.find(|protocol| (protocol.matches)(event));
    let is_early = event[TEXT].is_text() && event[IS_FINISHED] == Node::Bool(false)
        || event[RESPONSE].is_text() && event.has_only(&[RESPONSE]);
    (protocol, protocol.is_none() && is_early)
}
