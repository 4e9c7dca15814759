//! An AWS Lambda function that calls a language model. Each invocation is a task, which is delivered before Lambda
//! freezes or kills the function.
//!
//! What to copy into a function of your own:
//!
//! 1. A [`TaskLayer`] over the handler, see [`reported`]. Lambda's request id stays the same when an invocation is
//!    retried, so that the retry updates its task. The layer waits for the report before the answer leaves, for two
//!    seconds at most. Later reports stay in memory and are delivered during the next invocation.
//! 2. The layer's `deadline`. Lambda kills an invocation at its timeout, in the middle of the run. Half a second before
//!    that, the reporter's thread reports it as failed, with `deadline` as the reason, even if the handler blocks.
//! 3. [`current_task`] where the model answers, or a middleware in the HTTP client, for tokens and the raw response.
//! 4. `XPANDER_API_KEY` and `XPANDER_AGENT_ID` in the function's environment. The first run makes the reporter from
//!    them. Do not make it in `main` with `?`: then a missing variable would prevent the function from starting.
//!    Otherwise it only causes a warning in the log.
//!
//! A [`ReporterGuard`](xpander_report::ReporterGuard) does not help here: the process does not end, but is frozen and
//! later killed. `/tmp` does not help either, because it is deleted with the process. Spawned tasks that the handler
//! does not await end after the answer, and so do streamed responses.
//!
//! # What it costs
//!
//! On a machine with two cores and without a network, reporting added nothing to the start, 2.5 ms to the first
//! invocation (mostly for reading the system's root certificates), 0.4 ms to the second one, and 1.0 MB to the stripped
//! program. The time of the platform's answer comes on top, and on Lambda a function with little memory has only a
//! share of a CPU. `cargo bench -p example-lambda` measures it.

mod model;

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent};
use serde::{Deserialize, Serialize};
use xpander_report::{TaskLayer, current_task};

pub use model::{Model, text};

/// How long a platform that does not answer may hold the response.
const MAX_FLUSH: Duration = Duration::from_secs(2);

/// The event: `{"question": "…"}`.
#[derive(Debug, Deserialize)]
pub struct Question {
    /// The question for the model.
    pub question: String,
}

/// The response: `{"answer": "…"}`.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The model's answer.
    pub answer: String,
}

/// Makes a task of each invocation.
pub fn reported() -> TaskLayer<LambdaEvent<Question>, Answer, Error> {
    TaskLayer::new("example_lambda::handle")
        .id(|event: &LambdaEvent<Question>| event.context.request_id.clone())
        .input(|event| event.payload.question.clone())
        .result(|answer: &Answer| answer.answer.clone())
        .deadline(|event| event.context.deadline())
        .flush(MAX_FLUSH)
}

/// The handler.
///
/// # Errors
/// The model cannot be reached, or refuses.
pub async fn handle(model: &Model, event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let response = model.ask(&event.payload.question).await?;
    current_task().llm_response(&response);
    Ok(Answer {
        answer: text(response),
    })
}
