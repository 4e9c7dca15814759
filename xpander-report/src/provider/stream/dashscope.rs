//! Alibaba's DashScope: each event has more of the text, or all of it so far.

use super::part::{Rule, field};
use crate::provider::shapes::dashscope;
use crate::provider::stream::protocol::Protocol;

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: &[],
    matches: dashscope::FORMAT.matches,
    take: |response, event| response.merge(event, &EVENT_RULE),
    finish: |_| &dashscope::FORMAT,
};

const EVENT_RULE: Rule = Rule::Fields(&[field("output", OUTPUT_RULE)]);

const OUTPUT_RULE: Rule = Rule::Fields(&[
    field("choices", Rule::Choice(&CHOICE_RULE)),
    field("text", Rule::Grown),
]);

const CHOICE_RULE: Rule = Rule::Fields(&[field("message", MESSAGE_RULE)]);

const MESSAGE_RULE: Rule = Rule::Fields(&[
    field("content", Rule::Grown),
    field("reasoning_content", Rule::Grown),
    field("tool_calls", Rule::Items(&CALL_RULE)),
]);

const CALL_RULE: Rule = Rule::Fields(&[field("function", FUNCTION_RULE)]);

const FUNCTION_RULE: Rule =
    Rule::Fields(&[field("arguments", Rule::Grown), field("name", Rule::Grown)]);
