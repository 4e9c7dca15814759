//! Baidu's ERNIE, on its own API.

use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    FINISH_REASON FUNCTION_CALL IS_END IS_TRUNCATED NAME NEED_CLEAR_HISTORY PROMPT_TOKENS RESULT
    USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Baidu,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[RESULT].is_text()
            && document[USAGE].has(PROMPT_TOKENS)
            && (document.has(IS_TRUNCATED)
                || document.has(NEED_CLEAR_HISTORY)
                || document.has(IS_END))
    },
    read: |document| {
        let mut reading = Reading::of(document);
        reading.push_text(&document[RESULT]);
        reading.push_tool(&document[FUNCTION_CALL][NAME]);
        reading.usage = Usage::openai(&document[USAGE]);
        reading.finish_reason = document[FINISH_REASON].text();
        reading
    },
};
