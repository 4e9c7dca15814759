use super::document::{Key, Node};
use crate::Tokens;

/// JSON's numbers are exact up to here.
const LARGEST_COUNT: u64 = 1 << 53;

/// A provider's own numbers, before they become ours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) prompt: Option<u64>,
    pub(super) completion: Option<u64>,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
    /// What was heard, where the provider gives details of its prompt.
    pub(super) audio: Option<u64>,
    /// Hidden output, where the provider gives details of its output.
    pub(super) reasoning: Option<u64>,
    pub(super) total: Option<u64>,
}

impl Usage {
    /// Usage as OpenAI spells it, and those who took it over.
    pub(super) fn openai(usage: &Node<'_>) -> Self {
        let prompt_details = &usage[Key::PromptTokensDetails];
        let completion_details = &usage[Key::CompletionTokensDetails];
        Self {
            prompt: first(usage, &[Key::PromptTokens, Key::InputTokens]),
            completion: first(usage, &[Key::CompletionTokens, Key::OutputTokens]),
            cache_read: largest([
                &prompt_details[Key::CachedTokens],
                &usage[Key::PromptCacheHitTokens],
                &usage[Key::NumCachedTokens],
                &usage[Key::CachedTokens],
                &usage[Key::CacheReadInputTokens],
            ]),
            cache_write: largest([
                &prompt_details[Key::CacheWriteTokens],
                &prompt_details[Key::CacheCreationTokens],
                &usage[Key::CacheCreationInputTokens],
                &usage[Key::CacheWriteInputTokens],
            ]),
            audio: prompt_details[Key::AudioTokens].count(),
            reasoning: completion_details
                .is_object()
                .then(|| largest([&completion_details[Key::ReasoningTokens]])),
            total: usage[Key::TotalTokens].count(),
        }
    }

    /// The four numbers; `None` if the provider gave none.
    pub(super) fn tokens(self) -> Option<Tokens> {
        if self.prompt.is_none() && self.completion.is_none() {
            return None;
        }
        let mut prompt = self.prompt.unwrap_or(0);
        let mut completion = self.completion.unwrap_or(0);
        let visible = prompt.saturating_add(completion);
        // What is only in the total.
        let hidden = self.total.unwrap_or(0).saturating_sub(visible);
        if self.audio == Some(hidden) {
            prompt += hidden;
        } else if self.reasoning.is_none_or(|reasoning| reasoning == hidden) {
            completion += hidden;
        }
        // A sum beyond it is no count either.
        let [prompt, completion, read, written] =
            [prompt, completion, self.cache_read, self.cache_write]
                .map(|count| count.min(LARGEST_COUNT));
        let tokens = Tokens::new(prompt, completion)
            .cache_read(read)
            .cache_write(written);
        Some(tokens)
    }
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
