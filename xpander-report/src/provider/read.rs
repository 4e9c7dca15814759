use crate::provider::answer::{answer, answers};
use crate::provider::document::Node;
use crate::provider::response::ProviderResponse;
use crate::provider::stream::recording::{read_list, read_stream};
use crate::provider::vocabulary;

impl ProviderResponse {
    /// Reads JSON that is known to be a provider's response, or to contain one, such as a line of batch results. The
    /// responses or the chunks in a list are combined into one response. `None` if the JSON is invalid or has no known
    /// shape.
    pub fn read(json: &str) -> Option<Self> {
        vocabulary::read(json, |document, json| {
            // A list may be one of what was streamed.
            let streamed = match document {
                Node::List(_) => read_list(json),
                _ => None,
            };
            streamed.or_else(|| answer(document, true))
        })?
    }

    /// Reads the same JSON as [`read`](Self::read), but returns the responses of a list or of batch results one by one.
    /// The chunks of a stream are one response. The result is empty if `read` returns `None`.
    ///
    /// ```
    /// use xpander_report::ProviderResponse;
    ///
    /// let responses = ProviderResponse::read_each(
    ///     r#"[{"model": "gpt-5", "choices": [{"message": {"content": "Hello!"}}]},
    ///         {"model": "gpt-5-mini", "choices": [{"message": {"content": "Bye!"}}]}]"#,
    /// );
    /// let models: Vec<_> = responses.iter().filter_map(|says| says.model.as_deref()).collect();
    /// assert_eq!(models, ["gpt-5", "gpt-5-mini"]);
    /// ```
    pub fn read_each(json: &str) -> Vec<Self> {
        let read = vocabulary::read(json, |document, json| {
            let streamed = match document {
                Node::List(_) => read_list(json),
                _ => None,
            };
            streamed.map_or_else(|| answers(document, true, 0), |response| vec![response])
        });
        read.unwrap_or_default()
    }

    /// Reads the recorded body of a streamed response: server-sent events, JSON line by line, a list of chunks, or AWS's
    /// binary event stream. A body that was not streamed is read as by [`read`](Self::read).
    ///
    /// If the stream is truncated, the received part is read. If an error ended the stream, the response is also marked as
    /// failed. `None` if it is not the stream of a known provider.
    ///
    /// ```
    /// use xpander_report::{ProviderResponse, Tokens};
    ///
    /// let response = ProviderResponse::read_stream(
    ///     br#"data: {"id": "c1", "model": "gpt-5", "choices": [{"delta": {"content": "Hel"}}]}
    ///
    /// data: {"id": "c1", "model": "gpt-5", "choices": [{"delta": {"content": "lo!"}}]}
    ///
    /// data: {"id": "c1", "model": "gpt-5", "choices": [],
    /// data:  "usage": {"prompt_tokens": 12, "completion_tokens": 6}}
    ///
    /// data: [DONE]
    /// "#,
    /// )
    /// .ok_or("this is no stream")?;
    /// assert_eq!(response.result.as_deref(), Some("Hello!"));
    /// assert_eq!(response.tokens, Some(Tokens::new(12, 6)));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn read_stream(recording: &[u8]) -> Option<Self> {
        read_stream(recording).map(|(response, _)| response)
    }

    /// Reads JSON that may be anything, such as what a function returned.
    pub(crate) fn recognise(json: &str) -> Option<Self> {
        // What is no object counts only if it is declared.
        json.starts_with('{')
            .then(|| vocabulary::read(json, |document, _| answer(document, false)))
            .flatten()?
    }
}
