use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    CONTENT ERROR INCOMPLETE_DETAILS INPUT_TOKENS NAME OBJECT OUTPUT REASON REFUSAL STATUS
    STATUS_DETAILS TEXT TRANSCRIPT TYPE USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::OpenAiResponses,
    keys: KEYS,
    only_declared: false,
    matches,
    read,
};

fn matches(document: &Node<'_>) -> bool {
    let object = &document[OBJECT];
    let is_response = document[OUTPUT].is_list() || document[USAGE].has(INPUT_TOKENS);
    (object.is("response") || object.is("realtime.response")) && is_response
        || object.is("response.compaction")
}

fn read<'n>(document: &'n Node<'_>) -> Reading<'n> {
    let mut reading = Reading::of(document);
    let mut refusal = None;
    for item in document[OUTPUT].items() {
        for part in item[CONTENT].items() {
            match part[TYPE].text() {
                Some("output_text" | "text") => reading.push_text(&part[TEXT]),
                // What was said.
                Some("output_audio" | "audio") => reading.push_text(&part[TRANSCRIPT]),
                _ => {}
            }
        }
        let mut refusals = item[CONTENT].of_type("refusal");
        refusal = refusal.or(refusals.find_map(|part| part[REFUSAL].text()));
        let kind = item[TYPE].text().unwrap_or_default();
        match kind {
            "function_call" | "custom_tool_call" | "mcp_call" => {
                reading.push_tool(&item[NAME]);
            }
            // A tool of the provider's own, such as `web_search_call`.
            _ => reading.tools.extend(kind.strip_suffix("_call")),
        }
    }
    reading.usage = Usage::openai(&document[USAGE]);
    let status = &document[STATUS];
    let details = &document[STATUS_DETAILS];
    let reason = match status.is("incomplete") {
        true => details[REASON].text(),
        false => None,
    };
    reading.finish_reason = document[INCOMPLETE_DETAILS][REASON]
        .text()
        .or(reason)
        .or(status.text());
    reading.failure = match refusal {
        Some(_) => Some(failure::refused(refusal)),
        None => failure::error(&details[ERROR]),
    };
    reading
}
