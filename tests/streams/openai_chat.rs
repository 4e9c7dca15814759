use serde_json::json;

use crate::told::{expect, expect_response, told};

pub const TEXT: &str = r#"
    {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}
    {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}],"usage":null}
    {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" \"there\"\n\u00e9"},"logprobs":null,"finish_reason":null}],"usage":null}
    {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}
    {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini","system_fingerprint":"fp_44709d6fcb","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}
"#;

pub const TOOLS: &str = r#"
    {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}]}
    {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]},"finish_reason":null}]}
    {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"Paris\"}"}}]},"finish_reason":null}]}
    {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"get_time","arguments":"{}"}}]},"finish_reason":null}]}
    {"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
"#;

#[test]
fn text_is_joined_and_the_usage_is_in_a_chunk_without_choices() {
    expect_response(
        TEXT,
        json!({"shape": "openai.chat", "id": "chatcmpl-123", "model": "gpt-4o-mini",
            "text": "Hello \"there\"\né", "tokens": [19, 10, 4, 0], "finish": "stop"}),
        json!({
            "id": "chatcmpl-123", "object": "chat.completion", "created": 1694268190,
            "model": "gpt-4o-mini", "system_fingerprint": "fp_44709d6fcb",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": "Hello \"there\"\né", "refusal": null},
                "logprobs": null, "finish_reason": "stop"
            }],
            "usage": {
                "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0}
            }
        }),
    );
}

#[test]
fn tool_calls_are_joined_by_their_index() {
    expect_response(
        TOOLS,
        json!({"shape": "openai.chat", "id": "chatcmpl-9", "model": "gpt-5",
            "tools": ["get_weather", "get_time"], "finish": "tool_calls"}),
        json!({
            "id": "chatcmpl-9", "object": "chat.completion", "created": 1, "model": "gpt-5",
            "choices": [{
                "index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "call_1", "type": "function",
                        "function": {"name": "get_weather", "arguments": "{\"city\":\"Paris\"}"}},
                    {"id": "call_2", "type": "function",
                        "function": {"name": "get_time", "arguments": "{}"}}
                ]}
            }]
        }),
    );
}

#[test]
fn calls_that_share_an_index_or_have_none_are_several() {
    let call =
        |call: &str| format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{call}]}}}}]}}"#);
    let gemini = [
        call(
            r#"{"index":0,"id":"a","type":"function","function":{"name":"one","arguments":"{}"}}"#,
        ),
        call(r#"{"index":0,"id":"b","type":"function","function":{"name":"two","arguments":"{"}}"#),
        call(r#"{"index":0,"function":{"arguments":"}"}}"#),
    ];
    let mistral = [
        call(
            r#"{"id":"a","function":{"name":"one","arguments":"{}"}},{"id":"b","function":{"name":"two","arguments":"{"}}"#,
        ),
        call(r#"{"function":{"arguments":"}"}}"#),
    ];
    for stream in [gemini.join("\n"), mistral.join("\n")] {
        let report = crate::told::returned(&stream);
        assert_eq!(report.used_tools, ["one", "two"]);
        let response = report.llm_response.unwrap();
        assert_eq!(
            response.get().matches(r#""arguments":"{}""#).count(),
            2,
            "{response}"
        );
        expect(
            &stream,
            json!({"shape": "openai.chat", "tools": ["one", "two"]}),
        );
    }
}

#[test]
fn only_the_first_choice_counts() {
    expect(
        r#"
        {"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"No"}}]}
        {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Yes"}},{"index":1,"delta":{"content":"no","tool_calls":[{"index":0,"function":{"name":"f"}}]}}]}
        {"id":"c","model":"m","choices":[{"index":1,"delta":{},"finish_reason":"length"}]}
        {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Yes", "finish": "stop"}),
    );
}

#[test]
fn reasoning_is_not_text() {
    expect_response(
        r#"
        {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Let me "}}]}
        {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"think."}}]}
        {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"42","reasoning_content":null}}]}
        {"id":"c","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":6,"completion_tokens":40,"total_tokens":46,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":38},"prompt_cache_hit_tokens":2,"prompt_cache_miss_tokens":4}}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "deepseek-reasoner", "text": "42",
            "tokens": [6, 40, 2, 0], "finish": "stop"}),
        json!({
            "id": "c", "object": "chat.completion", "model": "deepseek-reasoner",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "content": "42", "reasoning_content": "Let me think."}}],
            "usage": {"prompt_tokens": 6, "completion_tokens": 40, "total_tokens": 46,
                "prompt_tokens_details": {"cached_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 38},
                "prompt_cache_hit_tokens": 2, "prompt_cache_miss_tokens": 4}
        }),
    );
}

