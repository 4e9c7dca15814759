use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// The tokens of a run.
///
/// The four counts are the provider's own. Whether cached tokens are already inside
/// `prompt_tokens` differs between providers, so the total never adds them.
///
/// ```
/// use xpander_report::Tokens;
///
/// let tokens = Tokens::new(2_140, 380).cache_read(900);
/// assert_eq!(tokens.total_tokens(), 2_520);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Tokens {
    /// Completion tokens, including hidden reasoning. `None` is sent as null.
    pub completion_tokens: Option<u64>,
    /// Prompt tokens. `None` is sent as null.
    pub prompt_tokens: Option<u64>,
    /// Prompt tokens read from the provider's cache. `None` is sent as null.
    pub cache_read_tokens: Option<u64>,
    /// Prompt tokens written to the provider's cache. `None` is sent as null.
    pub cache_write_tokens: Option<u64>,
}

impl Tokens {
    /// Prompt and completion tokens, without cache counts.
    pub const fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            completion_tokens: Some(completion_tokens),
            prompt_tokens: Some(prompt_tokens),
            cache_read_tokens: Some(0),
            cache_write_tokens: Some(0),
        }
    }

    /// Sets the prompt tokens read from the provider's cache.
    #[must_use]
    pub const fn cache_read(mut self, tokens: u64) -> Self {
        self.cache_read_tokens = Some(tokens);
        self
    }

    /// Sets the prompt tokens written to the provider's cache.
    #[must_use]
    pub const fn cache_write(mut self, tokens: u64) -> Self {
        self.cache_write_tokens = Some(tokens);
        self
    }

    /// The sum of both. An unknown count adds nothing.
    pub(crate) fn and(self, other: Self) -> Self {
        let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        Self {
            prompt_tokens: add(self.prompt_tokens, other.prompt_tokens),
            completion_tokens: add(self.completion_tokens, other.completion_tokens),
            cache_read_tokens: add(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens: add(self.cache_write_tokens, other.cache_write_tokens),
        }
    }

    /// Prompt and completion tokens together; an unknown count is zero.
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens
            .unwrap_or(0)
            .saturating_add(self.completion_tokens.unwrap_or(0))
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl Serialize for Tokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tokens = serializer.serialize_struct("Tokens", 5)?;
        tokens.serialize_field("completion_tokens", &self.completion_tokens)?;
        tokens.serialize_field("prompt_tokens", &self.prompt_tokens)?;
        tokens.serialize_field("cache_read_tokens", &self.cache_read_tokens)?;
        tokens.serialize_field("cache_write_tokens", &self.cache_write_tokens)?;
        tokens.serialize_field("total_tokens", &self.total_tokens())?;
        tokens.end()
    }
}
