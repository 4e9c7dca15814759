//! The task of the agent's run on the local platform.

#[path = "../agent_with_tools.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod agent_with_tools;

use serde_json::Value;
use xpander_report::Reporter;
use xpander_report_examples::model::Model;
use xpander_report_local::{LocalPlatform, TaskRecord};

/// The task of a run that answers `question`, and how many requests the model got.
async fn run(question: &str) -> (TaskRecord, u64) {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("agent-with-tools");
    let _guard = reporter.build().unwrap().install().unwrap();
    let model = Model::embedded().await.unwrap();
    agent_with_tools::run(&platform, &model, question)
        .await
        .unwrap();
    let [task] = <[TaskRecord; 1]>::try_from(platform.tasks().unwrap()).unwrap();
    (task, model.endpoint().unwrap().requests())
}

#[tokio::test]
async fn the_task_has_the_tools_the_tokens_the_text_and_every_response() {
    let question = agent_with_tools::QUESTION;
    let (task, requests) = run(question).await;
    assert_eq!(task.status.to_string(), "completed");
    assert_eq!(task.input.as_deref(), Some(question));
    let answer = "convert: 42.16 kilometres\ncalculate: 52.5\nkeep_note: kept as note 1";
    assert_eq!(task.result.as_deref(), Some(answer));
    assert_eq!(task.used_tools, ["convert", "calculate", "keep_note"]);

    let responses: Vec<Value> = serde_json::from_str(&task.llm_response.unwrap()).unwrap();
    assert_eq!((responses.len(), requests), (2, 2));
    let calls = &responses[0]["choices"][0]["message"]["tool_calls"];
    assert_eq!(calls.as_array().unwrap().len(), 3);
    assert_eq!(responses[1]["choices"][0]["message"]["content"], answer);

    let sum = |name: &str| -> i64 {
        let counts = responses.iter().map(|response| &response["usage"][name]);
        counts.map(|count| count.as_i64().unwrap()).sum()
    };
    let tokens = task.tokens.unwrap();
    assert_eq!(tokens.prompt_tokens, sum("prompt_tokens"));
    assert_eq!(tokens.completion_tokens, sum("completion_tokens"));
    assert!(tokens.completion_tokens > 0);
}
