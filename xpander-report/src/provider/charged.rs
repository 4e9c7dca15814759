//! The price-related fields besides usage: the provider that charges, the tier, and the charged amount.

use crate::provider::billing::Billing;
use crate::provider::document::Node;
use crate::provider::usage::Usage;

keys! {
    BYOK_USAGE_INFERENCE COST COST_DETAILS COST_IN_USD_TICKS DATA ESTIMATED_COST ID IS_BYOK LOAD_DURATION
    MODEL_INFO PROMPT_CACHE_HIT_TOKENS PROVIDER QUEUE_TIME RUNTIME SERVICE_TIER STATS SYSTEM_FINGERPRINT
    TIMINGS TOTAL_COST TOTAL_COST_USD TOTAL_DURATION TRAFFIC_TYPE TYPE UPSTREAM_INFERENCE_COST USAGE
    USAGE_METADATA X_GROQ
}

/// What a document of any shape says of its price, with the usage that its shape reads.
pub(super) fn billing(document: &Node<'_>, usage: Usage) -> Billing {
    Billing {
        provider: usage.provider.or_else(|| provider(document)),
        service_tier: service_tier(document).map(str::to_owned),
        charged_nanodollars: charged(document).and_then(nanodollars),
        ..usage.billing()
    }
}

/// The provider that answered, by fields that no other provider adds.
fn provider(document: &Node<'_>) -> Option<&'static str> {
    let id = &document[ID];
    let usage = &document[USAGE];
    let fingerprint = &document[SYSTEM_FINGERPRINT];
    if id.starts_with("gen-") && document[PROVIDER].is_text() || usage.has(IS_BYOK) {
        Some("openrouter")
    } else if document[X_GROQ].is_object() || usage.has(QUEUE_TIME) {
        Some("groq")
    } else if usage.has(PROMPT_CACHE_HIT_TOKENS) {
        Some("deepseek")
    } else if usage.has(COST_IN_USD_TICKS) {
        Some("xai")
    } else if id.starts_with("msg_bdrk_") {
        Some("aws")
    } else if id.starts_with("msg_vrtx_") {
        Some("google")
    } else if fingerprint.is("fp_ollama")
        || document.has(TOTAL_DURATION) && document.has(LOAD_DURATION)
    {
        Some("ollama")
    } else if document[TIMINGS].is_object() {
        Some("llamacpp")
    } else if document[STATS].is_object()
        && (document[MODEL_INFO].is_object()
            || document[RUNTIME].is_object()
            || document.has(SYSTEM_FINGERPRINT))
    {
        Some("lmstudio")
    } else if is_openai_tier(&document[SERVICE_TIER]) {
        Some("openai")
    } else {
        None
    }
}

/// Servers that speak OpenAI's API leave its tier out, or say null.
fn is_openai_tier(tier: &Node<'_>) -> bool {
    ["default", "flex", "priority", "fast", "scale"]
        .into_iter()
        .any(|known| tier.is(known))
}

fn service_tier<'n>(document: &'n Node<'_>) -> Option<&'n str> {
    let metadata = &document[USAGE_METADATA];
    [
        &document[SERVICE_TIER],
        &document[SERVICE_TIER][TYPE],
        &document[USAGE][SERVICE_TIER],
        &metadata[SERVICE_TIER],
        &metadata[TRAFFIC_TYPE],
    ]
    .into_iter()
    .find_map(Node::text)
}

/// What the provider says it charged, in dollars.
fn charged(document: &Node<'_>) -> Option<f64> {
    const TICKS_PER_DOLLAR: f64 = 1e10;
    let usage = &document[USAGE];
    let cost = usage[COST].number().or_else(|| {
        let ticks = usage[COST_IN_USD_TICKS].number();
        ticks.map(|ticks| ticks / TICKS_PER_DOLLAR)
    });
    let cost = cost
        .or_else(|| usage[COST][TOTAL_COST].number())
        .or_else(|| usage[ESTIMATED_COST].number())
        .or_else(|| document[TOTAL_COST_USD].number())
        .or_else(|| document[DATA][TOTAL_COST].number())?;
    // If the user has a key of the model's provider, OpenRouter charges only a fee, and the provider charges the rest.
    let data = &document[DATA];
    let beside = if usage[IS_BYOK] == Node::Bool(true) {
        usage[COST_DETAILS][UPSTREAM_INFERENCE_COST].number()
    } else if data[IS_BYOK] == Node::Bool(true) {
        data[UPSTREAM_INFERENCE_COST]
            .number()
            .or_else(|| data[BYOK_USAGE_INFERENCE].number())
    } else {
        None
    };
    Some(cost + beside.unwrap_or(0.0))
}

/// The amount in billionths of a dollar. `None` if it is implausible.
fn nanodollars(dollars: f64) -> Option<u64> {
    const MAX_DOLLARS: f64 = 1e6;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was found to be in range"
    )]
    (0.0..=MAX_DOLLARS)
        .contains(&dollars)
        .then(|| (dollars * 1e9).round() as u64)
}
