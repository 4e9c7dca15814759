//! Cohere's two APIs, also through Bedrock.

use super::metrics::METRICS;
use super::part::{Part, Rule};
use crate::provider::event::Event;
use crate::provider::shapes::cohere;
use crate::provider::stream::protocol::Protocol;

keys! {
    DELTA EVENT_TYPE FINISH_REASON GENERATION_ID INDEX IS_FINISHED MESSAGE RESPONSE TEXT TOOL_CALLS
    TYPE
}

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
        if !stream.has("finish_reason") {
            *stream.field("finish_reason") = reason;
        }
        match stream.has("generations") {
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
        if event.get("generations").is_some() {
            response.merge(event, &Rule::Fields(&[]));
        } else if event.index("index").unwrap_or(0) == 0 {
            let generation = response.field("generations").item(0);
            generation.merge(event, &GENERATION_RULE);
        }
    },
    finish: |_| &cohere::GENERATE,
};

const CONTENT_RULE: Rule = Rule::Fields(&[("text", Rule::Text), ("thinking", Rule::Text)]);

const CALL_RULE: Rule = Rule::Fields(&[("function", Rule::Fields(&[("arguments", Rule::Text)]))]);

const GENERATION_RULE: Rule = Rule::Fields(&[
    (METRICS, Rule::Dropped),
    ("is_finished", Rule::Dropped),
    ("text", Rule::Text),
]);

fn take_v2(response: &mut Part, event: &Event<'_>) {
    let Some(delta) = event.get("delta") else {
        return;
    };
    if let Some(id) = event.get("id") {
        response.field("id").keep(id);
    }
    let index = event.index("index").unwrap_or(0);
    let inside = delta.get("message");
    let piece = |name| inside.and_then(|message| message.get(name));
    let message = response.field("message");
    match &*event.text("type").unwrap_or_default() {
        "message-start" => {
            if let Some(start) = delta.get("message") {
                message.merge(start, &Rule::Fields(&[]));
            }
        }
        "content-start" | "content-delta" => {
            if let Some(content) = piece("content") {
                message
                    .field("content")
                    .item(index)
                    .merge(content, &CONTENT_RULE);
            }
        }
        "tool-plan-delta" => {
            if let Some(plan) = piece("tool_plan") {
                message.field("tool_plan").merge(plan, &Rule::Text);
            }
        }
        "tool-call-start" | "tool-call-delta" => {
            if let Some(call) = piece("tool_calls") {
                message
                    .field("tool_calls")
                    .item(index)
                    .merge(call, &CALL_RULE);
            }
        }
        "citation-start" => {
            if let Some(citation) = piece("citations") {
                message.field("citations").push(citation);
            }
        }
        "message-end" => {
            if let Some(end) = event.get("delta") {
                response.merge(end, &Rule::Fields(&[]));
            }
        }
        _ => {}
    }
}

fn take_v1(stream: &mut Part, event: &Event<'_>) {
    let mut take = |from: &str, to: &'static str, rule: &Rule| {
        if let Some(piece) = event.get(from) {
            stream.field(to).merge(piece, rule);
        }
    };
    match &*event.text("event_type").unwrap_or_default() {
        "stream-start" => take("generation_id", "generation_id", &Rule::Last),
        "text-generation" => take("text", "text", &Rule::Text),
        "tool-calls-generation" => take("tool_calls", "tool_calls", &Rule::Last),
        "stream-end" => {
            take("response", "response", &Rule::Last);
            take("finish_reason", "finish_reason", &Rule::Last);
        }
        _ => {}
    }
}
