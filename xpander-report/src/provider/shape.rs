//! All that is read, in the order in which it is tried.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    Format, aleph_alpha, anthropic, baidu, chat, claude_code, cloudflare, codex, cohere,
    completions, conversations, converse, dashscope, dify, embeddings, gemini, gemini_cli,
    gemini_live, genai, images, interactions, invoke, knowledge_base, langchain, llama, llama_cpp,
    lm_studio, ollama, openrouter, provider_error, replicate, rerank, responses, rig, sglang,
    sonic, speech, tgi, transcription, vertex, watsonx, xai, yandex,
};

macro_rules! shapes {
    ($($(#[doc = $about:literal])* $shape:ident = $name:literal: $($format:path),+;)*) => {
        /// Which API a provider's response comes from. Displayed, and serialised, as its name.
        ///
        /// ```
        /// use xpander_report::Shape;
        ///
        /// assert_eq!(Shape::OpenAiChat.to_string(), "openai.chat");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Shape {
            $(#[doc = concat!("`", $name, "`:", $($about),*)] $shape,)*
        }

        /// The first that matches is it.
        pub(super) const FORMATS: &[Format] = &[$($($format),+),*];

        impl Shape {
            /// All shapes that are read.
            ///
            /// ```
            /// use xpander_report::Shape;
            ///
            /// assert!(Shape::ALL.contains(&Shape::Gemini));
            /// ```
            pub const ALL: &[Self] = &[$(Self::$shape),*];

            /// The shape's name, such as `openai.chat`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$shape => $name,)*
                }
            }

            /// What it is, in words.
            ///
            /// ```
            /// use xpander_report::Shape;
            ///
            /// assert_eq!(Shape::Ollama.about(), "Ollama's own API: chat and generate.");
            /// ```
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$shape => concat!($($about),*).trim_ascii(),)*
                }
            }

            /// Whether a Rust crate made it of a provider's responses.
            pub(crate) const fn is_of_a_crate(self) -> bool {
                matches!(self, Self::Rig | Self::Genai | Self::Langchain)
            }
        }
    };
}

shapes! {
    /// chat completions of OpenAI, and of the many servers that speak it.
    OpenAiChat = "openai.chat": chat::FORMAT;
    /// the older completions of OpenAI, and of the servers that speak it.
    OpenAiCompletions = "openai.completions": completions::FORMAT;
    /// OpenAI's Responses API, and the responses of its Realtime API.
    OpenAiResponses = "openai.responses": responses::FORMAT;
    /// Gemini, on Google's own API and on Vertex AI.
    Gemini = "gemini": gemini::FORMAT;
    /// Anthropic's Messages API, also on Bedrock and Vertex AI.
    AnthropicMessages = "anthropic.messages": anthropic::MESSAGES;
    /// Bedrock's Converse API, and Nova's own, which is the same.
    BedrockConverse = "bedrock.converse": converse::FORMAT;
    /// Cohere's second API, also on Oracle's cloud.
    CohereV2 = "cohere.v2": cohere::V2;
    /// Cohere's first API: chat, also on Oracle's cloud.
    CohereV1 = "cohere.v1": cohere::V1;
    /// Cohere's first API: generate.
    CohereGenerate = "cohere.generate": cohere::GENERATE;
    /// Ollama's own API: chat and generate.
    Ollama = "ollama": ollama::FORMAT;
    /// xAI's gRPC API, as JSON.
    Xai = "xai": xai::FORMAT;
    /// Amazon Titan through Bedrock.
    BedrockTitan = "bedrock.titan": invoke::TITAN;
    /// Llama through Bedrock.
    BedrockLlama = "bedrock.llama": invoke::LLAMA;
    /// AI21's Jurassic, also through Bedrock.
    BedrockAi21 = "bedrock.ai21": invoke::AI21;
    /// Mistral through Bedrock.
    BedrockMistral = "bedrock.mistral": invoke::MISTRAL;
    /// a session with Nova Sonic through Bedrock.
    BedrockSonic = "bedrock.sonic": sonic::FORMAT;
    /// Bedrock's answers from a knowledge base.
    BedrockKnowledgeBase = "bedrock.knowledge_base": knowledge_base::FORMAT;
    /// Anthropic's first API, of one text.
    AnthropicLegacy = "anthropic.legacy": anthropic::LEGACY;
    /// Aleph Alpha's completions.
    AlephAlpha = "alephalpha": aleph_alpha::FORMAT;
    /// Cloudflare's Workers AI.
    Cloudflare = "cloudflare": cloudflare::FORMAT, cloudflare::INSIDE;
    /// Mistral's conversations, with its agents.
    MistralConversations = "mistral.conversations": conversations::FORMAT;
    /// Alibaba's DashScope.
    DashScope = "dashscope": dashscope::FORMAT;
    /// Baidu's ERNIE.
    Baidu = "baidu": baidu::FORMAT;
    /// YandexGPT.
    Yandex = "yandex": yandex::FORMAT;
    /// Dify's chats and workflows.
    Dify = "dify": dify::MESSAGE, dify::WORKFLOW;
    /// what OpenRouter tells later of a generation.
    OpenRouterGeneration = "openrouter.generation": openrouter::GENERATION;
    /// a session with Gemini's Live API.
    GeminiLive = "gemini.live": gemini_live::FORMAT;
    /// Gemini's interactions.
    GeminiInteractions = "gemini.interactions": interactions::FORMAT;
    /// OpenAI's images, and those of others.
    OpenAiImages = "openai.images": images::FORMAT, images::LINKS;
    /// OpenAI's speech, as it is streamed.
    OpenAiSpeech = "openai.speech": speech::FORMAT;
    /// OpenAI's transcriptions of what was said, and those of others.
    OpenAiTranscription = "openai.transcription": transcription::FORMAT, transcription::PLAIN;
    /// the predictions of Vertex AI's older models of text.
    VertexPredict = "vertex.predict": vertex::FORMAT;
    /// Meta's own API of Llama.
    MetaLlama = "meta.llama": llama::FORMAT;
    /// the native API of llama.cpp's server.
    LlamaCpp = "llamacpp": llama_cpp::FORMAT;
    /// LM Studio's own API.
    LmStudio = "lmstudio": lm_studio::FORMAT;
    /// SGLang's own API.
    Sglang = "sglang": sglang::FORMAT;
    /// Replicate's predictions.
    Replicate = "replicate": replicate::FORMAT;
    /// IBM's watsonx: text generation.
    Watsonx = "watsonx": watsonx::FORMAT;
    /// what Claude Code prints as JSON.
    ClaudeCode = "claude.code": claude_code::FORMAT;
    /// what Codex prints as JSON.
    Codex = "codex": codex::FORMAT;
    /// what Gemini CLI prints as JSON.
    GeminiCli = "gemini.cli": gemini_cli::FORMAT;
    /// the Rust crate `rig`'s own response.
    Rig = "rig": rig::COMPLETION, rig::PROMPT;
    /// the Rust crate `genai`'s own response.
    Genai = "genai": genai::FORMAT;
    /// the Rust crate `langchain-rust`'s own response.
    Langchain = "langchain": langchain::FORMAT;
    /// Hugging Face's text generation inference.
    Tgi = "tgi": tgi::FORMAT;
    /// embeddings, of any provider.
    Embeddings = "embeddings": embeddings::FORMAT;
    /// documents in the order of their relevance, of any provider.
    Rerank = "rerank": rerank::FORMAT;
    /// a provider's error.
    Error = "error": provider_error::FORMAT, provider_error::BARE;
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
