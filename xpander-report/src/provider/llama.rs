//! Meta's own API of its Llama models.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::MetaLlama,
    only_declared: false,
    matches: |document| {
        let message = &document[Key::CompletionMessage];
        message[Key::Role].is("assistant")
            && (message.has(Key::Content) || message.has(Key::StopReason))
    },
    read: |document| {
        let message = &document[Key::CompletionMessage];
        let mut reading = Reading::of(document);
        reading.push_text(&message[Key::Content]);
        reading.push_text(&message[Key::Content][Key::Text]);
        reading.push_tool_calls(&message[Key::ToolCalls]);
        let metrics = &document[Key::Metrics];
        reading.usage = Usage {
            prompt: metric(metrics, "num_prompt_tokens"),
            completion: metric(metrics, "num_completion_tokens"),
            ..Usage::default()
        };
        reading.finish_reason = message[Key::StopReason].text();
        reading
    },
};

fn metric(metrics: &Node<'_>, name: &str) -> Option<u64> {
    let mut metrics = metrics.items().iter();
    let metric = metrics.find(|metric| metric[Key::Metric].is(name))?;
    metric[Key::Value].count()
}
