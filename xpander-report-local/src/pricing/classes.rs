//! The usage of a response in nested classes, made consistent even if the provider's numbers are not.

use xpander_report::{Billing, ProviderResponse, Shape};

use crate::model::task::Tokens;

/// Counts of tokens. Each class is at most as large as the class that contains it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Classes {
    pub(super) input: u64,
    /// Part of the input.
    pub(super) cache_read: u64,
    /// Part of the input, and not read from the cache.
    pub(super) cache_write: u64,
    /// Part of the cache writes.
    pub(super) cache_write_1h: u64,
    /// Part of the input.
    pub(super) input_audio: u64,
    /// Part of the input, and not audio.
    pub(super) input_image: u64,
    /// Part of the cache reads and of the audio.
    pub(super) cached_audio: u64,
    /// Part of the cache reads and of the images.
    pub(super) cached_image: u64,
    pub(super) output: u64,
    /// Part of the output.
    pub(super) output_audio: u64,
    /// Part of the output, and not audio.
    pub(super) output_image: u64,
    /// Part of the output, and not media.
    pub(super) reasoning: u64,
    /// Part of the output, and none of the above.
    pub(super) citations: u64,
    pub(super) web_searches: u64,
}

impl Classes {
    pub(super) fn of(billing: &Billing) -> Self {
        let input = billing.input_tokens;
        let cache_read = billing.cache_read_tokens.min(input);
        let cache_write = billing.cache_write_tokens.min(input - cache_read);
        let input_audio = billing.audio.input_tokens.min(input);
        let input_image = billing.images.input_tokens.min(input - input_audio);
        // Cached tokens count as text as far as possible, unless the provider says otherwise.
        let text = input - input_audio - input_image;
        let media = (cache_read + cache_write).saturating_sub(text);
        let said = billing.audio.cache_read_tokens;
        let cached_audio = said
            .max(media.saturating_sub(input_image))
            .min(input_audio)
            .min(cache_read);
        let said = billing.images.cache_read_tokens;
        let cached_image = said
            .max(media.saturating_sub(cached_audio))
            .min(input_image)
            .min(cache_read - cached_audio);
        let output = billing.output_tokens;
        let output_audio = billing.audio.output_tokens.min(output);
        let output_image = billing.images.output_tokens.min(output - output_audio);
        let rest = output - output_audio - output_image;
        let reasoning = billing.reasoning_tokens.min(rest);
        Self {
            input,
            cache_read,
            cache_write,
            cache_write_1h: billing.cache_write_1h_tokens.min(cache_write),
            input_audio,
            input_image,
            cached_audio,
            cached_image,
            output,
            output_audio,
            output_image,
            reasoning,
            citations: billing.citation_tokens.min(rest - reasoning),
            web_searches: billing.web_searches,
        }
    }
}

/// Gives the tokens of a run to its only response if that has no usage.
pub(super) fn fill(response: &mut ProviderResponse, tokens: Tokens) {
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let (read, write) = (
        count(tokens.cache_read_tokens),
        count(tokens.cache_write_tokens),
    );
    let prompt = count(tokens.prompt_tokens);
    let is_beside = matches!(
        response.shape,
        Shape::AnthropicMessages | Shape::BedrockConverse
    ) || read.saturating_add(write) > prompt;
    let cached = if is_beside {
        read.saturating_add(write)
    } else {
        0
    };
    let billing = &mut response.billing;
    billing.input_tokens = prompt.saturating_add(cached);
    billing.output_tokens = count(tokens.completion_tokens);
    billing.cache_read_tokens = read;
    billing.cache_write_tokens = write;
    response.tokens = Some(xpander_report::Tokens::new(
        prompt,
        count(tokens.completion_tokens),
    ));
}
