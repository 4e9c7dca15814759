use super::document::{Key, Node};
use super::reading::Reading;
use super::usage::{Usage, largest};
use super::{Format, Shape, failure};

pub(super) const FORMAT: Format = Format {
    shape: Shape::OpenAiResponses,
    only_declared: false,
    matches,
    read,
};

fn matches(document: &Node<'_>) -> bool {
    let object = &document[Key::Object];
    let is_response = document[Key::Output].is_list() || document[Key::Usage].has(Key::InputTokens);
    object.is("response") && is_response || object.is("response.compaction")
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    let mut refusal = None;
    for item in document[Key::Output].items() {
        for part in item[Key::Content].of_type("output_text") {
            reading.push_text(&part[Key::Text]);
        }
        let mut refusals = item[Key::Content].of_type("refusal");
        refusal = refusal.or(refusals.find_map(|part| part[Key::Refusal].text()));
        let kind = item[Key::Type].text().unwrap_or_default();
        match kind {
            "function_call" | "custom_tool_call" | "mcp_call" => {
                reading.push_tool(&item[Key::Name]);
            }
            // A tool of the provider's own, such as `web_search_call`.
            _ => reading.tools.extend(kind.strip_suffix("_call")),
        }
    }
    reading.usage = usage(&document[Key::Usage]);
    let reason = document[Key::IncompleteDetails][Key::Reason].text();
    let status = document[Key::Status].text();
    reading.finish_reason = reason.or(status);
    reading.failure = match (status, reason) {
        _ if refusal.is_some() => Some(failure::refused(refusal)),
        (Some("incomplete"), Some("content_filter")) => {
            Some(failure::blocked("content_filter", None))
        }
        (Some(status @ ("failed" | "cancelled")), _) => {
            let error = failure::error(&document[Key::Error]);
            Some(error.unwrap_or_else(|| failure::failed(status, None)))
        }
        _ => failure::error(&document[Key::Error]),
    };
    reading
}

fn usage(usage: &Node<'_>) -> Usage {
    let input_details = &usage[Key::InputTokensDetails];
    let output_details = &usage[Key::OutputTokensDetails];
    Usage {
        prompt: usage[Key::InputTokens].count(),
        completion: usage[Key::OutputTokens].count(),
        cache_read: largest([&input_details[Key::CachedTokens]]),
        cache_write: largest([
            &input_details[Key::CacheWriteTokens],
            &input_details[Key::CacheCreationTokens],
        ]),
        audio: None,
        reasoning: output_details
            .is_object()
            .then(|| largest([&output_details[Key::ReasoningTokens]])),
        total: usage[Key::TotalTokens].count(),
    }
}
