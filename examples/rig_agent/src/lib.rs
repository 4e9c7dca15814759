//! An agent of `rig`, which keeps the model's answers to itself: the function around it returns a text.
//! Its report has the tools that were called, the tokens and every response all the same, because the
//! HTTP client below the agent has a middleware.

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

/// After how many answers of the model a run that is still calling tools is given up.
const TURNS: usize = 8;

/// What there is to instrument. All that it shows of the model is a text.
///
/// # Errors
/// The model fails, or does not come to an end.
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
