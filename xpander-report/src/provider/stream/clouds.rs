//! Clouds with APIs of their own: Cloudflare, Yandex, Baidu, Oracle, and Bedrock's knowledge bases.

use super::part::{Rule, field};
use crate::provider::shapes::{baidu, chat, cloudflare, cohere, knowledge_base, yandex};
use crate::provider::stream::protocol::Protocol;

keys! {
    ACTION API_FORMAT GUARDRAIL IS_END MESSAGE OUTPUT P PROMPT_TOKENS RESPONSE RESULT ROLE
    SESSION_ID TEXT USAGE
}

names! { FINISH_REASON }

pub(super) const CLOUDFLARE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[RESPONSE].is_text() && (event[P].is_text() || event[USAGE].has(PROMPT_TOKENS))
    },
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[
            field("p", Rule::Dropped),
            field("response", Rule::Text),
            field("tool_calls", Rule::All),
        ]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &cloudflare::INSIDE,
};

/// Each event has all of the text so far.
pub(super) const YANDEX: Protocol = Protocol {
    keys: KEYS,
    matches: yandex::FORMAT.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("alternatives", Rule::Choice(&CHOICE_RULE))]);
        const CHOICE_RULE: Rule = Rule::Fields(&[field(
            "message",
            Rule::Fields(&[field("text", Rule::Grown)]),
        )]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &yandex::FORMAT,
};

pub(super) const BAIDU: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[RESULT].is_text() && event[IS_END].is_bool(),
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("result", Rule::Text)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &baidu::FORMAT,
};

pub(super) const KNOWLEDGE_BASE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[OUTPUT][TEXT].is_text() && event.has_only(&[OUTPUT, SESSION_ID])
            || event[GUARDRAIL][ACTION].is_text()
    },
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[
            field("citation", Rule::Dropped),
            field("guardrail", Rule::As("guardrailAction", &Rule::Last)),
            field("output", Rule::Fields(&[field("text", Rule::Text)])),
        ]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &knowledge_base::FORMAT,
};

/// Oracle's own way to stream a chat: a choice without its list.
pub(super) const ORACLE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[MESSAGE][ROLE].is("ASSISTANT"),
    take: |response, event| {
        const PART_RULE: Rule = Rule::Fields(&[field("text", Rule::Text)]);
        const CALL_RULE: Rule = Rule::Fields(&[field("arguments", Rule::Text)]);
        const EVENT_RULE: Rule = Rule::Fields(&[
            field(
                "message",
                Rule::Fields(&[
                    field("content", Rule::Parts(&PART_RULE)),
                    field("tool_calls", Rule::Items(&CALL_RULE)),
                ]),
            ),
            field("pad", Rule::Dropped),
            field("usage", Rule::Dropped),
        ]);
        if let Some(usage) = event.get(USAGE) {
            response.field("usage").merge(usage, &Rule::Counts);
        }
        let choice = response.field("choices").item(0);
        choice.merge(event, &EVENT_RULE);
    },
    finish: |_| &chat::FORMAT,
};

/// Cohere's models there. The last event has the whole text once more.
pub(super) const ORACLE_COHERE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[API_FORMAT].is_text() && event[TEXT].is_text(),
    take: |response, event| {
        const EVENT_RULE: Rule =
            Rule::Fields(&[field("pad", Rule::Dropped), field("text", Rule::Text)]);
        if event.get(FINISH_REASON).is_some() {
            response.take("text");
        }
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &cohere::V1,
};
