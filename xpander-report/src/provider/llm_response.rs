use serde::Serialize;

/// What can be handed over as a provider's response, with
/// [`llm_response`](crate::TaskHandle::llm_response): all that serialises, and what this is
/// implemented for.
///
/// `Via` tells the ways apart: it is [`Serialized`] for what serialises. A response of another crate
/// that does not serialise gets a type of your own there, and needs nothing else:
///
/// ```
/// use serde_json::json;
/// use xpander_report::{LlmResponse, current_task, external_task, testing::Recorder};
/// # mod other_crate { pub struct Answer { pub text: String, pub tokens: (u64, u64) } }
///
/// struct Mine;
/// impl LlmResponse<Mine> for other_crate::Answer {
///     fn response(&self) -> impl serde::Serialize {
///         json!({
///             "choices": [{"message": {"content": self.text}}],
///             "usage": {"prompt_tokens": self.tokens.0, "completion_tokens": self.tokens.1},
///         })
///     }
/// }
///
/// #[external_task]
/// fn ask(question: &str) -> usize {
///     let answer = other_crate::Answer { text: question.to_uppercase(), tokens: (7, 3) };
///     current_task().llm_response(&answer);
///     answer.text.len()
/// }
///
/// let recorder = Recorder::new();
/// recorder.in_scope(|| ask("why"));
/// let tokens = recorder.take()[0].tokens.ok_or("no tokens were read")?;
/// assert_eq!(tokens.total_tokens(), 10);
/// # Ok::<(), &str>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be reported as a response. Derive `serde::Serialize` for it, or \
               implement `LlmResponse<Mine>` with your own type `Mine`.",
    label = "this type does not implement `Serialize`"
)]
pub trait LlmResponse<Via> {
    /// What is reported: the response as the provider's API gives it, so that its text, tokens and
    /// tools can be read.
    fn response(&self) -> impl Serialize;
}

/// The way of what serialises; see [`LlmResponse`].
#[derive(Debug)]
pub enum Serialized {}

impl<T: Serialize + ?Sized> LlmResponse<Serialized> for T {
    fn response(&self) -> impl Serialize {
        self
    }
}