#[test]
fn mistral_streams_its_thoughts_as_parts_of_the_content() {
    expect_response(
        r#"
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}}]}
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"m."}]}]}}]}
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"content":[{"type":"text","text":"It is"}]}}]}
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"content":" four."}}]}
        {"id":"c","model":"magistral","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"total_tokens":20,"completion_tokens":13}}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "magistral", "text": "It is four.",
            "tokens": [7, 13, 0, 0], "finish": "stop"}),
        json!({
            "id": "c", "object": "chat.completion", "model": "magistral",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]},
                    {"type": "text", "text": "It is four."}
                ]}}],
            "usage": {"prompt_tokens": 7, "total_tokens": 20, "completion_tokens": 13}
        }),
    );
}

mod usage {
    use super::*;

    fn tokens(stream: &str) -> serde_json::Value {
        told(crate::told::server_sent(stream)).unwrap()["tokens"].clone()
    }

    #[test]
    fn of_groq_is_in_a_field_of_its_own() {
        let stream = r#"
            {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}],"x_groq":{"id":"req_1"}}
            {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"prompt_tokens":18,"completion_tokens":2,"total_tokens":20}}}
        "#;
        assert_eq!(tokens(stream), json!([18, 2, 0, 0]));
        let response = crate::told::returned(stream).llm_response.unwrap();
        assert!(
            response
                .get()
                .contains(r#","usage":{"completion_tokens":2,"#),
            "{response}"
        );
    }

    #[test]
    fn of_moonshot_is_in_the_choice() {
        let stream = r#"
            {"id":"c","model":"kimi","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}
            {"id":"c","model":"kimi","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32}}]}
        "#;
        assert_eq!(tokens(stream), json!([19, 13, 0, 0]));
    }

    #[test]
    fn in_every_chunk_counts_as_it_is_in_the_last() {
        let databricks = r#"
            {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"It"}}],"usage":{"prompt_tokens":473,"completion_tokens":null,"total_tokens":null}}
            {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":473,"completion_tokens":14,"total_tokens":487}}
        "#;
        assert_eq!(tokens(databricks), json!([473, 14, 0, 0]));
        let xai = r#"
            {"id":"c","model":"grok","choices":[{"index":0,"delta":{"content":"It"}}],"usage":{"prompt_tokens":41,"completion_tokens":1,"total_tokens":80,"completion_tokens_details":{"reasoning_tokens":38}}}
            {"id":"c","model":"grok","choices":[{"index":0,"delta":{"content":" is"},"finish_reason":"stop"}],"usage":{"prompt_tokens":41,"completion_tokens":2,"total_tokens":81,"completion_tokens_details":{"reasoning_tokens":38}}}
        "#;
        assert_eq!(tokens(xai), json!([41, 40, 0, 0]));
    }

    #[test]
    fn that_nobody_asked_for_is_none() {
        assert_eq!(tokens(TOOLS), json!(null));
    }
}

#[test]
fn azure_says_first_what_it_found_of_the_prompt() {
    expect_response(
        r#"
        {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}
        {"choices":[{"content_filter_results":{},"delta":{"content":"","role":"assistant"},"finish_reason":null,"index":0}],"created":17,"id":"c","model":"gpt-4o","object":"chat.completion.chunk"}
        {"choices":[{"content_filter_results":{"hate":{"filtered":false}},"delta":{"content":"Hi"},"finish_reason":null,"index":0}],"created":17,"id":"c","model":"gpt-4o","object":"chat.completion.chunk"}
        {"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"stop","index":0}],"created":17,"id":"c","model":"gpt-4o","object":"chat.completion.chunk"}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "gpt-4o", "text": "Hi", "finish": "stop"}),
        json!({
            "choices": [{"content_filter_results": {}, "finish_reason": "stop", "index": 0,
                "message": {"content": "Hi", "role": "assistant"}}],
            "created": 17, "id": "c", "model": "gpt-4o", "object": "chat.completion",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]
        }),
    );
}

