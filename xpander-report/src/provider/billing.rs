//! What a response is charged for, whichever provider it is.

/// The price-related fields of a response: its usage by billing class, the provider that charges, and the charged
/// amount if the provider states it. A field that the response does not have is 0 or `None`.
///
/// The counts in [`Tokens`](crate::Tokens) are the provider's own. Here, `input_tokens` always includes the cached
/// tokens.
///
/// ```
/// use xpander_report::ProviderResponse;
///
/// let response = ProviderResponse::read(
///     r#"{"model": "claude-opus-4-6", "stop_reason": "end_turn", "content": [{"type": "text", "text": "Hello!"}],
///         "usage": {"input_tokens": 12, "output_tokens": 6, "cache_read_input_tokens": 900,
///                   "cache_creation_input_tokens": 100, "cache_creation": {"ephemeral_1h_input_tokens": 100}}}"#,
/// )
/// .ok_or("this is no response")?;
/// assert_eq!(response.billing.input_tokens, 1_012);
/// assert_eq!(response.billing.cache_read_tokens, 900);
/// assert_eq!(response.billing.cache_write_1h_tokens, 100);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Billing {
    /// The provider or local server that answered, if the response identifies it more precisely than its shape does:
    /// `openrouter`, `groq`, `deepseek`, `perplexity`, `openai`, `anthropic`, `aws`, `google`, `xai`, `cohere`,
    /// `fireworks`, `together`, `ollama`, `llamacpp` or `lmstudio`.
    pub provider: Option<&'static str>,
    /// The tier of service in the provider's word, such as `flex`.
    pub service_tier: Option<String>,
    /// Whether the response is a line of batch results.
    pub is_batch: bool,
    /// The amount that the provider states it charged, in billionths of a dollar.
    pub charged_nanodollars: Option<u64>,
    /// All input tokens, cached ones included.
    pub input_tokens: u64,
    /// All output tokens, reasoning included.
    pub output_tokens: u64,
    /// Input tokens that came from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens that were written to the cache.
    pub cache_write_tokens: u64,
    /// The part of `cache_write_tokens` that is cached for an hour.
    pub cache_write_1h_tokens: u64,
    /// Output tokens that are reasoning.
    pub reasoning_tokens: u64,
    /// Output tokens that are citations (Perplexity).
    pub citation_tokens: u64,
    /// Input and output that is audio.
    pub audio: MediaTokens,
    /// Input and output that is images.
    pub images: MediaTokens,
    /// Searches of the web that the provider made and counted in its usage.
    pub web_searches: u64,
}

/// The tokens of one kind of media. They are part of the tokens of the same names in [`Billing`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaTokens {
    /// Input tokens.
    pub input_tokens: u64,
    /// Input tokens that came from the cache, where the provider says so.
    pub cache_read_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
}

impl MediaTokens {
    fn and(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cache_read_tokens: self
                .cache_read_tokens
                .saturating_add(other.cache_read_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

impl Billing {
    /// What two answers of one session say together.
    pub(super) fn and(self, later: Self) -> Self {
        let sum = u64::saturating_add;
        Self {
            provider: self.provider.or(later.provider),
            service_tier: later.service_tier.or(self.service_tier),
            is_batch: self.is_batch || later.is_batch,
            // What one of them charged is not what both did.
            charged_nanodollars: match (self.charged_nanodollars, later.charged_nanodollars) {
                (Some(earlier), Some(later)) => Some(sum(earlier, later)),
                _ => None,
            },
            input_tokens: sum(self.input_tokens, later.input_tokens),
            output_tokens: sum(self.output_tokens, later.output_tokens),
            cache_read_tokens: sum(self.cache_read_tokens, later.cache_read_tokens),
            cache_write_tokens: sum(self.cache_write_tokens, later.cache_write_tokens),
            cache_write_1h_tokens: sum(self.cache_write_1h_tokens, later.cache_write_1h_tokens),
            reasoning_tokens: sum(self.reasoning_tokens, later.reasoning_tokens),
            citation_tokens: sum(self.citation_tokens, later.citation_tokens),
            audio: self.audio.and(later.audio),
            images: self.images.and(later.images),
            web_searches: sum(self.web_searches, later.web_searches),
        }
    }
}
