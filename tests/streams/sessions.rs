//! Spoken sessions, in which each turn has its own usage.

use serde_json::json;

use crate::told::{expect, server_sent, text, told};

pub const REALTIME: &str = r#"
    {"type":"session.created","event_id":"e1","session":{"type":"realtime","model":"gpt-realtime"}}
    {"type":"response.created","event_id":"e2","response":{"object":"realtime.response","id":"resp_1","status":"in_progress","output":[]}}
    {"type":"response.output_item.added","response_id":"resp_1","output_index":0,"item":{"id":"i","type":"message","role":"assistant","content":[]}}
    {"type":"response.output_audio_transcript.delta","response_id":"resp_1","output_index":0,"content_index":0,"delta":"At "}
    {"type":"response.output_audio_transcript.delta","response_id":"resp_1","output_index":0,"content_index":0,"delta":"six."}
    {"type":"response.done","event_id":"e3","response":{"object":"realtime.response","id":"resp_1","status":"completed","output":[{"id":"i","type":"message","role":"assistant","content":[{"type":"output_audio","transcript":"At six."}]}],"usage":{"total_tokens":60,"input_tokens":40,"output_tokens":20,"input_token_details":{"cached_tokens":32,"audio_tokens":8}}}}
"#;

const SECOND_TURN: &str = r#"
    {"type":"response.created","response":{"object":"realtime.response","id":"resp_2","status":"in_progress","output":[]}}
    {"type":"response.done","response":{"object":"realtime.response","id":"resp_2","status":"completed","output":[{"type":"function_call","name":"tides","arguments":"{}"}],"usage":{"input_tokens":50,"output_tokens":5,"input_token_details":{"cached_tokens":40}}}}
"#;

#[test]
fn of_openais_realtime_api_have_what_was_said() {
    expect(
        REALTIME,
        json!({"shape": "openai.responses", "id": "resp_1", "text": "At six.",
            "tokens": [40, 20, 32, 0], "finish": "completed"}),
    );
}

#[test]
fn of_openais_realtime_api_count_each_turn() {
    expect(
        &format!("{REALTIME}{SECOND_TURN}"),
        json!({"shape": "openai.responses", "id": "resp_2", "text": "At six.", "tools": ["tides"],
            "tokens": [90, 25, 72, 0], "finish": "completed"}),
    );
}

#[test]
fn of_openais_realtime_api_that_were_cut_off_have_what_was_said_by_then() {
    let begun = REALTIME.lines().take(6).collect::<Vec<_>>().join("\n");
    assert_eq!(text(server_sent(&begun)), "At six.");
    for (kind, field) in [
        ("response.text.delta", "text"),
        ("response.audio_transcript.delta", "transcript"),
    ] {
        let old = begun.replace("response.output_audio_transcript.delta", kind);
        assert_eq!(text(server_sent(&old)), "At six.", "{field}");
    }
}

#[test]
fn of_openais_realtime_api_get_over_an_error() {
    let error = r#"{"type":"error","event_id":"e","error":{"type":"invalid_request_error","message":"No such item."}}"#;
    let recovered = REALTIME.replacen('\n', &format!("\n{error}\n"), 1);
    assert_eq!(
        told(server_sent(&recovered)).unwrap()["failure"],
        json!(null)
    );
}

pub const LIVE: &str = r#"
    {"setupComplete":{}}
    {"serverContent":{"inputTranscription":{"text":"When is it?"}}}
    {"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm","data":"AAAA"}}]}}}
    {"serverContent":{"outputTranscription":{"text":"At "}}}
    {"serverContent":{"outputTranscription":{"text":"six."}}}
    {"serverContent":{"generationComplete":true}}
    {"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":40,"responseTokenCount":9,"totalTokenCount":49}}
"#;

#[test]
fn of_geminis_live_api_have_what_was_said() {
    expect(
        LIVE,
        json!({"shape": "gemini.live", "text": "At six.", "tokens": [40, 9, 0, 0]}),
    );
}

#[test]
fn of_geminis_live_api_count_each_turn() {
    let second = r#"
        {"toolCall":{"functionCalls":[{"id":"1","name":"tides","args":{}}]}}
        {"serverContent":{"modelTurn":{"parts":[{"text":"At "}]}}}
        {"serverContent":{"modelTurn":{"parts":[{"text":"seven."}]}}}
        {"serverContent":{"turnComplete":true}}
        {"usageMetadata":{"promptTokenCount":60,"responseTokenCount":4,"thoughtsTokenCount":2,"cachedContentTokenCount":32}}
    "#;
    expect(
        &format!("{LIVE}{second}"),
        json!({"shape": "gemini.live", "text": "At six.\nAt seven.", "tokens": [100, 15, 32, 0],
            "tools": ["tides"]}),
    );
}

pub const SONIC: &str = r#"
    {"event":{"completionStart":{"sessionId":"s","promptName":"p","completionId":"k"}}}
    {"event":{"contentStart":{"contentId":"1","role":"USER","type":"TEXT","additionalModelFields":"{\"generationStage\":\"FINAL\"}"}}}
    {"event":{"textOutput":{"contentId":"1","role":"USER","content":"When is it?"}}}
    {"event":{"toolUse":{"toolUseId":"u","toolName":"tides","content":"{}"}}}
    {"event":{"contentStart":{"contentId":"2","role":"ASSISTANT","type":"TEXT","additionalModelFields":"{\"generationStage\":\"SPECULATIVE\"}"}}}
    {"event":{"textOutput":{"contentId":"2","role":"ASSISTANT","content":"At six. Or later."}}}
    {"event":{"usageEvent":{"totalInputTokens":30,"totalOutputTokens":8,"totalTokens":38}}}
    {"event":{"contentStart":{"contentId":"3","role":"ASSISTANT","type":"TEXT","additionalModelFields":"{\"generationStage\":\"FINAL\"}"}}}
    {"event":{"textOutput":{"contentId":"3","role":"ASSISTANT","content":"At six."}}}
    {"event":{"usageEvent":{"totalInputTokens":30,"totalOutputTokens":12,"totalTokens":42}}}
    {"event":{"completionEnd":{"completionId":"k","stopReason":"END_TURN"}}}
"#;

#[test]
fn of_nova_sonic_have_what_was_said_and_not_what_was_meant_to_be() {
    expect(
        SONIC,
        json!({"shape": "bedrock.sonic", "id": "k", "text": "At six.", "tools": ["tides"],
            "tokens": [30, 12, 0, 0], "finish": "END_TURN"}),
    );
}

#[test]
fn of_nova_sonic_that_do_not_tell_stages_have_all_that_the_assistant_said() {
    expect(
        r#"
            {"completionStart":{"sessionId":"s"}}
            {"textOutput":{"role":"ASSISTANT","content":"At "}}
            {"textOutput":{"role":"ASSISTANT","content":"six."}}
            {"usageEvent":{"totalInputTokens":3,"totalOutputTokens":2}}
        "#,
        json!({"shape": "bedrock.sonic", "text": "At six.", "tokens": [3, 2, 0, 0]}),
    );
}
