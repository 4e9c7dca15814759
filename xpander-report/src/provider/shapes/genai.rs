//! What the crate `genai` makes of a response.

use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    ADAPTER_KIND COMPLETED CONTENT CONTENT_FILTER FN_NAME MAX_TOKENS MODEL_IDEN MODEL_NAME OTHER
    PROVIDER_MODEL_IDEN RESPONSE_ID SHARED STATIC STOP_REASON STOP_SEQUENCE TEXT TOOL_CALL USAGE
}

pub(in crate::provider) const FORMAT: Format = Format {
    shape: Shape::Genai,
    keys: KEYS,
    only_declared: false,
    matches: |document| document[CONTENT].is_list() && document[MODEL_IDEN].has(MODEL_NAME),
    read: |document| {
        let mut reading = Reading {
            id: document[RESPONSE_ID].text(),
            model: model(&document[PROVIDER_MODEL_IDEN]).or_else(|| model(&document[MODEL_IDEN])),
            ..Reading::default()
        };
        for part in document[CONTENT].items() {
            reading.push_text(&part[TEXT]);
            reading.push_tool(&part[TOOL_CALL][FN_NAME]);
        }
        reading.usage = Usage::openai(&document[USAGE]);
        reading.usage.provider = provider(&document[MODEL_IDEN][ADAPTER_KIND]);
        let reason = &document[STOP_REASON];
        let variants = [
            COMPLETED,
            MAX_TOKENS,
            STOP_SEQUENCE,
            TOOL_CALL,
            CONTENT_FILTER,
            OTHER,
        ];
        reading.finish_reason = variants.into_iter().find_map(|key| reason[key].text());
        if reason.has(CONTENT_FILTER) {
            let word = reading.finish_reason.unwrap_or("content filter");
            reading.failure = Some(failure::blocked(word, None));
        }
        reading
    },
};

fn model<'n>(model: &'n Node<'_>) -> Option<&'n str> {
    let name = &model[MODEL_NAME];
    name[SHARED].text().or_else(|| name[STATIC].text())
}

/// The provider that answered, by the name of the crate's adapter.
fn provider(adapter: &Node<'_>) -> Option<&'static str> {
    match adapter.text()? {
        "OpenAI" | "OpenAIResp" => Some("openai"),
        "Anthropic" => Some("anthropic"),
        "Gemini" | "Vertex" => Some("google"),
        "Groq" => Some("groq"),
        "DeepSeek" => Some("deepseek"),
        "Xai" => Some("xai"),
        "Cohere" => Some("cohere"),
        "Fireworks" => Some("fireworks"),
        "Together" => Some("together"),
        "OpenRouter" => Some("openrouter"),
        "Ollama" => Some("ollama"),
        _ => None,
    }
}
