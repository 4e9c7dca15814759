//! Streams of clouds and servers with their own APIs, and of OpenAI's media.

use serde_json::json;

use crate::told::{expect, server_sent, told};

#[test]
fn dashscopes_events_are_joined_or_the_last_has_all() {
    let event = |text: &str, reason: &str, tokens: u32| {
        format!(
            r#"{{"output":{{"choices":[{{"message":{{"content":{text},"role":"assistant"}},"finish_reason":"{reason}"}}]}},"usage":{{"total_tokens":9,"input_tokens":7,"output_tokens":{tokens}}},"request_id":"q"}}"#
        )
    };
    let expected = json!({"shape": "dashscope", "id": "q", "text": "Ebb and flow",
        "tokens": [7, 4, 0, 0], "finish": "stop"});
    for texts in [
        [r#""Ebb""#, r#"" and""#, r#"" flow""#],
        [r#""Ebb""#, r#""Ebb and""#, r#""Ebb and flow""#],
        [
            r#"[{"text":"Ebb"}]"#,
            r#"[{"text":" and"}]"#,
            r#"[{"text":" flow"}]"#,
        ],
        [
            r#"[{"text":"Ebb"}]"#,
            r#"[{"text":"Ebb and"}]"#,
            r#"[{"text":"Ebb and flow"}]"#,
        ],
    ] {
        let stream = [
            event(texts[0], "null", 1),
            event(texts[1], "null", 2),
            event(texts[2], "stop", 4),
        ];
        expect(&stream.join("\n"), expected.clone());
    }
    let ends_empty = [
        event(r#""ha""#, "null", 1),
        event(r#""haha""#, "null", 2),
        event(r#""!""#, "stop", 3),
    ];
    assert_eq!(
        told(server_sent(&ends_empty.join("\n"))).unwrap()["text"],
        "hahaha!"
    );
}

#[test]
fn dashscopes_calls_come_whole_or_in_pieces() {
    let event = |name: &str, arguments: &str| {
        format!(
            r#"{{"output":{{"choices":[{{"message":{{"content":"","tool_calls":[{{"index":0,"id":"c","type":"function","function":{{"name":"{name}","arguments":"{arguments}"}}}}]}},"finish_reason":"null"}}]}},"usage":{{"total_tokens":9,"input_tokens":7,"output_tokens":2}},"request_id":"q"}}"#
        )
    };
    for events in [
        [event("tides", "{"), event("tides", "{}")],
        [event("tides", "{"), event("", "}")],
    ] {
        let told = told(server_sent(&events.join("\n"))).unwrap();
        assert_eq!(told["tools"], json!(["tides"]));
    }
}

#[test]
fn sglangs_events_have_all_so_far() {
    expect(
        r#"
            {"text":"Ebb","meta_info":{"id":"g","finish_reason":null,"prompt_tokens":7,"completion_tokens":1,"cached_tokens":5}}
            {"text":"Ebb and","meta_info":{"id":"g","finish_reason":null,"prompt_tokens":7,"completion_tokens":2,"cached_tokens":5}}
            {"text":"Ebb and flow","meta_info":{"id":"g","finish_reason":{"type":"stop","matched":2},"prompt_tokens":7,"completion_tokens":3,"cached_tokens":5}}
        "#,
        json!({"shape": "sglang", "id": "g", "text": "Ebb and flow", "tokens": [7, 3, 5, 0],
            "finish": "stop"}),
    );
}

#[test]
fn workers_ais_events_have_a_padding() {
    let expected = json!({"shape": "cloudflare", "text": "Ebb and flow", "tokens": [7, 3, 0, 0]});
    for padding in [r#","p":"abcd""#, ""] {
        expect(
            &format!(
                r#"
                    {{"response":"Ebb"{padding}}}
                    {{"response":" and flow"{padding}}}
                    {{"response":"","usage":{{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}}}
                "#
            ),
            expected.clone(),
        );
    }
}

#[test]
fn yandexs_lines_have_all_so_far() {
    expect(
        r#"
            {"result":{"alternatives":[{"message":{"role":"assistant","text":"Ebb"},"status":"ALTERNATIVE_STATUS_PARTIAL"}],"usage":{"inputTextTokens":"7","completionTokens":"1","totalTokens":"8"},"modelVersion":"v"}}
            {"result":{"alternatives":[{"message":{"role":"assistant","text":"Ebb and flow"},"status":"ALTERNATIVE_STATUS_FINAL"}],"usage":{"inputTextTokens":"7","completionTokens":"3","totalTokens":"10"},"modelVersion":"v"}}
        "#,
        json!({"shape": "yandex", "model": "v", "text": "Ebb and flow", "tokens": [7, 3, 0, 0],
            "finish": "ALTERNATIVE_STATUS_FINAL"}),
    );
}

#[test]
fn baidus_events_are_sentences() {
    expect(
        r#"
            {"id":"as","object":"chat.completion","sentence_id":0,"is_end":false,"is_truncated":false,"result":"Ebb","usage":{"prompt_tokens":7,"completion_tokens":1}}
            {"id":"as","object":"chat.completion","sentence_id":1,"is_end":true,"is_truncated":false,"result":" and flow","finish_reason":"normal","usage":{"prompt_tokens":7,"completion_tokens":3}}
        "#,
        json!({"shape": "baidu", "id": "as", "text": "Ebb and flow", "tokens": [7, 3, 0, 0],
            "finish": "normal"}),
    );
}

#[test]
fn tencents_and_saps_and_googles_chunks_are_those_of_others() {
    expect(
        r#"
            {"Id":"t","Choices":[{"FinishReason":"","Delta":{"Role":"assistant","Content":"Ebb"}}],"Usage":{"PromptTokens":7,"CompletionTokens":1,"TotalTokens":8}}
            {"Id":"t","Choices":[{"FinishReason":"stop","Delta":{"Role":"assistant","Content":" and flow"}}],"Usage":{"PromptTokens":7,"CompletionTokens":3,"TotalTokens":10}}
        "#,
        json!({"shape": "openai.chat", "id": "t", "text": "Ebb and flow", "tokens": [7, 3, 0, 0],
            "finish": "stop"}),
    );
    expect(
        r#"
            {"request_id":"r","module_results":{"templating":[]},"orchestration_result":{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Ebb"}}]}}
            {"request_id":"r","module_results":{"llm":{}},"orchestration_result":{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":" and flow"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Ebb and flow",
            "tokens": [7, 3, 0, 0], "finish": "stop"}),
    );
    expect(
        r#"
            {"response":{"candidates":[{"content":{"role":"model","parts":[{"text":"Ebb"}]}}]},"traceId":"x"}
            {"response":{"candidates":[{"content":{"role":"model","parts":[{"text":" and flow"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3}},"traceId":"x"}
        "#,
        json!({"shape": "gemini", "text": "Ebb and flow", "tokens": [7, 3, 0, 0], "finish": "STOP"}),
    );
}

#[test]
fn oracles_events_are_choices_without_a_list() {
    expect(
        r#"
            {"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":"Ebb"}]},"pad":"aaaa"}
            {"index":0,"message":{"role":"ASSISTANT","content":[{"type":"TEXT","text":" and flow"}]},"pad":"a"}
            {"message":{"role":"ASSISTANT"},"finishReason":"stop","usage":{"promptTokens":7,"completionTokens":3},"pad":"a"}
        "#,
        json!({"shape": "openai.chat", "text": "Ebb and flow", "tokens": [7, 3, 0, 0], "finish": "stop"}),
    );
    expect(
        r#"
            {"apiFormat":"COHERE","text":"Ebb","pad":"a"}
            {"apiFormat":"COHERE","text":" and flow","pad":"aa"}
            {"apiFormat":"COHERE","text":"Ebb and flow","finishReason":"COMPLETE","usage":{"promptTokens":7,"completionTokens":3},"pad":"a"}
        "#,
        json!({"shape": "cohere.v1", "text": "Ebb and flow", "tokens": [7, 3, 0, 0],
            "finish": "COMPLETE"}),
    );
}

#[test]
fn coheres_events_through_bedrock_may_have_no_index() {
    expect(
        r#"
            {"text":"Ebb","is_finished":false}
            {"text":" and flow","is_finished":false}
            {"is_finished":true,"finish_reason":"COMPLETE","amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":3}}
        "#,
        json!({"shape": "cohere.generate", "text": "Ebb and flow", "tokens": [7, 3, 0, 0],
            "finish": "COMPLETE"}),
    );
}

#[test]
fn a_knowledge_bases_events_are_joined() {
    expect(
        r#"
            {"output":{"text":"Ebb"}}
            {"citation":{"citation":{"retrievedReferences":[]}}}
            {"output":{"text":" and flow"}}
        "#,
        json!({"shape": "bedrock.knowledge_base", "text": "Ebb and flow"}),
    );
    let blocked = r#"
        {"output":{"text":"I cannot say."}}
        {"guardrail":{"action":"INTERVENED"}}
    "#;
    let told = told(server_sent(blocked)).unwrap();
    assert_eq!(
        told["failure"],
        "the provider blocked the answer (guardrail)"
    );
}

#[test]
fn difys_events_are_pieces_then_the_usage() {
    let ids = r#""task_id":"t","message_id":"m","conversation_id":"c""#;
    expect(
        &format!(
            r#"
                {{"event":"workflow_started","task_id":"t","workflow_run_id":"w"}}
                {{"event":"agent_thought",{ids},"id":"a","position":1,"thought":"","tool":""}}
                {{"event":"agent_thought",{ids},"id":"a","position":1,"thought":"","tool":"tides;wind"}}
                {{"event":"agent_message",{ids},"answer":"Ebb"}}
                {{"event":"agent_message",{ids},"answer":" and flow"}}
                {{"event":"message_end",{ids},"metadata":{{"usage":{{"prompt_tokens":7,"completion_tokens":3}}}}}}
            "#
        ),
        json!({"shape": "dify", "id": "m", "text": "Ebb and flow", "tools": ["tides", "wind"],
            "tokens": [7, 3, 0, 0]}),
    );
    let failed = format!(
        r#"
            {{"event":"message",{ids},"answer":"Ebb"}}
            {{"event":"error",{ids},"status":400,"code":"provider_quota_exceeded","message":"No quota."}}
        "#
    );
    let told = told(server_sent(&failed)).unwrap();
    assert_eq!(
        told["failure"],
        "the provider answered with an error (provider_quota_exceeded): No quota."
    );
}

#[test]
fn lm_studios_last_event_has_all() {
    let stream = r#"
        {"type":"chat.start","model_instance_id":"local/m"}
        {"type":"tool_call.start","tool":"tides","provider_info":{"type":"plugin"}}
        {"type":"message.start"}
        {"type":"message.delta","content":"Ebb"}
        {"type":"message.delta","content":" and flow"}
        {"type":"message.end"}
        {"type":"chat.end","result":{"model_instance_id":"local/m","output":[{"type":"tool_call","tool":"tides"},{"type":"message","content":"Ebb and flow"}],"stats":{"input_tokens":7,"total_output_tokens":3},"response_id":"r"}}
    "#;
    expect(
        stream,
        json!({"shape": "lmstudio", "id": "r", "model": "local/m", "text": "Ebb and flow",
            "tools": ["tides"], "tokens": [7, 3, 0, 0]}),
    );
    let cut = stream.lines().take(6).collect::<Vec<_>>().join("\n");
    assert_eq!(
        told(server_sent(&cut)),
        Some(
            json!({"shape": "lmstudio", "model": "local/m", "text": "Ebb and flow",
            "tools": ["tides"]})
        )
    );
}

#[test]
fn replicates_events_are_texts() {
    let recording = "event: output\nid: 1:0\ndata: Ebb\n\nevent: output\nid: 2:0\ndata:  and\n\n\
        event: output\nid: 3:0\ndata:  flow\ndata: \ndata: 7\n\nevent: output\ndata: 3\n\nevent: done\nid: 4:0\ndata: {}\n\n";
    assert_eq!(
        told(recording),
        Some(json!({"shape": "replicate", "text": "Ebb and flow\n\n73"}))
    );
    let failed = "event: output\ndata: Ebb\n\nevent: error\ndata: out of memory\n\nevent: done\ndata: {\"reason\": \"error\"}\n\n";
    assert_eq!(
        told(failed).unwrap()["failure"],
        "the provider answered with an error: out of memory"
    );
}

#[test]
fn llama_cpps_last_chunk_counts_beside_its_times() {
    expect(
        r#"
            {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Ebb"}}]}
            {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}
            {"id":"c","object":"chat.completion.chunk","model":"m","choices":[],"timings":{"cache_n":5,"prompt_n":2,"predicted_n":3}}
        "#,
        json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Ebb",
            "tokens": [7, 3, 5, 0], "finish": "stop"}),
    );
}

#[test]
fn openais_media_end_with_what_they_took() {
    expect(
        r#"
            {"type":"transcript.text.delta","delta":"Ebb"}
            {"type":"transcript.text.delta","delta":" and flow"}
            {"type":"transcript.text.done","text":"Ebb and flow","usage":{"type":"tokens","input_tokens":7,"output_tokens":3,"total_tokens":10}}
        "#,
        json!({"shape": "openai.transcription", "text": "Ebb and flow", "tokens": [7, 3, 0, 0]}),
    );
    let cut = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Ebb\"}\n\n";
    assert_eq!(
        told(cut),
        Some(json!({"shape": "openai.transcription", "text": "Ebb"}))
    );
    for kind in ["image_generation", "image_edit"] {
        expect(
            &format!(
                r#"
                    {{"type":"{kind}.partial_image","b64_json":"aGk=","partial_image_index":0}}
                    {{"type":"{kind}.completed","b64_json":"aGk=","usage":{{"input_tokens":7,"output_tokens":30,"total_tokens":37}}}}
                "#
            ),
            json!({"shape": "openai.images", "tokens": [7, 30, 0, 0]}),
        );
    }
    expect(
        r#"
            {"type":"speech.audio.delta","audio":"AAAA"}
            {"type":"speech.audio.done","usage":{"input_tokens":7,"output_tokens":80,"total_tokens":87}}
        "#,
        json!({"shape": "openai.speech", "tokens": [7, 80, 0, 0]}),
    );
}

#[test]
fn vertexs_reasons_may_be_numbers() {
    expect(
        r#"
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Ebb"}]},"finishReason":0}]}
            {"candidates":[{"finishReason":3}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1}}
        "#,
        json!({"shape": "gemini", "text": "Ebb", "tokens": [7, 1, 0, 0], "finish": "SAFETY",
            "failure": "the provider blocked the answer (SAFETY)"}),
    );
}

#[test]
fn minimaxs_and_baidus_errors_end_a_stream() {
    let chunk = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Ebb"}}],"base_resp":{"status_code":0,"status_msg":""}}"#;
    let failed = format!(
        "{chunk}\n{}",
        r#"{"id":"c","choices":[],"base_resp":{"status_code":1027,"status_msg":"output new_sensitive"}}"#
    );
    let told_failed = told(server_sent(&failed)).unwrap();
    assert_eq!(
        told_failed["failure"],
        "the provider answered with an error (1027): output new_sensitive"
    );
    assert_eq!(told(server_sent(chunk)).unwrap()["failure"], json!(null));
    let dashscope =
        "data: {\"code\":\"Throttling\",\"message\":\"Slow down.\",\"request_id\":\"q\"}\n\n";
    assert_eq!(
        told(dashscope).unwrap()["failure"],
        "the provider answered with an error (Throttling): Slow down."
    );
    let alone = "data: {\"error_code\":336000,\"error_msg\":\"Internal error\"}\n\n";
    assert_eq!(
        told(alone).unwrap()["failure"],
        "the provider answered with an error (336000): Internal error"
    );
}

#[test]
fn what_a_program_streams_of_its_own_is_no_envelope() {
    let chunk = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Ebb"}]}}]}"#;
    for around in [
        r#"{"response":CHUNK,"step":1}"#,
        r#"{"key":"a","response":CHUNK}"#,
        r#"{"result":CHUNK,"step":1}"#,
        r#"{"answer":CHUNK}"#,
    ] {
        let stream = around.replace("CHUNK", chunk);
        assert_eq!(told(server_sent(&stream)), None, "{stream}");
    }
}
