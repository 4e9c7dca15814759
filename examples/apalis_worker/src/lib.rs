//! A worker of the job framework `apalis` that asks a language model. Each job is a task: a layer over its handler says
//! so, and the handler is as it was.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data};
use apalis_core::task::Task;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs,
};
use xpander_report::{TaskLayer, current_task};
use xpander_report_examples::model::Model;

/// A job is given up after so long.
const TIME: Duration = Duration::from_secs(300);

/// A job of the queue.
#[derive(Debug, Clone)]
pub struct Summarise {
    /// What is summarised.
    pub text: String,
}

/// Makes a task of each job. The id of a job stays the same when it is tried again, so that the next try updates its
/// task. The job is acknowledged when the platform has its report, or has not answered for five seconds.
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
/// The model is not reached, or refuses.
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
