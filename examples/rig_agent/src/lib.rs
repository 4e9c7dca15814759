//! An agent of `rig`, which does not return the model's answers: the function around it returns a text. Its report
//! still has the called tools, the tokens and every response, because the agent's HTTP client has a middleware.

mod calculate;
#[path = "../../agent_with_tools/calculator.rs"]
mod calculator;

use rig_agent::completion::PromptError;
use rig_agent::prelude::{Agent, AgentBuilder};
use rig_core::providers::openai::OpenAIConfig;
use rig_reqwest::ReqwestMiddlewareClient;
use xpander_report::{CatchResponses, external_task};

use calculate::Calculate;

/// A question that needs the tool twice.
pub const QUESTION: &str = "Calculate (17 + 4) * 2.5. Then calculate 365 / 7.";

/// The maximum number of the model's answers in a run.
const TURNS: usize = 8;

/// The instrumented function. It returns only a text.
///
/// # Errors
/// The model fails, or needs too many answers.
#[external_task(input(question))]
pub async fn answer(agent: &Agent, question: &str) -> Result<String, PromptError> {
    let response = agent.prompt(question).await?;
    Ok(response.to_string())
}

/// An agent that calls the model `model` at `base_url`.
pub fn agent(http: reqwest::Client, base_url: &str, key: &str, model: &str) -> Agent {
    let http = reqwest_middleware::ClientBuilder::new(http)
        .with(CatchResponses::new())
        .build();
    let client = OpenAIConfig::new(key)
        .with_base_url(base_url)
        .connect(ReqwestMiddlewareClient::from(http));
    AgentBuilder::new(client.chat(model))
        .preamble("Use the tool, then answer in one sentence.")
        .tool(Calculate)
        .default_max_turns(TURNS)
        .build()
}
