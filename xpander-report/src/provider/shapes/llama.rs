//! Meta's own API of its Llama models.

use crate::provider::document::Node;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { COMPLETION_MESSAGE CONTENT METRIC METRICS ROLE STOP_REASON TEXT TOOL_CALLS VALUE }

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::MetaLlama,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        let message = &document[COMPLETION_MESSAGE];
        message[ROLE].is("assistant") && (message.has(CONTENT) || message.has(STOP_REASON))
    },
    read: |document| {
        let message = &document[COMPLETION_MESSAGE];
        let mut reading = Reading::of(document);
        reading.push_text(&message[CONTENT]);
        reading.push_text(&message[CONTENT][TEXT]);
        reading.push_tool_calls(&message[TOOL_CALLS]);
        let metrics = &document[METRICS];
        reading.usage = Usage {
            prompt: metric(metrics, "num_prompt_tokens"),
            completion: metric(metrics, "num_completion_tokens"),
            ..Usage::default()
        };
        reading.finish_reason = message[STOP_REASON].text();
        reading
    },
};

fn metric(metrics: &Node<'_>, name: &str) -> Option<u64> {
    let mut metrics = metrics.items().iter();
    let metric = metrics.find(|metric| metric[METRIC].is(name))?;
    metric[VALUE].count()
}
