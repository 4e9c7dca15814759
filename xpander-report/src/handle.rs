use std::sync::Arc;

use serde::Serialize;

use crate::captured::Captured;
use crate::run::{self, Shared};
use crate::{Tokens, json, sequence};

/// The run that executes the code that asks, or a handle that does nothing outside a run.
///
/// It follows the run through awaits, not into threads or tasks that the body starts; a handle can
/// be moved there. What is set through it is explicit: nothing captured replaces it.
///
/// ```
/// use xpander_report::{Tokens, current_task, external_task, testing::Recorder};
///
/// #[external_task]
/// fn answer(question: &str) -> String {
///     current_task().tokens(Tokens::new(7, 3)).used_tool("search");
///     format!("about {question}: 42")
/// }
///
/// let recorder = Recorder::new();
/// recorder.in_scope(|| answer("life"));
/// let report = &recorder.take()[0];
/// assert_eq!(report.used_tools, ["search"]);
/// assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
/// ```
pub fn current_task() -> TaskHandle {
    TaskHandle(run::current())
}

/// A run, seen from inside its body; see [`current_task`].
#[derive(Debug, Clone)]
pub struct TaskHandle(Option<Arc<Shared>>);

impl TaskHandle {
    /// The task's id, under which the run will be found; `None` outside a run.
    pub fn id(&self) -> Option<String> {
        self.0
            .as_ref()?
            .edit(|envelope| envelope.id.get_or_insert_with(sequence::new_id).to_string())
    }

    /// Hands over a provider's response: anything that serialises. Several become an array.
    pub fn llm_response(&self, response: impl Serialize) -> &Self {
        if let Some(state) = &self.0 {
            let response = json::raw(&response);
            state.edit(|envelope| envelope.responses.push(response));
        }
        self
    }

    /// Sets how many tokens the run used.
    pub fn tokens(&self, tokens: impl Into<Tokens>) -> &Self {
        if let Some(state) = &self.0 {
            let tokens = tokens.into();
            state.edit(|envelope| envelope.tokens = Some(tokens));
        }
        self
    }

    /// Adds a tool that the run called.
    pub fn used_tool(&self, tool: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let tool = tool.into();
            state.edit(|envelope| envelope.used_tools.push(tool));
        }
        self
    }

    /// Sets what came out of the run, instead of the returned value.
    pub fn result(&self, result: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let result = Captured::Text(result.into());
            state.edit(|envelope| envelope.result.set(result));
        }
        self
    }

    /// Marks the run as failed, and says why, whatever it returns.
    pub fn fail(&self, why: impl Into<String>) -> &Self {
        if let Some(state) = &self.0 {
            let why = Captured::Text(why.into());
            state.edit(|envelope| {
                envelope.is_success.set(false);
                envelope.result.set(why);
            });
        }
        self
    }
}
