use serde::Serialize;

use crate::provider::billing::Billing;
use crate::provider::shape::Shape;
use crate::provider::usage;
use crate::report::tokens::Tokens;

/// The content of a provider's response, for any provider.
///
/// Serialises to one JSON object with the fields below, except for `id` and `billing`.
///
/// ```
/// use xpander_report::{ProviderResponse, Shape, Tokens};
///
/// let response = ProviderResponse::read(
///     r#"{"id": "msg_1", "model": "claude-opus-4-6", "stop_reason": "end_turn",
///         "content": [{"type": "text", "text": "Hello!"}],
///         "usage": {"input_tokens": 12, "output_tokens": 6}}"#,
/// )
/// .ok_or("this is no response")?;
/// assert_eq!(response.shape, Shape::AnthropicMessages);
/// assert_eq!(response.result.as_deref(), Some("Hello!"));
/// assert_eq!(response.tokens, Some(Tokens::new(12, 6)));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProviderResponse {
    /// Which API the response comes from.
    pub shape: Shape,
    /// The provider's id of the response.
    #[serde(skip)]
    pub id: Option<String>,
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// The assistant's text.
    pub result: Option<String>,
    /// How many tokens it took; `None` if the provider does not say.
    pub tokens: Option<Tokens>,
    /// The tools that the model called, a name for each call.
    pub used_tools: Vec<String>,
    /// Why the model stopped, in the provider's word.
    pub finish_reason: Option<String>,
    /// Why the response is a failure, in words for people; `None` if it is none.
    pub failure: Option<String>,
    /// Its price-related fields.
    #[serde(skip)]
    pub billing: Billing,
    /// The output tokens that are hidden reasoning; `None` if the provider does not state them.
    #[serde(skip)]
    pub(crate) reasoning: Option<u64>,
}

impl ProviderResponse {
    /// What several answers say together.
    pub(super) fn together(answers: Vec<Self>) -> Option<Self> {
        answers.into_iter().reduce(|earlier, later| Self {
            shape: later.shape,
            id: later.id,
            model: later.model.or(earlier.model),
            result: match (earlier.result, later.result) {
                (Some(earlier), Some(later)) => Some(format!("{earlier}\n{later}")),
                (earlier, later) => later.or(earlier),
            },
            tokens: match (earlier.tokens, later.tokens) {
                (Some(earlier), Some(later)) => Some(usage::both(earlier, later)),
                (earlier, later) => later.or(earlier),
            },
            used_tools: [earlier.used_tools, later.used_tools].concat(),
            finish_reason: later.finish_reason,
            failure: later.failure,
            billing: earlier.billing.and(later.billing),
            reasoning: usage::sum([earlier.reasoning, later.reasoning]),
        })
    }
}
