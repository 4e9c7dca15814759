use serde::Serialize;

/// A type that [`llm_response`](crate::TaskHandle::llm_response) accepts as a provider's response. Every type that
/// implements `Serialize` has this trait.
///
/// The parameter `Via` separates the implementations. It is [`Serialized`] for types that implement `Serialize`. For a
/// response type of another crate that does not serialise, implement the trait with a marker type of your own:
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
    /// Returns the response in the form of the provider's API, so that its text, tokens and tools can be read.
    fn response(&self) -> impl Serialize;
}

/// The marker for types that implement `Serialize`; see [`LlmResponse`].
#[derive(Debug)]
pub enum Serialized {}

impl<T: Serialize + ?Sized> LlmResponse<Serialized> for T {
    fn response(&self) -> impl Serialize {
        self
    }
}
