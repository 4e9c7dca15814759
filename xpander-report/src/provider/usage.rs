use crate::provider::billing::{Billing, MediaTokens};
use crate::provider::document::Node;
use crate::provider::key::Key;
use crate::report::tokens::Tokens;

keys! {
    AUDIO_TOKENS CACHED_TOKENS CACHED_TOKENS_DETAILS CACHE_CREATION
    CACHE_CREATION_INPUT_TOKENS CACHE_CREATION_TOKEN_DETAILS CACHE_CREATION_TOKENS
    CACHE_READ_INPUT_TOKENS CACHE_WRITE_INPUT_TOKENS CACHE_WRITE_TOKENS COMPLETION_TOKENS
    COMPLETION_TOKENS_DETAILS EPHEMERAL_1H_INPUT_TOKENS IMAGE_TOKENS INPUT_TOKENS INPUT_TOKENS_DETAILS INPUT_TOKEN_DETAILS
    NUM_CACHED_TOKENS OUTPUT_TOKENS OUTPUT_TOKENS_DETAILS OUTPUT_TOKEN_DETAILS
    PROMPT_CACHE_HIT_TOKENS PROMPT_TOKENS PROMPT_TOKENS_DETAILS PROMPT_TOKEN_DETAILS
    REASONING_TOKENS TOTAL_TOKENS
}

/// JSON's numbers are exact up to here.
const MAX_COUNT: u64 = 1 << 53;

/// The provider's own counts, before they are converted to [`Tokens`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) prompt: Option<u64>,
    pub(super) completion: Option<u64>,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    /// The part of `cache_write` that is cached for an hour.
    pub(super) cache_write_1h: u64,
    /// Whether the provider counts cached tokens separately from the prompt.
    pub(super) is_cache_beside: bool,
    /// The audio tokens of the prompt, if the provider gives details of the prompt.
    pub(super) audio: Option<u64>,
    /// Hidden output, if the provider gives details of the output.
    pub(super) reasoning: Option<u64>,
    /// Hidden output that is included in the output, if the provider gives no details.
    pub(super) thoughts: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) citations: u64,
    pub(super) audio_tokens: MediaTokens,
    pub(super) image_tokens: MediaTokens,
    pub(super) web_searches: u64,
    /// The charged tokens, if they differ from the counted ones.
    pub(super) charged: Option<(u64, u64)>,
    /// The provider that answered, if the usage shows it.
    pub(super) provider: Option<&'static str>,
}

impl Usage {
    /// Usage as OpenAI spells it, and those who took it over.
    pub(super) fn openai(usage: &Node<'_>) -> Self {
        let prompt_details = object(
            usage,
            &[
                PROMPT_TOKENS_DETAILS,
                PROMPT_TOKEN_DETAILS,
                INPUT_TOKENS_DETAILS,
                INPUT_TOKEN_DETAILS,
            ],
        );
        let completion_details = object(
            usage,
            &[
                COMPLETION_TOKENS_DETAILS,
                OUTPUT_TOKENS_DETAILS,
                OUTPUT_TOKEN_DETAILS,
            ],
        );
        Self {
            prompt: first(usage, &[PROMPT_TOKENS, INPUT_TOKENS]),
            completion: first(usage, &[COMPLETION_TOKENS, OUTPUT_TOKENS]),
            cache_read: largest([
                &prompt_details[CACHED_TOKENS],
                &usage[PROMPT_CACHE_HIT_TOKENS],
                &usage[NUM_CACHED_TOKENS],
                &usage[CACHED_TOKENS],
                &usage[CACHE_READ_INPUT_TOKENS],
            ]),
            cache_write: largest([
                &prompt_details[CACHE_WRITE_TOKENS],
                &prompt_details[CACHE_CREATION_TOKENS],
                &usage[CACHE_CREATION_INPUT_TOKENS],
                &usage[CACHE_WRITE_INPUT_TOKENS],
            ]),
            cache_write_1h: largest([
                &prompt_details[CACHE_CREATION_TOKEN_DETAILS][EPHEMERAL_1H_INPUT_TOKENS],
                &usage[CACHE_CREATION][EPHEMERAL_1H_INPUT_TOKENS],
            ]),
            audio: prompt_details[AUDIO_TOKENS].count(),
            reasoning: completion_details
                .is_object()
                .then(|| largest([&completion_details[REASONING_TOKENS]])),
            thoughts: None,
            total: usage[TOTAL_TOKENS].count(),
            audio_tokens: media(prompt_details, completion_details, AUDIO_TOKENS),
            image_tokens: media(prompt_details, completion_details, IMAGE_TOKENS),
            ..Self::default()
        }
    }

