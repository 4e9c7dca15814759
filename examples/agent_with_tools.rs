//! An agent: a model that calls tools until it can answer. Its run is in the history of a local
//! platform, with the tools that it called, its tokens and every response of the model.
//!
//! ```text
//! cargo run --example agent_with_tools
//! cargo run --example agent_with_tools -- "Convert 100 pounds to kilograms."
//! cargo run --example agent_with_tools -- --exit      # without waiting for Ctrl-C
//! ```
//!
//! If `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, it calls that model. Otherwise it calls a model inside this
//! program, which calls the tools that a question names.

#[path = "agent_with_tools/calculator.rs"]
mod calculator;
#[path = "agent_with_tools/units.rs"]
mod units;

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestAssistantMessageArgs,
    ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestToolMessage, ChatCompletionRequestUserMessage, ChatCompletionTool,
    ChatCompletionTools, CreateChatCompletionRequestArgs, FunctionCall, FunctionObject,
};
use serde::Deserialize;
use serde_json::{Value, json};
use xpander_report::{Reporter, current_task, external_task, tool};
use xpander_report_examples::model::Model;
use xpander_report_local::LocalPlatform;

pub const QUESTION: &str = "Convert 26.2 miles to kilometres. Calculate (17 + 4) * 2.5, and keep a note \
                        that bread and butter are out.";

/// The maximum number of the model's answers in a run.
const TURNS: usize = 8;

/// A model with tools.
struct Agent<'a> {
    model: &'a Model,
    notes: Mutex<Vec<String>>,
}

impl Agent<'_> {
    /// The instrumented function: the loop of model and tools.
    #[external_task]
    async fn answer(&self, question: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let instruction = "Use the tools, then answer in one sentence.";
        let mut messages: Vec<ChatCompletionRequestMessage> = vec![
            ChatCompletionRequestSystemMessage::from(instruction).into(),
            ChatCompletionRequestUserMessage::from(question).into(),
        ];
        for _ in 0..TURNS {
            let request = CreateChatCompletionRequestArgs::default()
                .model(&self.model.model)
                .messages(messages.clone())
                .tools(tools())
                .build()?;
            let response = self.model.client.chat().create(request).await?;
            // The run's tokens and tools are read from all of these responses, and its text from the last one.
            current_task().llm_response(&response);

            let choice = response.choices.into_iter().next();
            let message = choice.ok_or("the model gave no answer")?.message;
            let calls = message.tool_calls.unwrap_or_default();
            if calls.is_empty() {
                return Ok(message.content.unwrap_or_default());
            }
            let called = ChatCompletionRequestAssistantMessageArgs::default()
                .tool_calls(calls.clone())
                .build()?;
            messages.push(called.into());
            for call in calls {
                let ChatCompletionMessageToolCalls::Function(call) = call else {
                    return Err("the model called a tool that is no function".into());
                };
                let result = self.call(&call.function);
                let content = result.unwrap_or_else(|error| format!("This failed: {error}."));
                let answer = ChatCompletionRequestToolMessage {
                    content: content.into(),
                    tool_call_id: call.id,
                };
                messages.push(answer.into());
            }
        }
        Err(format!("the model still called tools after {TURNS} answers").into())
    }

    fn call(&self, function: &FunctionCall) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Conversion {
            value: f64,
            from: String,
            to: String,
        }

        #[derive(Deserialize)]
        struct Expression {
            expression: String,
        }

        #[derive(Deserialize)]
        struct Note {
            text: String,
        }

        let malformed = |error: serde_json::Error| error.to_string();
        let arguments = &*function.arguments;
        match &*function.name {
            "calculate" => {
                let arguments: Expression = serde_json::from_str(arguments).map_err(malformed)?;
                calculate(&arguments.expression)
            }
            "convert" => {
                let arguments: Conversion = serde_json::from_str(arguments).map_err(malformed)?;
                convert(arguments.value, &arguments.from, &arguments.to)
            }
            "keep_note" => {
                let arguments: Note = serde_json::from_str(arguments).map_err(malformed)?;
                Ok(self.keep_note(arguments.text))
            }
            other => Err(format!("there is no tool `{other}`")),
        }
    }

    #[tool]
    fn keep_note(&self, text: String) -> String {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(text);
        format!("kept as note {}", notes.len())
    }
}

#[tool]
fn calculate(expression: &str) -> Result<String, String> {
    calculator::evaluate(expression).map(|value| value.to_string())
}

#[tool]
fn convert(value: f64, from: &str, to: &str) -> Result<String, String> {
    units::convert(value, from, to).map(|value| format!("{value:.2} {to}"))
}

/// The descriptions of the tools for the model.
fn tools() -> Vec<ChatCompletionTools> {
    let unit = json!({"type": "string", "enum": units::UNITS});
    vec![
        function(
            "calculate",
            "The value of an arithmetic expression.",
            json!({"expression": {"type": "string"}}),
        ),
        function(
            "convert",
            "Converts a length, a weight or a temperature from a unit to another.",
            json!({"value": {"type": "number"}, "from": unit, "to": unit}),
        ),
        function(
            "keep_note",
            "Keeps a text for later.",
            json!({"text": {"type": "string"}}),
        ),
    ]
}

fn function(name: &str, description: &str, properties: Value) -> ChatCompletionTools {
    let required: Vec<_> = properties
        .as_object()
        .into_iter()
        .flat_map(|all| all.keys())
        .collect();
    let parameters = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            parameters: Some(parameters),
            strict: Some(true),
        },
    })
}

/// Answers the question, and prints the task from the platform.
pub async fn run(
    platform: &LocalPlatform,
    model: &Model,
    question: &str,
) -> Result<(), Box<dyn Error>> {
    println!("Calling {}.\n", model.description);
    println!("{question}\n");
    let agent = Agent {
        model,
        notes: Mutex::default(),
    };
    match agent.answer(question).await {
        Ok(answer) => println!("{answer}\n"),
        Err(error) => println!("This failed: {error}\n"),
    }
    for note in agent
        .notes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        println!("Kept: {note}\n");
    }

    if let Some(reporter) = Reporter::current() {
        let _ = reporter.flush(Duration::from_secs(10)).await;
    }
    for task in platform.tasks()? {
        let tokens = task.tokens.map_or_else(String::new, |tokens| {
            format!("{} → {}", tokens.prompt_tokens, tokens.completion_tokens)
        });
        println!("status  {}", task.status);
        println!("tools   {}", task.used_tools.join(", "));
        println!("tokens  {tokens}");
        println!(
            "The same, with every response of the model: {}",
            platform.task_url(&task.id)
        );
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, questions): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|argument| argument.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--exit") {
        return Err(format!("`{unknown}` is no option; there is `--exit`, and a question").into());
    }
    let question = if questions.is_empty() {
        QUESTION.to_owned()
    } else {
        questions.join(" ")
    };

    let platform = LocalPlatform::builder().port(0).start()?;
    let _guard = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("agent-with-tools")
        .build()?
        .install()?;
    let model = Model::from_env_or_embedded().await?;
    run(&platform, &model, &question).await?;
    if flags.is_empty() {
        println!("Press Ctrl-C to end.");
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
