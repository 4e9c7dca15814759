//! The report of the agent's run.

use example_rig_agent::{QUESTION, agent, answer};
use serde_json::Value;
use xpander_report::testing::Recorder;
use xpander_report_examples::model::Model;

#[tokio::test]
async fn it_has_the_tools_the_tokens_and_every_response() {
    let model = Model::embedded().await.unwrap();
    let endpoint = model.endpoint().unwrap();
    let agent = agent(
        model.http.clone(),
        &endpoint.base_url(),
        "embedded",
        &model.model,
    );
    let recorder = Recorder::new();
    let text = recorder.scope(answer(&agent, QUESTION)).await.unwrap();
    let reports = recorder.take();
    let [report] = &reports[..] else {
        panic!("one report: {reports:#?}")
    };

    assert_eq!(report.result.as_deref(), Some(&*text));
    assert!(text.contains("52.5"), "{text}");
    assert_eq!(report.used_tools, ["calculate", "calculate"]);
    let responses = report.llm_response.as_ref().unwrap().get();
    let responses: Vec<Value> = serde_json::from_str(responses).unwrap();
    assert_eq!(responses.len() as u64, endpoint.requests());
    let sum = |name: &str| -> u64 {
        let counts = responses.iter().map(|response| &response["usage"][name]);
        counts.map(|count| count.as_u64().unwrap()).sum()
    };
    let tokens = report.tokens.unwrap();
    assert_eq!(tokens.prompt_tokens, Some(sum("prompt_tokens")));
    assert_eq!(tokens.completion_tokens, Some(sum("completion_tokens")));
}
