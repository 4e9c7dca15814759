//! The price list: the crate `genai-prices`, if the feature `cost` is on.

use jiff::Timestamp;

use super::classes::Classes;

/// The date of the price list, as 2026-01-31; `None` without the feature `cost`.
#[cfg(feature = "cost")]
pub const PRICE_LIST_DATE: Option<&str> = Some("2026-10-30");
/// The date of the price list; `None` without the feature `cost`.
#[cfg(not(feature = "cost"))]
pub const PRICE_LIST_DATE: Option<&str> = None;

/// The list's name for a gateway, which may put the provider in front of the model's name.
pub(super) const GATEWAY: &str = "litellm";

/// The conditions of a price besides the model.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "cost"),
    expect(dead_code, reason = "only the price list reads it")
)]
pub(super) struct Context<'a> {
    pub(super) tier: Option<&'a str>,
    pub(super) is_batch: bool,
    pub(super) at: Timestamp,
}

/// A price from the list.
#[derive(Debug, PartialEq)]
pub(super) struct ListPrice {
    pub(super) dollars: f64,
    pub(super) provider: String,
    pub(super) model: String,
}

#[cfg(not(feature = "cost"))]
pub(super) fn warm_up() {}

#[cfg(not(feature = "cost"))]
pub(super) fn price(_: Option<&str>, _: &str, _: &Classes, _: Context<'_>) -> Option<ListPrice> {
    None
}

/// Decodes the list on its own thread. Readers wait until it is done.
#[cfg(feature = "cost")]
pub(super) fn warm_up() {
    let thread = std::thread::Builder::new().name("xpander-local-prices".to_owned());
    // Without the thread the first report decodes it.
    let _ = thread.spawn(genai_prices::Calculator::bundled);
}

/// The price of a model by this provider, or by the one that the model's name suggests. `None` if the list does not
/// have it.
#[cfg(feature = "cost")]
pub(super) fn price(
    provider: Option<&str>,
    model: &str,
    classes: &Classes,
    context: Context<'_>,
) -> Option<ListPrice> {
    use genai_prices::{PriceRequest, Usage, UsageKey};

    let mut usage = Usage::from([
        (UsageKey::INPUT_TOKENS, classes.input as f64),
        (UsageKey::OUTPUT_TOKENS, classes.output as f64),
    ]);
    let parts = [
        (UsageKey::CACHE_READ_TOKENS, classes.cache_read),
        (UsageKey::CACHE_WRITE_TOKENS, classes.cache_write),
        (UsageKey::CACHE_WRITE_1H_TOKENS, classes.cache_write_1h),
        (UsageKey::INPUT_AUDIO_TOKENS, classes.input_audio),
        (UsageKey::INPUT_IMAGE_TOKENS, classes.input_image),
        (UsageKey::OUTPUT_AUDIO_TOKENS, classes.output_audio),
        (UsageKey::OUTPUT_IMAGE_TOKENS, classes.output_image),
        (UsageKey::OUTPUT_REASONING_TOKENS, classes.reasoning),
        (UsageKey::OUTPUT_CITATION_TOKENS, classes.citations),
        (UsageKey::WEB_SEARCHES, classes.web_searches),
    ];
    for (key, count) in parts {
        if count > 0 {
            usage.insert(key, count as f64);
        }
    }
    // If two classes overlap, the list needs the size of the overlap.
    for (key, media, cached) in [
        (
            UsageKey::CACHE_AUDIO_READ_TOKENS,
            classes.input_audio,
            classes.cached_audio,
        ),
        (
            UsageKey::CACHE_IMAGE_READ_TOKENS,
            classes.input_image,
            classes.cached_image,
        ),
    ] {
        if media > 0 && classes.cache_read > 0 {
            usage.insert(key, cached as f64);
        }
    }
    let mut request = PriceRequest::new(model, &usage).with_timestamp(context.at);
    if let Some(provider) = provider {
        request = request.with_provider_id(provider);
    }
    if let Some(tier) = context.tier {
        request = request.with_price_context("service_tier", tier);
    }
    if context.is_batch {
        request = request.with_price_context("processing", "batch");
    }
    let price = genai_prices::calculate(&request).ok()?;
    Some(ListPrice {
        dollars: price.total_price,
        provider: price.provider_id,
        model: price.model_id,
    })
}
