use crate::envelope::Envelope;
use crate::provider::response::ProviderResponse;
use crate::provider::shape::Shape;
use crate::report::tokens::Tokens;

/// The combined data of a run's responses, for its span. The names are those of OpenTelemetry's conventions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    pub(crate) shape: Option<Shape>,
    /// The id of the last response.
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) counts: Counts,
}

/// How many tokens a run took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// The tokens of the prompt, including those that were read from or written to a cache.
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) cache_read: Option<u64>,
    pub(crate) cache_creation: Option<u64>,
    /// The output tokens that are hidden reasoning.
    pub(crate) reasoning: Option<u64>,
}

impl Summary {
    /// The summary of a run without responses.
    pub(crate) fn set(run: &Envelope) -> Self {
        Self {
            counts: run.tokens.map(Counts::set).unwrap_or_default(),
            ..Self::default()
        }
    }

    pub(super) fn of(last: Option<&ProviderResponse>) -> Self {
        last.map_or_else(Self::default, |last| Self {
            shape: Some(last.shape),
            id: last.id.clone(),
            model: last.model.clone(),
            finish_reason: last.finish_reason.clone(),
            counts: Counts::default(),
        })
    }
}

impl Counts {
    /// The counts of a response.
    pub(super) fn of(says: &ProviderResponse) -> Option<Self> {
        let tokens = says.tokens?;
        let counts = Self::set(tokens);
        let cached = [tokens.cache_read_tokens, tokens.cache_write_tokens];
        let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
        let apart = if says.shape.counts_cached_apart() {
            cached
        } else {
            0
        };
        Some(Self {
            input: counts.input.map(|prompt| prompt.saturating_add(apart)),
            reasoning: says.reasoning,
            ..counts
        })
    }

    /// The counts that a run set itself.
    pub(super) fn set(tokens: Tokens) -> Self {
        Self {
            input: tokens.prompt_tokens,
            output: tokens.completion_tokens,
            cache_read: tokens.cache_read_tokens,
            cache_creation: tokens.cache_write_tokens,
            reasoning: None,
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            input: sum(self.input, other.input),
            output: sum(self.output, other.output),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_creation: sum(self.cache_creation, other.cache_creation),
            reasoning: sum(self.reasoning, other.reasoning),
        }
    }
}
