//! The tasks of the example's two streams on the local platform.

#[path = "../streaming.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod streaming;

use serde_json::Value;
use xpander_report::Reporter;
use xpander_report_examples::model::Model;
use xpander_report_local::{LocalPlatform, TaskRecord};

#[tokio::test]
async fn both_tasks_have_their_text_and_the_whole_one_its_tokens() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("streaming");
    let _guard = reporter.build().unwrap().install().unwrap();
    let model = Model::embedded().await.unwrap();
    streaming::run(&platform, &model, &model.model, streaming::TEXT)
        .await
        .unwrap();
    let tasks = <[TaskRecord; 2]>::try_from(platform.tasks().unwrap());
    let [dropped, whole] = tasks.unwrap();

    assert_eq!(whole.status.to_string(), "completed");
    assert_eq!(whole.input.as_deref(), Some(streaming::TEXT));
    let text = whole.result.unwrap();
    assert!(text.starts_with("Lighthouses guide ships"), "{text}");
    assert!(text.ends_with('.'), "{text}");
    assert!(whole.tokens.unwrap().completion_tokens > 10);
    let response: Value = serde_json::from_str(&whole.llm_response.unwrap()).unwrap();
    assert_eq!(response["choices"][0]["message"]["content"], *text);

    let begun = dropped.result.unwrap();
    let begun = begun.strip_prefix("cancelled: ").unwrap();
    assert!(text.starts_with(begun), "{begun}");
    assert!(begun.len() < text.len());
    let response = dropped.llm_response.unwrap();
    assert!(response.contains("chatcmpl-"), "{response}");
}
