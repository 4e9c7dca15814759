//! Alibaba's DashScope: each event has more of the text, or all of it so far.

use super::part::Rule;
use crate::provider::shapes::dashscope;
use crate::provider::stream::protocol::Protocol;

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: &[],
    matches: dashscope::FORMAT.matches,
    take: |response, event| response.merge(event, &EVENT_RULE),
    finish: |_| &dashscope::FORMAT,
};

const EVENT_RULE: Rule = Rule::Fields(&[("output", OUTPUT_RULE)]);

const OUTPUT_RULE: Rule = Rule::Fields(&[
    ("choices", Rule::Choice(&CHOICE_RULE)),
    ("text", Rule::Grown),
]);

const CHOICE_RULE: Rule = Rule::Fields(&[("message", MESSAGE_RULE)]);

const MESSAGE_RULE: Rule = Rule::Fields(&[
    ("content", Rule::Grown),
    ("reasoning_content", Rule::Grown),
    ("tool_calls", Rule::Items(&CALL_RULE)),
]);

const CALL_RULE: Rule = Rule::Fields(&[("function", FUNCTION_RULE)]);

const FUNCTION_RULE: Rule = Rule::Fields(&[("arguments", Rule::Grown), ("name", Rule::Grown)]);
