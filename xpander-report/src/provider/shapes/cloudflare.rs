use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { ERRORS PROMPT_TOKENS RESPONSE RESULT SUCCESS TOOL_CALLS USAGE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Cloudflare,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let result = &document[RESULT];
        document[SUCCESS].is_bool()
            && document[ERRORS].is_list()
            && (result[RESPONSE].is_text() && (result.has(USAGE) || result.has_only(&[RESPONSE]))
                || result[TOOL_CALLS].is_list())
    },
    read: |document| read(&document[RESULT]),
};

/// What lies in the result, as a worker sees it and as it is streamed.
pub(in crate::provider) const INSIDE: Format = Format {
    shape: Shape::Cloudflare,
    keys: KEYS,
    only_declared: true,
    matches: |document| document[RESPONSE].is_text() && document[USAGE].has(PROMPT_TOKENS),
    read,
};

fn read<'n>(result: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::default();
    reading.push_text(&result[RESPONSE]);
    reading.push_tool_calls(&result[TOOL_CALLS]);
    reading.usage = Usage::openai(&result[USAGE]);
    reading
}
