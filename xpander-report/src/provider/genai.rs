//! What the crate `genai` makes of a response.

use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Genai,
    only_declared: false,
    matches: |document| {
        document[Key::Content].is_list() && document[Key::ModelIden].has(Key::ModelName)
    },
    read: |document| {
        let mut reading = Reading {
            id: document[Key::ResponseId].text(),
            model: model(&document[Key::ProviderModelIden])
                .or_else(|| model(&document[Key::ModelIden])),
            ..Reading::default()
        };
        for part in document[Key::Content].items() {
            reading.push_text(&part[Key::TextVariant]);
            reading.push_tool(&part[Key::ToolCallVariant][Key::FnName]);
        }
        reading.usage = Usage::openai(&document[Key::Usage]);
        if let Some((kind, word)) = document[Key::StopReason].only_field() {
            reading.finish_reason = word.text();
            reading.failure = match (kind, word.text().unwrap_or("content filter")) {
                (Key::ContentFilterVariant, word) => Some(failure::blocked(word, None)),
                (Key::Other, word @ ("failed" | "cancelled" | "ERROR")) => {
                    Some(failure::failed(word, None))
                }
                _ => None,
            };
        }
        reading
    },
};

fn model<'n>(model: &'n Node<'_>) -> Option<&'n str> {
    let (_, name) = model[Key::ModelName].only_field()?;
    name.text()
}
