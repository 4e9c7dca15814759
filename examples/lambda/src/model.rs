use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs, CreateChatCompletionResponse,
};

/// The model called unless `OPENAI_MODEL` names one.
const DEFAULT_MODEL: &str = "gpt-4o-mini";

/// The model that the function asks.
#[derive(Debug)]
pub struct Model {
    client: Client<OpenAIConfig>,
    name: String,
}

impl Model {
    /// `OPENAI_MODEL`, or `gpt-4o-mini`, at `OPENAI_BASE_URL`, or OpenAI's, with `OPENAI_API_KEY`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn from_env() -> Result<Self, reqwest::Error> {
        // An error means that a provider is already installed, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build()?;
        Ok(Self {
            client: Client::build(http, OpenAIConfig::default()),
            name: std::env::var("OPENAI_MODEL").unwrap_or_else(|_| DEFAULT_MODEL.to_owned()),
        })
    }

    /// One question, one answer.
    ///
    /// # Errors
    /// The model cannot be reached, or refuses.
    pub async fn ask(&self, question: &str) -> Result<CreateChatCompletionResponse, OpenAIError> {
        let request = CreateChatCompletionRequestArgs::default()
            .model(&self.name)
            .messages([ChatCompletionRequestUserMessage::from(question).into()])
            .build()?;
        self.client.chat().create(request).await
    }
}

/// The model's answer.
pub fn text(response: CreateChatCompletionResponse) -> String {
    let choice = response.choices.into_iter().next();
    choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default()
}
