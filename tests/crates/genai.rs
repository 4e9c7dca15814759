//! `genai`: its own shape for all providers.

use genai::ModelIden;
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatResponse, CompletionTokensDetails, ContentPart, MessageContent, PromptTokensDetails,
    StopReason, ToolCall, Usage,
};
use serde_json::json;
use xpander_report::external_task;
use xpander_report_tests::record;
use xpander_report_tests::said::{Said, declared, kept, said};

#[external_task(skip_all)]
async fn chat(answer: ChatResponse) -> genai::Result<ChatResponse> {
    Ok(answer)
}

fn response(content: Vec<ContentPart>, stop_reason: &str, usage: Usage) -> ChatResponse {
    let model = ModelIden::new(AdapterKind::Anthropic, "claude-sonnet-4-5");
    ChatResponse {
        content: MessageContent::from_parts(content),
        reasoning_content: None,
        model_iden: model.clone(),
        provider_model_iden: model,
        stop_reason: Some(StopReason::from(stop_reason.to_owned())),
        usage,
        captured_raw_body: None,
        response_id: None,
    }
}

fn usage() -> Usage {
    Usage {
        prompt_tokens: Some(1_219),
        prompt_tokens_details: Some(PromptTokensDetails {
            cached_tokens: Some(1_024),
            cache_creation_tokens: Some(64),
            ..Default::default()
        }),
        completion_tokens: Some(310),
        completion_tokens_details: Some(CompletionTokensDetails {
            reasoning_tokens: Some(192),
            ..Default::default()
        }),
        total_tokens: Some(1_529),
    }
}

fn tool_call(name: &str) -> ContentPart {
    ContentPart::ToolCall(ToolCall {
        call_id: "toolu_1".to_owned(),
        fn_name: name.to_owned(),
        fn_arguments: json!({"city": "Lima"}),
        thought_signatures: None,
    })
}

#[test]
fn text_tools_and_tokens_are_read_whether_handed_over_or_returned() {
    let content = vec![
        ContentPart::ThoughtSignature("c2ln".to_owned()),
        ContentPart::ReasoningContent("The weather, then.".to_owned()),
        ContentPart::from_text("Let me "),
        ContentPart::from_text("look."),
        tool_call("get_weather"),
        tool_call("get_time"),
    ];
    let response = response(content, "tool_use", usage());
    let expected = Said {
        result: Some("Let me look."),
        tokens: Some([1_219, 310, 1_024, 64]),
        used_tools: vec!["get_weather", "get_time"],
        is_success: true,
    };
    let returned = record(|| smol::block_on(chat(response.clone())).unwrap());
    assert_eq!(said(&returned), expected);
    let declared = declared(&response);
    assert_eq!(said(&declared), expected);
    assert_eq!(kept(&declared), serde_json::to_string(&response).unwrap());
}

#[test]
fn a_refusal_of_any_provider_is_a_failure() {
    for reason in ["refusal", "content_filter", "SAFETY"] {
        let response = response(Vec::new(), reason, usage());
        let report = declared(&response);
        assert!(!said(&report).is_success, "{reason}");
        assert!(said(&report).result.is_some(), "{reason}");
    }
    let cut = declared(&response(vec!["Rain un".into()], "max_tokens", usage()));
    assert!(said(&cut).is_success);
}

#[test]
fn usage_that_no_provider_gave_is_not_made_up() {
    let report = declared(&response(vec!["Rain.".into()], "stop", Usage::default()));
    assert_eq!(said(&report).tokens, None);
    assert_eq!(said(&report).result, Some("Rain."));
}

mod a_returned_stream {
    use super::*;
    use genai::chat::{ChatStreamEvent, StreamChunk, StreamEnd};
    use smol::stream::{self, Stream, StreamExt};

    #[external_task(skip_all)]
    fn stream(end: StreamEnd) -> impl Stream<Item = genai::Result<ChatStreamEvent>> + Unpin {
        let chunk = |text: &str| {
            ChatStreamEvent::Chunk(StreamChunk {
                content: text.to_owned(),
            })
        };
        stream::iter([
            Ok(ChatStreamEvent::Start),
            Ok(chunk("Rain ")),
            Ok(chunk("today.")),
            Ok(ChatStreamEvent::End(end)),
        ])
    }

    #[test]
    fn is_the_text_of_its_chunks_and_what_its_end_captured() {
        let call = ToolCall {
            call_id: "call_1".to_owned(),
            fn_name: "get_weather".to_owned(),
            fn_arguments: json!({"city": "Lima"}),
            thought_signatures: None,
        };
        let end = StreamEnd {
            captured_usage: Some(usage()),
            captured_content: Some(MessageContent::from_parts(vec![
                ContentPart::Text("Rain today.".to_owned()),
                ContentPart::ToolCall(call),
            ])),
            ..StreamEnd::default()
        };
        let report = record(|| smol::block_on(stream(end).count()));
        let expected = Said {
            result: Some("Rain today."),
            tokens: Some([1_219, 310, 1_024, 64]),
            used_tools: vec!["get_weather"],
            is_success: true,
        };
        assert_eq!(said(&report), expected);
    }

    #[test]
    fn that_is_dropped_half_way_is_the_text_so_far() {
        let report = record(|| {
            let mut stream = stream(StreamEnd::default());
            for _ in 0..2 {
                smol::block_on(stream.next());
            }
        });
        assert_eq!(report.result.as_deref(), Some("cancelled: Rain "));
    }
}
