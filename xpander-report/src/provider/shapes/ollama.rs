use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CONTENT CREATED_AT DONE DONE_REASON EVAL_COUNT MESSAGE MODEL PROMPT_EVAL_COUNT RESPONSE ROLE
    TOOL_CALLS
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Ollama,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[MODEL].is_text()
            && document[DONE].is_bool()
            && (document[MESSAGE][ROLE].is("assistant")
                || document[RESPONSE].is_text()
                    && [CREATED_AT, EVAL_COUNT, DONE_REASON]
                        .into_iter()
                        .any(|key| document.has(key)))
    },
    read: |document| {
        let message = &document[MESSAGE];
        let mut reading = Reading::of(document);
        reading.push_text(&message[CONTENT]);
        reading.push_text(&document[RESPONSE]);
        reading.push_tool_calls(&message[TOOL_CALLS]);
        reading.usage = Usage {
            // Absent when the whole prompt was in the cache.
            prompt: document[PROMPT_EVAL_COUNT].count(),
            completion: document[EVAL_COUNT].count(),
            ..Usage::default()
        };
        reading.finish_reason = document[DONE_REASON].text();
        reading
    },
};
