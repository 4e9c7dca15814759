//! An AWS Lambda function that asks a language model, and whose every invocation is reported before Lambda
//! freezes it.
//!
//! What to copy into a function of your own:
//!
//! 1. `#[external_task(id = request_id)]` on the function that calls the model, see [`answer`]. Lambda's
//!    request id stays the same when an invocation is retried, so that the retry updates its task. A handler
//!    that makes several runs gives each an id of its own: `id = format!("{request_id}-{step}")`.
//! 2. [`flushed`] around the handler, in `main`.
//! 3. `XPANDER_API_KEY` and `XPANDER_AGENT_ID` in the function's environment. The reporter is made of them by
//!    the first run. Do not make it in `main` with `?`: a variable that is missing would then keep the function
//!    from starting; this way it costs a warning in the log.
//!
//! A [`ReporterGuard`](xpander_report::ReporterGuard) is of no use here: the process does not end, it is
//! frozen and at some time killed. Nor is `/tmp` a place for reports, which goes with the process. An
//! invocation that runs into its timeout is killed in the middle of its run, and nothing is reported of it; a
//! time limit of your own around the call of the model, a second shorter than Lambda's, makes it a failed task.
//!
//! # What it costs
//!
//! On a machine of two cores, without a network, reporting added nothing to the time until the first
//! invocation is asked for, 2.5 ms to the first invocation (most of it is reading the system's root
//! certificates) and 0.4 ms to the second, and 1.0 MB to the program after `strip`. The platform's answer comes
//! on top, and on Lambda a function with little memory has only a part of a CPU. `cargo bench -p example-lambda`
//! measures it, the programs as they are after `strip` where there is one.

mod flushed;
mod model;

use async_openai::error::OpenAIError;
use lambda_runtime::{Error, LambdaEvent};
use serde::{Deserialize, Serialize};
use xpander_report::{current_task, external_task};

pub use flushed::flushed;
pub use model::{Model, text};

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

/// The handler.
///
/// # Errors
/// Those of [`answer`].
pub async fn handle(model: &Model, event: LambdaEvent<Question>) -> Result<Answer, Error> {
    let (Question { question }, context) = event.into_parts();
    let answer = answer(model, &context.request_id, &question).await?;
    Ok(Answer { answer })
}

/// What there is to instrument: a function that calls a model.
///
/// # Errors
/// The model is not reached, or refuses.
#[external_task(id = request_id, input(question))]
pub async fn answer(
    model: &Model,
    request_id: &str,
    question: &str,
) -> Result<String, OpenAIError> {
    let response = model.ask(question).await?;
    current_task().llm_response(&response);
    Ok(text(response))
}
