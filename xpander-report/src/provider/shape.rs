use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! shapes {
    ($($(#[doc = $about:literal])* $shape:ident = $name:literal;)*) => {
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

            /// The provider as OpenTelemetry's conventions call it; `None` if the shape does not tell it. OpenAI's shapes
            /// count as OpenAI's, whoever speaks them.
            #[cfg(feature = "tracing")]
            pub(crate) const fn provider(self) -> Option<&'static str> {
                Some(match self {
                    Self::OpenAiChat
                    | Self::OpenAiCompletions
                    | Self::OpenAiResponses
                    | Self::OpenAiImages
                    | Self::OpenAiSpeech
                    | Self::OpenAiTranscription
                    | Self::Codex => "openai",
                    Self::AnthropicMessages | Self::AnthropicLegacy | Self::ClaudeCode => "anthropic",
                    Self::Gemini | Self::GeminiLive | Self::GeminiInteractions | Self::GeminiCli => {
                        "gcp.gemini"
                    }
                    Self::VertexPredict => "gcp.vertex_ai",
                    Self::BedrockConverse
                    | Self::BedrockTitan
                    | Self::BedrockLlama
                    | Self::BedrockAi21
                    | Self::BedrockMistral
                    | Self::BedrockSonic
                    | Self::BedrockKnowledgeBase => "aws.bedrock",
                    Self::CohereV2 | Self::CohereV1 | Self::CohereGenerate => "cohere",
                    Self::MistralConversations => "mistral_ai",
                    Self::Watsonx => "ibm.watsonx.ai",
                    Self::Xai => "x_ai",
                    Self::Embeddings
                    | Self::Rerank
                    | Self::Error
                    | Self::Rig
                    | Self::Genai
                    | Self::Langchain => return None,
                    other => other.name(),
                })
            }

            /// Whether the provider counts tokens that were read from or written to its cache separately from the
            /// prompt.
            #[cfg(feature = "tracing")]
            pub(crate) const fn counts_cached_apart(self) -> bool {
                matches!(
                    self,
                    Self::AnthropicMessages | Self::BedrockConverse | Self::ClaudeCode
                )
            }

            /// The option that a request must set for its stream to include usage. `None`: streams of this API always
            /// include it.
            pub(crate) const fn usage_option(self) -> Option<&'static str> {
                match self {
                    Self::OpenAiChat | Self::OpenAiCompletions => {
                        Some(r#"`stream_options.include_usage` in the request: "stream_options": {"include_usage": true}"#)
                    }
                    Self::Genai => Some("`ChatOptions::with_capture_usage(true)`"),
                    _ => None,
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
    /// chat completions of OpenAI and of compatible servers.
    OpenAiChat = "openai.chat";
    /// the older completions of OpenAI and of compatible servers.
    OpenAiCompletions = "openai.completions";
    /// OpenAI's Responses API, and the responses of its Realtime API.
    OpenAiResponses = "openai.responses";
    /// Gemini, on Google's own API and on Vertex AI.
    Gemini = "gemini";
    /// Anthropic's Messages API, also on Bedrock and Vertex AI.
    AnthropicMessages = "anthropic.messages";
    /// Bedrock's Converse API, and Nova's own API, which has the same form.
    BedrockConverse = "bedrock.converse";
    /// Cohere's second API, also on Oracle's cloud.
    CohereV2 = "cohere.v2";
    /// Cohere's first API: chat, also on Oracle's cloud.
    CohereV1 = "cohere.v1";
    /// Cohere's first API: generate.
    CohereGenerate = "cohere.generate";
    /// Ollama's own API: chat and generate.
    Ollama = "ollama";
    /// xAI's gRPC API, as JSON.
    Xai = "xai";
    /// Amazon Titan through Bedrock.
    BedrockTitan = "bedrock.titan";
    /// Llama through Bedrock.
    BedrockLlama = "bedrock.llama";
    /// AI21's Jurassic, also through Bedrock.
    BedrockAi21 = "bedrock.ai21";
    /// Mistral through Bedrock.
    BedrockMistral = "bedrock.mistral";
    /// a session with Nova Sonic through Bedrock.
    BedrockSonic = "bedrock.sonic";
    /// Bedrock's answers from a knowledge base.
    BedrockKnowledgeBase = "bedrock.knowledge_base";
    /// Anthropic's first API: text completions.
    AnthropicLegacy = "anthropic.legacy";
    /// Aleph Alpha's completions.
    AlephAlpha = "alephalpha";
    /// Cloudflare's Workers AI.
    Cloudflare = "cloudflare";
    /// Mistral's conversations, with its agents.
    MistralConversations = "mistral.conversations";
    /// Alibaba's DashScope.
    DashScope = "dashscope";
    /// Baidu's ERNIE.
    Baidu = "baidu";
    /// YandexGPT.
    Yandex = "yandex";
    /// Dify's chats and workflows.
    Dify = "dify";
    /// OpenRouter's record of a completed generation.
    OpenRouterGeneration = "openrouter.generation";
    /// a session with Gemini's Live API.
    GeminiLive = "gemini.live";
    /// Gemini's interactions.
    GeminiInteractions = "gemini.interactions";
    /// images of OpenAI and of compatible servers.
    OpenAiImages = "openai.images";
    /// OpenAI's speech streams.
    OpenAiSpeech = "openai.speech";
    /// transcriptions of OpenAI and of compatible servers.
    OpenAiTranscription = "openai.transcription";
    /// predictions of Vertex AI's older text models.
    VertexPredict = "vertex.predict";
    /// Meta's own API of Llama.
    MetaLlama = "meta.llama";
    /// the native API of llama.cpp's server.
    LlamaCpp = "llamacpp";
    /// LM Studio's own API.
    LmStudio = "lmstudio";
    /// SGLang's own API.
    Sglang = "sglang";
    /// Replicate's predictions.
    Replicate = "replicate";
    /// IBM's watsonx: text generation.
    Watsonx = "watsonx";
    /// what Claude Code prints as JSON.
    ClaudeCode = "claude.code";
    /// what Codex prints as JSON.
    Codex = "codex";
    /// what Gemini CLI prints as JSON.
    GeminiCli = "gemini.cli";
    /// the Rust crate `rig`'s own response.
    Rig = "rig";
    /// the Rust crate `genai`'s own response.
    Genai = "genai";
    /// the Rust crate `langchain-rust`'s own response.
    Langchain = "langchain";
    /// Hugging Face's text generation inference.
    Tgi = "tgi";
    /// embeddings, of any provider.
    Embeddings = "embeddings";
    /// documents in the order of their relevance, of any provider.
    Rerank = "rerank";
    /// a provider's error.
    Error = "error";
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
