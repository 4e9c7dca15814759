//! An AWS Lambda function that asks a language model. Each of its invocations is a task, which arrives before Lambda
//! freezes the function, or kills it.
//!
//! What to copy into a function of your own:
//!
//! 1. A [`TaskLayer`] over the handler, see [`reported`]. Lambda's request id stays the same when an invocation is
//!    retried, so that the retry updates its task. The layer waits for the report before the answer leaves, for two
//!    seconds at most. What is not delivered by then stays in memory and goes with the next invocation.
//! 2. The layer's `deadline`. An invocation that runs into its timeout is killed in the middle of its run. Half a second
//!    before that, the reporter's thread reports it as failed, with `deadline` as the reason, even if the handler blocks.
//! 3. [`current_task`] where the model answers, or a middleware in the HTTP client, for tokens and the raw response.
//! 4. `XPANDER_API_KEY` and `XPANDER_AGENT_ID` in the function's environment. The reporter is made of them by
//!    the first run. Do not make it in `main` with `?`: a variable that is missing would then keep the function
//!    from starting; this way it costs a warning in the log.
//!
//! A [`ReporterGuard`](xpander_report::ReporterGuard) is of no use here: the process does not end, it is
//! frozen and at some time killed. Nor is `/tmp` a place for reports, which goes with the process. A task that the
//! handler spawns and does not wait for ends later than the answer, and so does a response that is streamed.
//!
//! # What it costs
//!
//! On a machine of two cores, without a network, reporting added nothing to the time until the first
//! invocation is asked for, 2.5 ms to the first invocation (most of it is reading the system's root
//! certificates) and 0.4 ms to the second, and 1.0 MB to the program after `strip`. The platform's answer comes
//! on top, and on Lambda a function with little memory has only a part of a CPU. `cargo bench -p example-lambda`
//! measures it, the programs as they are after `strip` where there is one.

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
    /// What the model is asked.
    pub question: String,
}

/// The response: `{"answer": "…"}`.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// What it said.
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
/// The model is not reached, or refuses.
pub async fn handle(model: &Model, event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let response = model.ask(&event.payload.question).await?;
    current_task().llm_response(&response);
    Ok(Answer {
        answer: text(response),
    })
}
