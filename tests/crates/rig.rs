//! `rig`: one shape for a completion, and one for the run of an agent.

use rig_agent::run::response::{CompletionCall, PromptError, PromptResponse};
use rig_core::completion::{CompletionResponse, FinishReason, Usage};
use rig_core::message::{
    AssistantContent, AssistantMessage, Message, Origin, ToolName, ToolResultContent,
};
use serde_json::{Value, json};
use xpander_report::external_task;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, kept, said};

#[external_task(skip_all)]
async fn prompt(answer: PromptResponse) -> Result<PromptResponse, PromptError> {
    Ok(answer)
}

#[external_task(skip_all)]
async fn complete(answer: CompletionResponse) -> Result<CompletionResponse, String> {
    Ok(answer)
}

fn usage() -> Usage {
    Usage::new()
        .input_tokens(1_219)
        .output_tokens(310)
        .total_tokens(1_529)
        .cached_input_tokens(1_024)
        .cache_creation_input_tokens(64)
        .reasoning_tokens(192)
}

fn tool_call(name: &str) -> AssistantContent {
    AssistantContent::tool_call(
        "call_1",
        ToolName::new(name).unwrap(),
        json!({"city": "Lima"}),
    )
}

fn completion(choice: Vec<AssistantContent>, reason: FinishReason) -> CompletionResponse {
    // The provider's own answer, which has other content.
    let raw = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Not this."}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    });
    let origin = Origin::new("openai.chat", "openai", "gpt-5.4-mini");
    CompletionResponse::new(choice, usage(), origin, raw).with_finish_reason(reason)
}

#[test]
fn a_completion_gives_text_tools_and_tokens_whether_handed_over_or_returned() {
    let choice = vec![
        AssistantContent::reasoning("The weather, then."),
        AssistantContent::text("Let me "),
        AssistantContent::text("look."),
        tool_call("get_weather"),
        tool_call("get_time"),
    ];
    let response = completion(choice, FinishReason::ToolCalls);
    let expected = Said {
        result: Some("Let me look."),
        tokens: Some([1_219, 310, 1_024, 64]),
        used_tools: vec!["get_weather", "get_time"],
        is_success: true,
    };
    let returned = record(|| smol::block_on(complete(response.clone())).unwrap());
    assert_eq!(said(&returned), expected);
    let declared = declared(&response);
    assert_eq!(said(&declared), expected);
    assert_eq!(kept(&declared), serde_json::to_string(&response).unwrap());
}

#[test]
fn a_completion_that_was_filtered_or_refused_is_a_failure() {
    let filtered = completion(Vec::new(), FinishReason::ContentFilter);
    assert!(!said(&declared(&filtered)).is_success);

    let mut refused = completion(Vec::new(), FinishReason::Stop);
    refused.error = Some("The model declined.".to_owned());
    let report = declared(&refused);
    assert!(!said(&report).is_success);
    assert!(
        said(&report)
            .result
            .unwrap()
            .contains("The model declined.")
    );

    let cut = completion(
        vec![AssistantContent::text("Rain un")],
        FinishReason::Length,
    );
    assert!(said(&declared(&cut)).is_success);
    let other = FinishReason::Other("eos".to_owned());
    let other = completion(vec![AssistantContent::text("Rain.")], other);
    assert_eq!(said(&declared(&other)).result, Some("Rain."));
}

#[test]
fn the_run_of_an_agent_gives_its_last_text_all_its_tools_and_its_tokens_once() {
    let call = tool_call("get_weather");
    let AssistantContent::ToolCall(asked) = &call else {
        panic!("a call was made")
    };
    let messages = vec![
        Message::user("How is the weather in Lima?"),
        Message::Assistant(AssistantMessage::new(vec![
            AssistantContent::text("Let me look."),
            call.clone(),
        ])),
        Message::tool_results(vec![asked.result(vec![ToolResultContent::text("rain")])]),
        Message::assistant("Rain until noon."),
    ];
    let calls = [FinishReason::ToolCalls, FinishReason::Stop]
        .into_iter()
        .enumerate()
        .map(|(index, reason)| {
            CompletionCall::new(index, usage(), Value::Null).with_finish_reason(Some(reason))
        });
    let response = PromptResponse::new("Rain until noon.", usage())
        .with_messages(messages)
        .with_completion_calls(calls.collect());
    let expected = Said {
        result: Some("Rain until noon."),
        tokens: Some([1_219, 310, 1_024, 64]),
        used_tools: vec!["get_weather"],
        is_success: true,
    };
    let returned = record(|| smol::block_on(prompt(response.clone())).unwrap());
    assert_eq!(said(&returned), expected);
    let declared = declared(&response);
    assert_eq!(said(&declared), expected);
    assert_eq!(kept(&declared), serde_json::to_string(&response).unwrap());
}

#[test]
fn a_prompt_s_bare_text_is_the_result() {
    #[external_task(skip_all)]
    fn ask() -> String {
        PromptResponse::new("Rain.", usage()).to_string()
    }
    assert_eq!(said(&record(ask)).result, Some("Rain."));
}
