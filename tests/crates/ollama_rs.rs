//! `ollama-rs`: Ollama's wire format without some fields.

use ollama_rs::error::OllamaError;
use ollama_rs::generation::chat::ChatMessageResponse;
use ollama_rs::generation::completion::GenerationResponse;
use serde_json::{Value, json};
use xpander_report::external_task;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, kept, said};

#[external_task(skip_all)]
async fn chat(answer: ChatMessageResponse) -> Result<ChatMessageResponse, OllamaError> {
    Ok(answer)
}

fn wire() -> Value {
    let call = json!({"function": {"name": "get_weather", "arguments": {"city": "Lima"}}});
    json!({
        "model": "llama3.2",
        "created_at": "2025-07-07T20:22:19.184789Z",
        "message": {
            "role": "assistant",
            "content": "Rain until noon.",
            "thinking": "The weather, then.",
            "tool_calls": [call],
        },
        "done_reason": "stop",
        "done": true,
        "total_duration": 182_242_375,
        "load_duration": 41_295_167,
        "prompt_eval_count": 169,
        "prompt_eval_duration": 24_573_166,
        "eval_count": 15,
        "eval_duration": 115_959_084,
    })
}

#[test]
fn text_tools_and_tokens_are_read_whether_handed_over_or_returned() {
    let response: ChatMessageResponse = serde_json::from_value(wire()).unwrap();
    let expected = Said {
        result: Some("Rain until noon."),
        tokens: Some([169, 15, 0, 0]),
        used_tools: vec!["get_weather"],
        is_success: true,
    };
    let returned = record(|| smol::block_on(chat(response.clone())).unwrap());
    assert_eq!(said(&returned), expected);
    let declared = declared(&response);
    assert_eq!(said(&declared), expected);
    assert_eq!(kept(&declared), serde_json::to_string(&response).unwrap());
}

#[test]
fn numbers_that_the_crate_dropped_are_not_made_up() {
    let mut cached = wire();
    cached.as_object_mut().unwrap().remove("prompt_eval_count");
    let response: ChatMessageResponse = serde_json::from_value(cached).unwrap();
    assert!(response.final_data.is_none());
    let report = declared(&response);
    assert_eq!(said(&report).tokens, None);
    assert_eq!(said(&report).result, Some("Rain until noon."));
}

#[test]
fn a_generation_gives_text_and_tokens() {
    let response: GenerationResponse = serde_json::from_value(json!({
        "model": "llama3.2",
        "created_at": "2023-08-04T19:22:45.499127Z",
        "response": "The sky is blue.",
        "done": true,
        "context": [1, 2, 3],
        "total_duration": 5_043_500_667_u64,
        "load_duration": 5_025_959,
        "prompt_eval_count": 26,
        "prompt_eval_duration": 325_953_000,
        "eval_count": 290,
        "eval_duration": 4_709_213_000_u64,
    }))
    .unwrap();
    let expected = Said {
        result: Some("The sky is blue."),
        tokens: Some([26, 290, 0, 0]),
        used_tools: vec![],
        is_success: true,
    };
    assert_eq!(said(&declared(&response)), expected);
}