    /// What two answers took together, in the numbers that all providers give.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            prompt: sum([self.prompt, other.prompt]),
            completion: sum([self.completion, other.completion]),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            is_cache_beside: self.is_cache_beside || other.is_cache_beside,
            ..self
        }
    }

    /// The output tokens that are hidden reasoning.
    pub(super) fn reasoned(&self) -> Option<u64> {
        let reasoned = self.thoughts.or(self.reasoning);
        reasoned.map(|count| count.min(MAX_COUNT))
    }

    /// Whether the provider gave none of the numbers.
    pub(super) fn is_nothing(self) -> bool {
        self.prompt.is_none() && self.completion.is_none()
    }

    /// The four numbers; `None` if the provider gave none.
    pub(super) fn tokens(self) -> Option<Tokens> {
        if self.is_nothing() {
            return None;
        }
        let mut prompt = self.prompt.unwrap_or(0);
        let mut completion = self.completion.unwrap_or(0);
        let visible = prompt.saturating_add(completion);
        // The tokens that only the total includes.
        let hidden = self.total.unwrap_or(0).saturating_sub(visible);
        if self.audio == Some(hidden) {
            prompt += hidden;
        } else if hidden == self.cached() {
            // Some count what the cache had beside the prompt.
        } else if self.reasoning.is_none_or(|reasoning| reasoning == hidden) {
            completion += hidden;
        }
        let tokens = Tokens::new(prompt, completion)
            .cache_read(self.cache_read)
            .cache_write(self.cache_write);
        Some(counted(tokens))
    }
}

impl Usage {
    fn cached(&self) -> u64 {
        self.cache_read.saturating_add(self.cache_write)
    }

    /// Whether cached tokens are counted separately from the prompt: the shape says so, or the numbers allow nothing
    /// else.
    fn is_cache_beside(&self) -> bool {
        let (prompt, completion) = (self.prompt.unwrap_or(0), self.completion.unwrap_or(0));
        let (visible, cached) = (prompt.saturating_add(completion), self.cached());
        let is_in_total = self
            .total
            .is_some_and(|total| Some(total) == visible.checked_add(cached));
        self.is_cache_beside || cached > prompt || cached > 0 && is_in_total
    }

    /// The usage in the classes that have prices of their own.
    pub(super) fn billing(&self) -> Billing {
        let Some(tokens) = self.tokens() else {
            return Billing {
                web_searches: self.web_searches,
                ..Billing::default()
            };
        };
        let (read, write) = (self.cache_read, self.cache_write);
        let prompt = tokens.prompt_tokens.unwrap_or(0);
        let input = match self.is_cache_beside() {
            true => prompt.saturating_add(self.cached()),
            false => prompt,
        };
        let counted = (input, tokens.completion_tokens.unwrap_or(0));
        let (input, output) = self.charged.unwrap_or(counted);
        Billing {
            input_tokens: input,
            output_tokens: output,
            cache_read_tokens: read,
            cache_write_tokens: write,
            cache_write_1h_tokens: self.cache_write_1h.min(write),
            reasoning_tokens: self.reasoned().unwrap_or(0),
            citation_tokens: self.citations,
            audio: self.audio_tokens,
            images: self.image_tokens,
            web_searches: self.web_searches,
            ..Billing::default()
        }
    }
}

/// The tokens of one kind of media in the details of a prompt and of what was written.
fn media(prompt: &Node<'_>, completion: &Node<'_>, kind: Key) -> MediaTokens {
    let count = |details: &Node<'_>| details[kind].count().unwrap_or(0);
    MediaTokens {
        input_tokens: count(prompt),
        cache_read_tokens: count(&prompt[CACHED_TOKENS_DETAILS]),
        output_tokens: count(completion),
    }
}

/// What two answers took together.
pub(super) fn both(earlier: Tokens, later: Tokens) -> Tokens {
    counted(earlier.and(later))
}

/// A sum beyond the largest count is no count either.
fn counted(tokens: Tokens) -> Tokens {
    let count = |count: Option<u64>| count.map(|count| count.min(MAX_COUNT));
    Tokens {
        prompt_tokens: count(tokens.prompt_tokens),
        completion_tokens: count(tokens.completion_tokens),
        cache_read_tokens: count(tokens.cache_read_tokens),
        cache_write_tokens: count(tokens.cache_write_tokens),
    }
}

/// The first of these fields that is an object.
fn object<'n, 'a>(usage: &'n Node<'a>, keys: &[Key]) -> &'n Node<'a> {
    let mut objects = keys.iter().map(|key| &usage[*key]);
    objects
        .find(|value| value.is_object())
        .unwrap_or(&Node::Null)
}

/// The first of these fields that is a count.
pub(super) fn first(usage: &Node<'_>, keys: &[Key]) -> Option<u64> {
    keys.iter().find_map(|key| usage[*key].count())
}

/// The largest of these counts: fields that stand for the same may be filled with zeros.
pub(super) fn largest<'a, 'n: 'a, const N: usize>(counts: [&'a Node<'n>; N]) -> u64 {
    counts
        .into_iter()
        .filter_map(Node::count)
        .max()
        .unwrap_or(0)
}

/// The sum of what is known; `None` if nothing is.
pub(super) fn sum(counts: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    let known = counts.into_iter().flatten();
    known.reduce(u64::saturating_add)
}
