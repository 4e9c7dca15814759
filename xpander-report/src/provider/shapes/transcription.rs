use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { DURATION INPUT_TOKENS PROMPT_AUDIO_SECONDS PROMPT_TOKENS SECONDS TASK TEXT TYPE USAGE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiTranscription,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let usage = &document[USAGE];
        let is_task = ["transcribe", "translate"]
            .into_iter()
            .any(|task| document[TASK].is(task));
        document[TEXT].is_text()
            && (usage[TYPE].is("tokens") && usage.has(INPUT_TOKENS)
                || usage[TYPE].is("duration") && usage.has(SECONDS)
                || usage.has(PROMPT_AUDIO_SECONDS)
                || is_task && document.has(DURATION)
                || document[TYPE].is("transcript.text.done"))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[TEXT]);
        reading.usage = Usage::openai(&document[USAGE]);
        reading
    },
};

/// Of others: a text beside what it took, which many a program calls its own as well.
pub(in crate::provider) const PLAIN: Format = Format {
    only_declared: true,
    matches: |document| {
        let usage = &document[USAGE];
        document[TEXT].is_text()
            && [INPUT_TOKENS, PROMPT_TOKENS]
                .into_iter()
                .any(|key| usage[key].is_number())
    },
    ..FORMAT
};
