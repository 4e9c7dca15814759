//! A worker of the job framework `apalis` that calls a language model. A layer over the unchanged handler makes each
//! job a task.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data};
use apalis_core::task::Task;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs,
};
use xpander_report::{TaskLayer, current_task};
use xpander_report_examples::model::Model;

/// The timeout of a job.
const TIME: Duration = Duration::from_secs(300);

/// A job of the queue.
#[derive(Debug, Clone)]
pub struct Summarise {
    /// The text to summarise.
    pub text: String,
}

/// Makes a task of each job. A retried job keeps its id, so the next attempt updates its task. The job is acknowledged
/// after the platform has its report, or after five seconds without an answer.
pub fn reported() -> TaskLayer<Task<Summarise>, String, BoxDynError> {
    TaskLayer::new("example_apalis_worker::summarise")
        .id(|job: &Task<Summarise>| job.task_id().map(ToString::to_string))
        .input(|job| job.args.text.clone())
        .result(|summary: &String| summary.clone())
        .deadline(|_| TIME)
        .flush(Duration::from_secs(5))
}

/// The handler.
///
/// # Errors
/// The model cannot be reached, or refuses.
pub async fn summarise(job: Summarise, model: Data<Arc<Model>>) -> Result<String, BoxDynError> {
    let request = CreateChatCompletionRequestArgs::default()
        .model(&model.model)
        .messages([ChatCompletionRequestUserMessage::from(&*job.text).into()])
        .build()?;
    let response = model.client.chat().create(request).await?;
    current_task().llm_response(&response);
    let choice = response.choices.into_iter().next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}
