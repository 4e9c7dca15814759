use serde_json::{Value, json};

use crate::told::{events, expect, expect_response, told};

pub const CONVERSE: &str = r#"
    {"messageStart":{"role":"assistant"}}
    {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}}
    {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"m"}}}}
    {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"Ep0C"}}}}
    {"contentBlockStop":{"contentBlockIndex":0}}
    {"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"Hel"}}}
    {"contentBlockDelta":{"contentBlockIndex":1,"delta":{"text":"lo"}}}
    {"contentBlockStop":{"contentBlockIndex":1}}
    {"contentBlockStart":{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"tooluse_1","name":"top_song"}}}}
    {"contentBlockDelta":{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"sign\":"}}}}
    {"contentBlockDelta":{"contentBlockIndex":2,"delta":{"toolUse":{"input":"\"WZPZ\"}"}}}}
    {"contentBlockStop":{"contentBlockIndex":2}}
    {"messageStop":{"stopReason":"tool_use"}}
    {"metadata":{"usage":{"inputTokens":125,"outputTokens":60,"totalTokens":185,"cacheReadInputTokens":9,"cacheWriteInputTokens":4},"metrics":{"latencyMs":1175}}}
"#;

/// A stream of an Anthropic model, in the bytes of `InvokeModelWithResponseStream`.
pub const INVOKE: &str = r#"
    {"chunk":{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIsIm1lc3NhZ2UiOnsiaWQiOiJtc2dfMSIsInR5cGUiOiJtZXNzYWdlIiwicm9sZSI6ImFzc2lzdGFudCIsImNvbnRlbnQiOltdLCJtb2RlbCI6ImNsYXVkZSIsInN0b3BfcmVhc29uIjpudWxsLCJ1c2FnZSI6eyJpbnB1dF90b2tlbnMiOjI1LCJvdXRwdXRfdG9rZW5zIjoxfX19"}}
    {"chunk":{"bytes":"eyJ0eXBlIjoiY29udGVudF9ibG9ja19zdGFydCIsImluZGV4IjowLCJjb250ZW50X2Jsb2NrIjp7InR5cGUiOiJ0ZXh0IiwidGV4dCI6IiJ9fQ=="}}
    {"chunk":{"bytes":"eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImluZGV4IjowLCJkZWx0YSI6eyJ0eXBlIjoidGV4dF9kZWx0YSIsInRleHQiOiJIZWwifX0="}}
    {"chunk":{"bytes":"eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImluZGV4IjowLCJkZWx0YSI6eyJ0eXBlIjoidGV4dF9kZWx0YSIsInRleHQiOiJsbyJ9fQ=="}}
    {"chunk":{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9kZWx0YSIsImRlbHRhIjp7InN0b3BfcmVhc29uIjoiZW5kX3R1cm4ifSwidXNhZ2UiOnsib3V0cHV0X3Rva2VucyI6MTV9fQ=="}}
    {"chunk":{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdG9wIiwiYW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3MiOnsiaW5wdXRUb2tlbkNvdW50IjoyNSwib3V0cHV0VG9rZW5Db3VudCI6MTV9fQ=="}}
"#;

/// A message of AWS's binary event stream. Its checksums are not checked.
fn message(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut head = Vec::new();
    // A number that is not read.
    head.extend(b"\x04:num\x04\0\0\0\x07");
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).unwrap());
        head.extend(name.bytes());
        head.push(7);
        head.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend(value.bytes());
    }
    let length = 12 + head.len() + payload.len() + 4;
    let mut message = Vec::new();
    message.extend(u32::try_from(length).unwrap().to_be_bytes());
    message.extend(u32::try_from(head.len()).unwrap().to_be_bytes());
    message.extend([1, 2, 3, 4]);
    message.extend(head);
    message.extend(payload.bytes());
    message.extend([5, 6, 7, 8]);
    message
}

/// The stream as AWS sends it.
pub fn binary(stream: &str) -> Vec<u8> {
    let messages = events(stream).into_iter().flat_map(|event| {
        let event = serde_json::from_str::<Value>(event).unwrap();
        let (name, payload) = event.as_object().unwrap().iter().next().unwrap();
        let headers = [
            (":event-type", name.as_str()),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ];
        message(&headers, &payload.to_string())
    });
    messages.collect()
}

#[test]
fn blocks_are_joined_and_the_usage_is_in_the_metadata() {
    let expected = json!({"shape": "bedrock.converse", "text": "Hello", "tokens": [125, 60, 9, 4],
        "tools": ["top_song"], "finish": "tool_use"});
    assert_eq!(told(binary(CONVERSE)).as_ref(), Some(&expected));
    expect_response(
        CONVERSE,
        expected,
        json!({
            "output": {"message": {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hmm", "signature": "Ep0C"}}},
                {"text": "Hello"},
                {"toolUse": {"toolUseId": "tooluse_1", "name": "top_song", "input": {"sign": "WZPZ"}}}
            ]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 125, "outputTokens": 60, "totalTokens": 185,
                "cacheReadInputTokens": 9, "cacheWriteInputTokens": 4},
            "metrics": {"latencyMs": 1175}
        }),
    );
}

#[test]
fn what_was_cut_off_has_the_text_that_came() {
    expect(
        &events(CONVERSE)[..7].join("\n"),
        json!({"shape": "bedrock.converse", "text": "Hello"}),
    );
}

#[test]
fn an_exception_ends_it() {
    let exception = r#"{"message":"Too many requests, please wait."}"#;
    let failure = "the provider answered with an error (throttlingException): \
                   Too many requests, please wait.";
    let half = events(CONVERSE)[..7].join("\n");
    let expected = json!({"shape": "bedrock.converse", "text": "Hello", "failure": failure});

    let headers = [
        (":exception-type", "throttlingException"),
        (":message-type", "exception"),
    ];
    let recording = [binary(&half), message(&headers, exception)].concat();
    assert_eq!(told(recording).as_ref(), Some(&expected));
    expect(
        &format!("{half}\n{{\"throttlingException\":{exception}}}"),
        expected,
    );

    let at_once = json!({"shape": "error", "failure": failure});
    assert_eq!(told(message(&headers, exception)), Some(at_once));
}

#[test]
fn an_error_of_the_stream_itself_ends_it() {
    let headers = [
        (":error-code", "InternalError"),
        (":error-message", "It broke"),
        (":message-type", "error"),
    ];
    let half = events(CONVERSE)[..7].join("\n");
    let recording = [binary(&half), message(&headers, "")].concat();
    let failure = "the provider answered with an error (InternalError): It broke";
    let expected = json!({"shape": "bedrock.converse", "text": "Hello", "failure": failure});
    assert_eq!(told(recording), Some(expected));
}

#[test]
fn an_invocation_streams_what_the_model_does() {
    let expected = json!({"shape": "anthropic.messages", "id": "msg_1", "model": "claude",
        "text": "Hello", "tokens": [25, 15, 0, 0], "finish": "end_turn"});
    assert_eq!(told(binary(INVOKE)).as_ref(), Some(&expected));
    expect(INVOKE, expected);
}

mod a_model_of_its_own_shape {
    use super::*;

    #[test]
    fn is_titan() {
        expect_response(
            r#"
            {"outputText":"Hel","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":3}
            {"outputText":"lo","index":0,"totalOutputTextTokenCount":5,"completionReason":"FINISH","inputTextTokenCount":null,"amazon-bedrock-invocationMetrics":{"inputTokenCount":3,"outputTokenCount":5}}
            "#,
            json!({"shape": "bedrock.titan", "text": "Hello", "tokens": [3, 5, 0, 0], "finish": "FINISH"}),
            json!({
                "inputTextTokenCount": 3,
                "results": [{"outputText": "Hello", "index": 0, "tokenCount": 5, "completionReason": "FINISH"}],
                "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 5}
            }),
        );
    }

    #[test]
    fn is_llama() {
        expect_response(
            r#"
            {"generation":"Hel","prompt_token_count":9,"generation_token_count":1,"stop_reason":null}
            {"generation":"lo","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop"}
            "#,
            json!({"shape": "bedrock.llama", "text": "Hello", "tokens": [9, 2, 0, 0], "finish": "stop"}),
            json!({"generation": "Hello", "prompt_token_count": 9, "generation_token_count": 2,
                "stop_reason": "stop"}),
        );
    }

    #[test]
    fn is_mistral_whose_tokens_only_bedrock_counts() {
        expect(
            r#"
            {"outputs":[{"text":"Hel","stop_reason":null}]}
            {"outputs":[{"text":"lo","stop_reason":"length"}],"amazon-bedrock-invocationMetrics":{"inputTokenCount":19,"outputTokenCount":20,"cacheReadInputTokenCount":2}}
            "#,
            json!({"shape": "bedrock.mistral", "text": "Hello", "tokens": [19, 20, 2, 0], "finish": "length"}),
        );
    }

    #[test]
    fn is_anthropics_first() {
        expect(
            r#"
            {"completion":" Hel","stop_reason":null,"stop":null}
            {"completion":"lo","stop_reason":"stop_sequence","stop":"Human:","amazon-bedrock-invocationMetrics":{"inputTokenCount":16,"outputTokenCount":63}}
            "#,
            json!({"shape": "anthropic.legacy", "text": " Hello", "tokens": [16, 63, 0, 0],
                "finish": "stop_sequence"}),
        );
    }

    #[test]
    fn is_command_of_which_the_first_generation_counts() {
        expect(
            r#"
            {"index":0,"is_finished":false,"text":" In"}
            {"index":1,"is_finished":false,"text":" No"}
            {"index":0,"is_finished":false,"text":" it"}
            {"finish_reason":"MAX_TOKENS","is_finished":true,"amazon-bedrock-invocationMetrics":{"inputTokenCount":40,"outputTokenCount":20}}
            "#,
            json!({"shape": "cohere.generate", "text": " In it", "tokens": [40, 20, 0, 0],
                "finish": "MAX_TOKENS"}),
        );
    }
}