#[test]
fn perplexity_repeats_the_message_so_far() {
    expect(
        r#"
        {"id":"c","model":"sonar","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"Rus"},"message":{"role":"assistant","content":"Rus"}}]}
        {"id":"c","model":"sonar","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"sia"},"message":{"role":"assistant","content":"Russia"}}]}
        {"id":"c","model":"sonar","object":"chat.completion.done","choices":[{"index":0,"delta":{"role":"assistant","content":""},"message":{"role":"assistant","content":"Russia"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":14,"search_context_size":"low"}}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "sonar", "text": "Russia",
            "tokens": [12, 2, 0, 0], "finish": "stop"}),
    );
}

#[test]
fn together_gives_the_text_twice() {
    expect(
        r#"
        {"id":"c","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"text":"He","delta":{"role":"assistant","content":"He"}}]}
        {"id":"c","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"text":"y","delta":{"content":"y"},"finish_reason":"stop"}]}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Hey", "finish": "stop"}),
    );
}

#[test]
fn a_character_that_was_torn_apart_is_whole_again() {
    let stream = r#"
        {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"\ud83d"}}]}
        {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"\ude00"}}]}
    "#;
    assert_eq!(crate::told::text(crate::told::server_sent(stream)), "😀");
}

mod a_failure {
    use super::*;

    #[test]
    fn on_the_way_keeps_the_text_that_came() {
        let openrouter = r#"
            {"id":"c","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Half"}}]}
            {"id":"c","model":"m","object":"chat.completion.chunk","error":{"code":"server_error","message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}
        "#;
        expect(
            openrouter,
            json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Half", "finish": "error",
                "failure": "the provider answered with an error (server_error): Provider disconnected"}),
        );
        let groq = r#"
            {"id":"c","model":"m","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Half"}}]}
            {"error":{"message":"Tool call validation failed","type":"invalid_request_error","code":"tool_use_failed"}}
        "#;
        expect_response(
            groq,
            json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Half",
                "failure": "the provider answered with an error (tool_use_failed): Tool call validation failed"}),
            json!({
                "id": "c", "model": "m", "object": "chat.completion",
                "choices": [{"index": 0, "message": {"content": "Half"}}],
                "error": {"message": "Tool call validation failed", "type": "invalid_request_error",
                    "code": "tool_use_failed"}
            }),
        );
    }

    #[test]
    fn may_be_named_by_its_event_alone() {
        let recording = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"}}]}\n\n\
                         event: error\ndata: {\"message\": \"overloaded\", \"code\": 529}\n\n";
        let failure = "the provider answered with an error (529): overloaded";
        let expected = json!({"shape": "openai.chat", "text": "Half", "failure": failure});
        assert_eq!(told(recording), Some(expected));
    }

    #[test]
    fn at_once_is_an_error() {
        expect(
            r#"{"error":{"message":"Bad key","type":"auth"}}"#,
            json!({"shape": "error", "failure": "the provider answered with an error (auth): Bad key"}),
        );
        let report = crate::told::returned(r#"{"error":{"message":"Bad key","type":"auth"}}"#);
        assert!(
            report.llm_response.is_none(),
            "any function may return that"
        );
    }

    #[test]
    fn is_a_refusal() {
        expect(
            r#"
            {"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":"I can"}}]}
            {"id":"c","model":"m","choices":[{"index":0,"delta":{"refusal":"not."}}]}
            {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
            "#,
            json!({"shape": "openai.chat", "id": "c", "model": "m", "finish": "stop",
                "failure": "the model refused: I cannot."}),
        );
    }
}
