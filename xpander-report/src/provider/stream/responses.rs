//! OpenAI's Responses API. The last event has the whole response; what was cut off before is put together.

use super::part::{Part, Rule, field};
use crate::provider::event::Event;
use crate::provider::format::Format;
use crate::provider::shapes::responses;
use crate::provider::stream::protocol::Protocol;
use crate::provider::tape::Tape;

keys! { OUTPUT_INDEX RESPONSE TYPE }

names! { CONTENT_INDEX DELTA ITEM OUTPUT PART }

pub(super) const PROTOCOL: Protocol = Protocol {
    keys: KEYS,
    matches: |event| {
        let is_named = event[TYPE]
            .text()
            .is_some_and(|kind| kind.starts_with("response."));
        is_named && (event[RESPONSE].is_object() || event.has(OUTPUT_INDEX))
    },
    take,
    finish,
};

const ITEM_RULE: Rule = Rule::Fields(&[
    field("arguments", Rule::Text),
    field("content", Rule::Items(&PART_RULE)),
    field("input", Rule::Text),
]);

const PART_RULE: Rule = Rule::Fields(&[
    field("refusal", Rule::Text),
    field("text", Rule::Text),
    field("transcript", Rule::Text),
]);

fn take(stream: &mut Part, event: Event<'_>) {
    let kind = event.text(TYPE).unwrap_or_default();
    if let Some(response) = event.get(RESPONSE) {
        stream.field("response").keep(response);
        // A session with the Realtime API has several.
        if &*kind == "response.done" {
            let response = whole(stream);
            return stream.field("turns").push_part(response);
        }
    }
    let Some(index) = event.index(OUTPUT_INDEX) else {
        return;
    };
    let item = stream.field("items").item(index);
    if &*kind == "response.output_item.done"
        && let Some(done) = event.get(ITEM)
    {
        return item.keep(done);
    }
    if item.raw().is_some() {
        return;
    }
    let delta = event.get(DELTA);
    match &*kind {
        "response.output_item.added" => {
            if let Some(added) = event.get(ITEM) {
                item.merge(added, &ITEM_RULE);
            }
        }
        "response.content_part.added" => {
            if let Some(added) = event.get(PART) {
                part(item, event).merge(added, &PART_RULE);
            }
        }
        "response.output_text.delta" | "response.text.delta" => {
            add(part(item, event), "output_text", "text", delta);
        }
        "response.output_audio_transcript.delta" | "response.audio_transcript.delta" => {
            add(part(item, event), "output_audio", "transcript", delta);
        }
        "response.refusal.delta" => add(part(item, event), "refusal", "refusal", delta),
        "response.function_call_arguments.delta" => add(item, "function_call", "arguments", delta),
        "response.mcp_call_arguments.delta" => add(item, "mcp_call", "arguments", delta),
        "response.custom_tool_call_input.delta" => add(item, "custom_tool_call", "input", delta),
        _ => {}
    }
}

fn part<'p>(item: &'p mut Part, event: Event<'_>) -> &'p mut Part {
    if item.get(TYPE).is_none() {
        item.field("type").keep_text("message");
    }
    let index = event.index(CONTENT_INDEX).unwrap_or(0);
    item.field("content").item(index)
}

fn add(to: &mut Part, kind: &str, field: &'static str, delta: Option<Event<'_>>) {
    if to.get(TYPE).is_none() {
        to.field("type").keep_text(kind);
    }
    if let Some(delta) = delta {
        to.field(field).merge(delta, &Rule::Text);
    }
}

fn finish(stream: &mut Part) -> &'static Format {
    let mut turns = stream.take("turns");
    if turns.is_nothing() {
        *stream = whole(stream);
        return &responses::FORMAT;
    }
    if stream.has(RESPONSE) {
        turns.push_part(whole(stream));
    }
    match turns.take_only_item() {
        Some(turn) => *stream = turn,
        None => *stream.field("turns") = turns,
    }
    &responses::FORMAT
}

/// The response, with what was streamed of it where it has nothing itself.
fn whole(stream: &mut Part) -> Part {
    let streamed = stream.take("items");
    let mut response = stream.take("response");
    let mut tape = Tape::default();
    let whole = response.raw().and_then(|json| tape.read(json));
    let output = whole.and_then(|response| response.get(OUTPUT));
    let has_output = output.is_some_and(|output| output.items().next().is_some());
    // Some servers leave out at the end what they have streamed.
    if !has_output && !streamed.is_nothing() {
        *response.field("output") = streamed;
    }
    response
}
