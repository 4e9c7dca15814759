use super::document::Key;
use super::reading::Reading;
use super::usage::Usage;
use super::{Format, Shape};

pub(super) const FORMAT: Format = Format {
    shape: Shape::Cloudflare,
    only_declared: false,
    matches: |document| {
        document[Key::Success].is_bool()
            && document[Key::Errors].is_list()
            && (document[Key::Result][Key::Response].is_text()
                || document[Key::Result][Key::ToolCalls].is_list())
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
