use crate::provider::document::Node;
use crate::provider::failure;
use crate::provider::response::ProviderResponse;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! { CUSTOM FUNCTION ID MODEL MODEL_ID NAME TEXT TYPE }

/// What was read of a response, still in the document's own words.
#[derive(Debug, Default)]
pub(super) struct Reading<'n> {
    pub(super) id: Option<&'n str>,
    pub(super) model: Option<&'n str>,
    pub(super) text: String,
    pub(super) usage: Usage,
    pub(super) tools: Vec<&'n str>,
    pub(super) finish_reason: Option<&'n str>,
    /// What the provider says besides, where the reason to stop is a failure.
    pub(super) why: Option<&'n str>,
    /// Why the answer is a failure, where neither the reason to stop nor an error beside it says so.
    pub(super) failure: Option<String>,
}

impl<'n> Reading<'n> {
    /// A reading that begins with the id and the model where most providers put them.
    pub(super) fn of(document: &'n Node<'_>) -> Self {
        Self {
            id: document[ID].text(),
            model: document[MODEL].text().or_else(|| document[MODEL_ID].text()),
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
        let parts = content.items().iter();
        let length = parts
            .map(|part| part[TEXT].text().map_or(0, str::len))
            .sum();
        self.text.reserve(length);
        for part in content.items() {
            if !part.has(TYPE) || part[TYPE].is_word("text") {
                self.push_text(&part[TEXT]);
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
            let _ = self.push_tool(&call[FUNCTION][NAME])
                || self.push_tool(&call[CUSTOM][NAME])
                || self.push_tool(&call[NAME]);
        }
    }

    /// What the document says; its reason to stop and its error tell whether it failed.
    pub(super) fn into_response(self, shape: Shape, document: &Node<'_>) -> ProviderResponse {
        let reason = self.finish_reason;
        let failure = self
            .failure
            .or_else(|| failure::said(document))
            .or_else(|| failure::of(reason?, self.why));
        ProviderResponse {
            shape,
            id: self.id.map(str::to_owned),
            model: self.model.map(str::to_owned),
            result: Some(self.text).filter(|text| !text.is_empty()),
            tokens: self.usage.tokens(),
            used_tools: self.tools.into_iter().map(str::to_owned).collect(),
            finish_reason: self.finish_reason.map(str::to_owned),
            failure,
            reasoning: self.usage.reasoned(),
        }
    }
}
