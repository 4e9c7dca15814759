//! The provider whose prices apply: the one that the response's shape or a gateway shows, else the one that the model's
//! name suggests.

use jiff::Timestamp;
use xpander_report::{Billing, ProviderResponse, Shape};

use super::classes::Classes;
use super::list::{self, Context};
use crate::model::charge::Basis;

/// The server that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A local server.
    Local(&'static str),
    /// A provider, by its name in the price list.
    Known(&'static str),
    /// An OpenAI-compatible server, OpenAI's or another one.
    LikeOpenAi,
    Unknown,
}

impl Source {
    pub(super) fn of(response: &ProviderResponse) -> Self {
        let is_of_a_cloud = || {
            let model = response.model.as_deref().unwrap_or_default();
            model.ends_with("-cloud") || model.ends_with(":cloud")
        };
        match response.billing.provider {
            // Ollama's cloud is not free.
            Some("ollama") if is_of_a_cloud() => return Self::Unknown,
            Some("ollama") => return Self::Local("Ollama"),
            Some("llamacpp") => return Self::Local("llama.cpp"),
            Some("lmstudio") => return Self::Local("LM Studio"),
            Some("xai") => return Self::Known("x-ai"),
            Some(provider) => return Self::Known(provider),
            None => {}
        }
        match response.shape {
            Shape::Ollama if is_of_a_cloud() => Self::Unknown,
            Shape::Ollama => Self::Local("Ollama"),
            Shape::LlamaCpp => Self::Local("llama.cpp"),
            Shape::LmStudio => Self::Local("LM Studio"),
            Shape::AnthropicMessages | Shape::AnthropicLegacy | Shape::ClaudeCode => {
                Self::Known("anthropic")
            }
            Shape::Gemini
            | Shape::GeminiLive
            | Shape::GeminiInteractions
            | Shape::GeminiCli
            | Shape::VertexPredict => Self::Known("google"),
            Shape::BedrockConverse
            | Shape::BedrockTitan
            | Shape::BedrockLlama
            | Shape::BedrockAi21
            | Shape::BedrockMistral
            | Shape::BedrockSonic
            | Shape::BedrockKnowledgeBase => Self::Known("aws"),
            Shape::CohereV1 | Shape::CohereV2 | Shape::CohereGenerate => Self::Known("cohere"),
            Shape::Xai => Self::Known("x-ai"),
            Shape::MistralConversations => Self::Known("mistral"),
            Shape::Cloudflare => Self::Known("cloudflare"),
            Shape::MetaLlama => Self::Known("meta"),
            Shape::OpenRouterGeneration => Self::Known("openrouter"),
            Shape::OpenAiChat
            | Shape::OpenAiCompletions
            | Shape::OpenAiResponses
            | Shape::OpenAiImages
            | Shape::OpenAiSpeech
            | Shape::OpenAiTranscription
            | Shape::Codex
            | Shape::Embeddings => Self::LikeOpenAi,
            _ => Self::Unknown,
        }
    }

    /// The list's price in dollars, and its provider.
    pub(super) fn listed(
        self,
        model: &str,
        classes: &Classes,
        billing: &Billing,
        at: Timestamp,
    ) -> Option<(f64, Basis)> {
        let tier = tier(billing);
        let context = Context {
            // A batch is a kind of request, not a tier.
            tier: tier.as_deref().filter(|tier| *tier != BATCH),
            is_batch: tier.as_deref() == Some(BATCH),
            at,
        };
        let model = model.strip_prefix("models/").unwrap_or(model);
        let of = |provider: Option<&str>, assumed: bool| {
            let price = list::price(provider, model, classes, context)?;
            let is_usual = || {
                let usual = Context {
                    tier: None,
                    is_batch: false,
                    ..context
                };
                list::price(provider, model, classes, usual).as_ref() == Some(&price)
            };
            let usual = tier.is_some() && is_usual();
            let basis = Basis::List {
                provider: price.provider,
                model: price.model,
                assumed,
                usual,
            };
            Some((price.dollars, basis))
        };
        if let Self::Known(provider) = self {
            let known = of(Some(provider), false);
            // A host or a gateway has its own prices, so the price of the model's maker does not apply.
            if known.is_some() || !is_spoken_by_others(provider) {
                return known;
            }
        }
        // A gateway may put the provider in front of the model.
        let gateway = model.contains('/').then_some(list::GATEWAY);
        let like_openai = || match self {
            Self::LikeOpenAi => of(Some("openai"), true),
            _ => None,
        };
        of(gateway, true).or_else(like_openai)
    }
}

/// Whether other servers implement this provider's API as well.
fn is_spoken_by_others(provider: &str) -> bool {
    matches!(provider, "openai" | "anthropic" | "aws" | "google")
}

const BATCH: &str = "batch";

/// The tier of service, where it is not the usual one. A line of a batch's results has the tier `batch`.
pub(super) fn tier(billing: &Billing) -> Option<String> {
    if billing.is_batch {
        return Some(BATCH.to_owned());
    }
    let tier = billing.service_tier.as_deref()?.to_ascii_lowercase();
    // Vertex AI's name for a tier.
    let tier = tier.strip_prefix("on_demand_").unwrap_or(&tier);
    let tier = tier.strip_prefix("service_tier_").unwrap_or(tier);
    let is_usual = matches!(
        tier,
        "default" | "standard" | "auto" | "on_demand" | "unspecified"
    );
    (!is_usual && tier.len() <= 32).then(|| tier.to_owned())
}
