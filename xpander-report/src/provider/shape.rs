use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! shapes {
    ($($(#[$doc:meta])* $shape:ident = $name:literal,)*) => {
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
            $(#[doc = concat!("`", $name, "`: ")] $(#[$doc])* $shape,)*
        }

        impl Shape {
            /// The shape's name, such as `openai.chat`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$shape => $name,)*
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
    OpenAiChat = "openai.chat",
    /// the older completions of OpenAI, and of the servers that speak it.
    OpenAiCompletions = "openai.completions",
    /// OpenAI's Responses API.
    OpenAiResponses = "openai.responses",
    /// OpenAI's transcriptions of what was said.
    OpenAiTranscription = "openai.transcription",
    /// OpenAI's images.
    OpenAiImages = "openai.images",
    /// Gemini, on Google's own API and on Vertex AI.
    Gemini = "gemini",
    /// Gemini's interactions.
    GeminiInteractions = "gemini.interactions",
    /// the predictions of Vertex AI's older models of text.
    VertexPredict = "vertex.predict",
    /// Anthropic's Messages API, also on Bedrock and Vertex AI.
    AnthropicMessages = "anthropic.messages",
    /// Anthropic's first API, of one text.
    AnthropicLegacy = "anthropic.legacy",
    /// Bedrock's Converse API, and Nova's own, which is the same.
    BedrockConverse = "bedrock.converse",
    /// Amazon Titan through Bedrock.
    BedrockTitan = "bedrock.titan",
    /// Llama through Bedrock.
    BedrockLlama = "bedrock.llama",
    /// AI21's Jurassic, also through Bedrock.
    BedrockAi21 = "bedrock.ai21",
    /// Mistral through Bedrock.
    BedrockMistral = "bedrock.mistral",
    /// Cohere's second API.
    CohereV2 = "cohere.v2",
    /// Cohere's first API: chat.
    CohereV1 = "cohere.v1",
    /// Cohere's first API: generate.
    CohereGenerate = "cohere.generate",
    /// Ollama's own API: chat and generate.
    Ollama = "ollama",
    /// Hugging Face's text generation inference.
    Tgi = "tgi",
    /// xAI's gRPC API, as JSON.
    Xai = "xai",
    /// Mistral's conversations, with its agents.
    MistralConversations = "mistral.conversations",
    /// Alibaba's DashScope.
    DashScope = "dashscope",
    /// IBM's watsonx: text generation.
    Watsonx = "watsonx",
    /// Replicate's predictions.
    Replicate = "replicate",
    /// Cloudflare's Workers AI.
    Cloudflare = "cloudflare",
    /// Meta's own API of Llama.
    MetaLlama = "meta.llama",
    /// the native API of llama.cpp's server.
    LlamaCpp = "llamacpp",
    /// Aleph Alpha's completions.
    AlephAlpha = "alephalpha",
    /// the Rust crate `rig`'s own response.
    Rig = "rig",
    /// the Rust crate `genai`'s own response.
    Genai = "genai",
    /// the Rust crate `langchain-rust`'s own response.
    Langchain = "langchain",
    /// embeddings, of any provider.
    Embeddings = "embeddings",
    /// documents in the order of their relevance, of any provider.
    Rerank = "rerank",
    /// a provider's error.
    Error = "error",
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
