use super::document::{Key, Node};
use super::usage::Usage;
use super::{ProviderResponse, Shape};

/// What was read of a response, still in the document's own words.
#[derive(Debug, Default)]
pub(super) struct Reading<'n> {
    pub(super) id: Option<&'n str>,
    pub(super) model: Option<&'n str>,
    pub(super) text: String,
    pub(super) usage: Usage,
    pub(super) tools: Vec<&'n str>,
    pub(super) finish_reason: Option<&'n str>,
    pub(super) failure: Option<String>,
}

impl<'n> Reading<'n> {
    /// A reading that begins with the id and the model where most providers put them.
    pub(super) fn of(document: &'n Node<'_>) -> Self {
        Self {
            id: document[Key::Id].text(),
            model: document[Key::Model]
                .text()
                .or_else(|| document[Key::ModelId].text()),
            ..Self::default()
        }
    }

    /// Appends text; nothing if there is none.
    pub(super) fn push_text(&mut self, text: &Node<'_>) {
        self.text.push_str(text.text().unwrap_or_default());
    }

    /// Appends content that is text, or a list of parts of which some are text. A part may leave
    /// its type out.
    pub(super) fn push_content(&mut self, content: &Node<'_>) {
        self.push_text(content);
        for part in content.items() {
            if part[Key::Type].is("text") || !part.has(Key::Type) {
                self.push_text(&part[Key::Text]);
            }
        }
    }

    /// Adds the tool of this name; nothing if there is none. Says whether there was.
    pub(super) fn push_tool(&mut self, name: &'n Node<'_>) -> bool {
        let name = name.text();
        self.tools.extend(name);
        name.is_some()
    }

    /// Adds the tools of a list of calls, as OpenAI and those who took it over spell them.
    pub(super) fn push_tool_calls(&mut self, calls: &'n Node<'_>) {
        for call in calls.items() {
            let _ = self.push_tool(&call[Key::Function][Key::Name])
                || self.push_tool(&call[Key::Custom][Key::Name])
                || self.push_tool(&call[Key::Name]);
        }
    }

    pub(super) fn into_response(self, shape: Shape) -> ProviderResponse {
        ProviderResponse {
            shape,
            id: self.id.map(str::to_owned),
            model: self.model.map(str::to_owned),
            result: Some(self.text).filter(|text| !text.is_empty()),
            tokens: self.usage.tokens(),
            used_tools: self.tools.into_iter().map(str::to_owned).collect(),
            finish_reason: self.finish_reason.map(str::to_owned),
            failure: self.failure,
        }
    }
}
