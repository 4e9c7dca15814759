use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    ALTERNATIVES COMPLETION_TOKENS FUNCTION_CALL INPUT_TEXT_TOKENS MESSAGE MODEL_VERSION NAME STATUS
    TEXT TOOL_CALLS TOOL_CALL_LIST USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Yandex,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let alternative = &document[ALTERNATIVES][0];
        let is_status = |status: &str| status.starts_with("ALTERNATIVE_STATUS_");
        alternative[MESSAGE].is_object()
            && (alternative[STATUS].text().is_some_and(is_status)
                || document[USAGE].has(INPUT_TEXT_TOKENS))
    },
    read: |document| {
        let alternative = &document[ALTERNATIVES][0];
        let message = &alternative[MESSAGE];
        let mut reading = Reading {
            model: document[MODEL_VERSION].text(),
            ..Reading::default()
        };
        reading.push_text(&message[TEXT]);
        for call in message[TOOL_CALL_LIST][TOOL_CALLS].items() {
            reading.push_tool(&call[FUNCTION_CALL][NAME]);
        }
        let usage = &document[USAGE];
        reading.usage = Usage {
            prompt: usage[INPUT_TEXT_TOKENS].count(),
            completion: usage[COMPLETION_TOKENS].count(),
            ..Usage::default()
        };
        reading.finish_reason = alternative[STATUS].text();
        reading
    },
};
