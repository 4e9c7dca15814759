//! The work.

use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequestArgs,
};
use xpander_report::{current_task, external_task};
use xpander_report_examples::model::Model;

use crate::job::Job;

/// Asks the model for a summary of the job's text. The task of this run is the job's: another run of the same
/// job updates it.
///
/// # Errors
/// The model does not answer, or refuses.
#[external_task(id = job.id(), input = job.text())]
pub async fn summarise(model: &Model, job: &Job) -> Result<String, OpenAIError> {
    let request = CreateChatCompletionRequestArgs::default()
        .model(&model.model)
        .messages([
            ChatCompletionRequestSystemMessage::from("Summarise the text in three sentences.")
                .into(),
            ChatCompletionRequestUserMessage::from(job.text()).into(),
        ])
        .build()?;
    let response = model.client.chat().create(request).await?;
    current_task().llm_response(&response);
    let choice = response.choices.into_iter().next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}
