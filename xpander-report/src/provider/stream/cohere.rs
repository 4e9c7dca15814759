//! Cohere's two APIs, also through Bedrock.

use super::metrics::METRICS;
use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::key::Key;
use crate::provider::shapes::cohere;
use crate::provider::stream::protocol::Protocol;

keys! {
    DELTA EVENT_TYPE FINISH_REASON GENERATION_ID INDEX IS_FINISHED MESSAGE RESPONSE TEXT TOOL_CALLS
    TYPE
}

names! { CITATIONS CONTENT GENERATIONS ID TOOL_PLAN }

pub(super) const V2: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let delta = &event[DELTA];
        match event[TYPE].text() {
            Some("message-start" | "content-start" | "content-delta" | "tool-plan-delta") => {
                delta[MESSAGE].is_object()
            }
            Some("tool-call-start") => delta[MESSAGE][TOOL_CALLS].is_object(),
            Some("message-end") => delta.has(FINISH_REASON),
            _ => false,
        }
    },
    take: take_v2,
    finish: |_| &cohere::V2,
};

/// The last event has the whole response.
pub(super) const V1: Protocol = Protocol {
    keys: KEYS,
    matches: |event| match event[EVENT_TYPE].text() {
        Some("stream-start") => event[GENERATION_ID].is_text(),
        Some("text-generation") => event[TEXT].is_text(),
        Some("stream-end") => event[RESPONSE].is_object(),
        _ => false,
    },
    take: take_v1,
    finish: |stream| {
        let (reason, response) = (stream.take("finish_reason"), stream.take("response"));
        if !response.is_nothing() {
            *stream = response;
        }
        if !stream.has(FINISH_REASON) {
            *stream.field("finish_reason") = reason;
        }
        match stream.has(GENERATIONS) {
            true => &cohere::GENERATE,
            false => &cohere::V1,
        }
    },
};

pub(super) const GENERATE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        event[IS_FINISHED].is_bool()
            && (event[TEXT].is_text() && event[INDEX].is_number() || event.has(FINISH_REASON))
            || (cohere::GENERATE.matches)(event)
    },
    take: |response, event| {
        if event.get(GENERATIONS).is_some() {
            response.merge(event, &Rule::Fields(&[]));
        } else if event.index(INDEX).unwrap_or(0) == 0 {
            let generation = response.field("generations").item(0);
            generation.merge(event, &GENERATION_RULE);
        }
    },
    finish: |_| &cohere::GENERATE,
};

const CONTENT_RULE: Rule =
    Rule::Fields(&[field("text", Rule::Text), field("thinking", Rule::Text)]);

const CALL_RULE: Rule = Rule::Fields(&[field(
    "function",
    Rule::Fields(&[field("arguments", Rule::Text)]),
)]);

const GENERATION_RULE: Rule = Rule::Fields(&[
    field(METRICS, Rule::Dropped),
    field("is_finished", Rule::Dropped),
    field("text", Rule::Text),
]);

fn take_v2(response: &mut Part, event: Event<'_>) {
    let Some(delta) = event.get(DELTA) else {
        return;
    };
    if let Some(id) = event.get(ID) {
        response.field("id").keep(id);
    }
    let index = event.index(INDEX).unwrap_or(0);
    let inside = delta.get(MESSAGE);
    let piece = |key| inside.and_then(|message| message.get(key));
    let message = response.field("message");
    match &*event.text(TYPE).unwrap_or_default() {
        "message-start" => {
            if let Some(start) = delta.get(MESSAGE) {
                message.merge(start, &Rule::Fields(&[]));
            }
        }
        "content-start" | "content-delta" => {
            if let Some(content) = piece(CONTENT) {
                message
                    .field("content")
                    .item(index)
                    .merge(content, &CONTENT_RULE);
            }
        }
        "tool-plan-delta" => {
            if let Some(plan) = piece(TOOL_PLAN) {
                message.field("tool_plan").merge(plan, &Rule::Text);
            }
        }
        "tool-call-start" | "tool-call-delta" => {
            if let Some(call) = piece(TOOL_CALLS) {
                message
                    .field("tool_calls")
                    .item(index)
                    .merge(call, &CALL_RULE);
            }
        }
        "citation-start" => {
            if let Some(citation) = piece(CITATIONS) {
                message.field("citations").push(citation);
            }
        }
        "message-end" => {
            if let Some(end) = event.get(DELTA) {
                response.merge(end, &Rule::Fields(&[]));
            }
        }
        _ => {}
    }
}

fn take_v1(stream: &mut Part, event: Event<'_>) {
    let mut take = |from: Key, to: &'static str, rule: &Rule| {
        if let Some(piece) = event.get(from) {
            stream.field(to).merge(piece, rule);
        }
    };
    match &*event.text(EVENT_TYPE).unwrap_or_default() {
        "stream-start" => take(GENERATION_ID, "generation_id", &Rule::Last),
        "text-generation" => take(TEXT, "text", &Rule::Text),
        "tool-calls-generation" => take(TOOL_CALLS, "tool_calls", &Rule::Last),
        "stream-end" => {
            take(RESPONSE, "response", &Rule::Last);
            take(FINISH_REASON, "finish_reason", &Rule::Last);
        }
        _ => {}
    }
}
