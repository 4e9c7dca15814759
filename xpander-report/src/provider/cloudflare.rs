use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Cloudflare,
    only_declared: false,
    matches: |document| {
        let result = &document[Key::Result];
        document[Key::Success].is_bool()
            && document[Key::Errors].is_list()
            && (result[Key::Response].is_text()
                && (result.has(Key::Usage) || result.has_only(&[Key::Response]))
                || result[Key::ToolCalls].is_list())
    },
    read: |document| {
        let result = &document[Key::Result];
        let mut reading = Reading::default();
        reading.push_text(&result[Key::Response]);
        reading.push_tool_calls(&result[Key::ToolCalls]);
        reading.usage = Usage::openai(&result[Key::Usage]);
        reading
    },
};
