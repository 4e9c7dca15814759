use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    COMPLETION COMPLETIONS FINISH_REASON MODEL_VERSION NUM_TOKENS_GENERATED NUM_TOKENS_PROMPT_TOTAL
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::AlephAlpha,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let completion = &document[COMPLETIONS][0];
        completion[COMPLETION].is_text()
            && completion.has(FINISH_REASON)
            && (document.has(MODEL_VERSION) || document.has(NUM_TOKENS_GENERATED))
    },
    read: |document| {
        let completion = &document[COMPLETIONS][0];
        let mut reading = Reading {
            model: document[MODEL_VERSION].text(),
            ..Reading::default()
        };
        reading.push_text(&completion[COMPLETION]);
        reading.usage = Usage {
            prompt: document[NUM_TOKENS_PROMPT_TOTAL].count(),
            completion: document[NUM_TOKENS_GENERATED].count(),
            ..Usage::default()
        };
        reading.finish_reason = completion[FINISH_REASON].text();
        reading
    },
};
