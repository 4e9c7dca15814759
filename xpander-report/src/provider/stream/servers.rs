//! Servers with APIs of their own: SGLang, LM Studio, Replicate.

use super::part::{Rule, field};
use crate::provider::shapes::{lm_studio, replicate, sglang};
use crate::provider::stream::protocol::Protocol;

keys! { CONTENT DATA EVENT MODEL_INSTANCE_ID RESULT TYPE }

names! { REASON TOOL }

/// Each event has all of the text so far, or more of it.
pub(super) const SGLANG: Protocol = Protocol {
    keys: KEYS,
    matches: sglang::FORMAT.matches,
    take: |response, event| {
        const EVENT_RULE: Rule = Rule::Fields(&[field("text", Rule::Grown)]);
        response.merge(event, &EVENT_RULE);
    },
    finish: |_| &sglang::FORMAT,
};

/// The last event has the whole response.
pub(super) const LM_STUDIO: Protocol = Protocol {
    keys: KEYS,
    matches: |event| match event[TYPE].text() {
        Some("chat.start") => event[MODEL_INSTANCE_ID].is_text(),
        Some("message.delta") => event[CONTENT].is_text(),
        Some("chat.end") => event[RESULT].is_object(),
        _ => false,
    },
    take: |response, event| {
        if let Some(model) = event.get(MODEL_INSTANCE_ID) {
            response.field("model_instance_id").keep(model);
        }
        match &*event.text(TYPE).unwrap_or_default() {
            "tool_call.start" => {
                let call = response.field("output").open_item(|_| true);
                call.field("type").keep_text("tool_call");
                if let Some(tool) = event.get(TOOL) {
                    call.field("tool").keep(tool);
                }
            }
            "message.delta" => {
                let output = response.field("output");
                let message = output.open_item(|item| item.get(CONTENT).is_none());
                message.field("type").keep_text("message");
                if let Some(content) = event.get(CONTENT) {
                    message.field("content").merge(content, &Rule::Text);
                }
            }
            "chat.end" => {
                if let Some(result) = event.get(RESULT) {
                    response.field("whole").keep(result);
                }
            }
            _ => {}
        }
    },
    finish: |response| {
        let whole = response.take("whole");
        if !whole.is_nothing() {
            *response = whole;
        }
        &lm_studio::FORMAT
    },
};

/// Events of text alone, under the name that they have there.
pub(super) const REPLICATE: Protocol = Protocol {
    keys: KEYS,
    matches: |event| event[EVENT].is("output") && event[DATA].is_text(),
    take: |response, event| {
        if let Some(text) = event.get(DATA) {
            response.field("output").merge(text, &Rule::Text);
        }
        if let Some(reason) = event.get(REASON) {
            response.field("status").keep(reason);
        }
    },
    finish: |_| &replicate::FORMAT,
};
