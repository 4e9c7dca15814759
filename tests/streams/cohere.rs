use serde_json::json;

use crate::told::{events, expect, expect_response};

pub const TEXT: &str = r#"
    {"id":"29f14a5a","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}
    {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}
    {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"LL"}}}}
    {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Ms"}}}}
    {"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"LL"}}}}
    {"type":"citation-end","index":0}
    {"type":"content-end","index":0}
    {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":3,"output_tokens":127},"tokens":{"input_tokens":66,"output_tokens":128},"cached_tokens":16}}}
"#;

pub const TOOLS: &str = r#"
    {"type":"message-start","id":"fba98ad3","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}
    {"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I"}}}
    {"type":"tool-plan-delta","delta":{"message":{"tool_plan":" will"}}}
    {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"get_weather_nsz5","type":"function","function":{"name":"get_weather","arguments":""}}}}}
    {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"location\":"}}}}}
    {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"\"Madrid\"}"}}}}}
    {"type":"tool-call-end","index":0}
    {"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":37,"output_tokens":38},"tokens":{"input_tokens":1079,"output_tokens":71}}}}
"#;

#[test]
fn text_is_joined_and_the_usage_is_at_the_end() {
    expect_response(
        TEXT,
        json!({"shape": "cohere.v2", "id": "29f14a5a", "text": "LLMs", "tokens": [66, 128, 16, 0],
            "finish": "COMPLETE"}),
        json!({
            "id": "29f14a5a", "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": "LLMs"}],
                "tool_plan": "", "tool_calls": [],
                "citations": [{"start": 0, "end": 2, "text": "LL"}]},
            "usage": {"billed_units": {"input_tokens": 3, "output_tokens": 127},
                "tokens": {"input_tokens": 66, "output_tokens": 128}, "cached_tokens": 16}
        }),
    );
}

#[test]
fn tool_calls_are_joined() {
    expect_response(
        TOOLS,
        json!({"shape": "cohere.v2", "id": "fba98ad3", "tokens": [1079, 71, 0, 0],
            "tools": ["get_weather"], "finish": "TOOL_CALL"}),
        json!({
            "id": "fba98ad3", "finish_reason": "TOOL_CALL",
            "message": {"role": "assistant", "content": [], "tool_plan": "I will", "citations": [],
                "tool_calls": [{"id": "get_weather_nsz5", "type": "function",
                    "function": {"name": "get_weather", "arguments": "{\"location\":\"Madrid\"}"}}]},
            "usage": {"billed_units": {"input_tokens": 37, "output_tokens": 38},
                "tokens": {"input_tokens": 1079, "output_tokens": 71}}
        }),
    );
}

#[test]
fn what_was_cut_off_has_the_text_that_came() {
    expect(
        &events(TEXT)[..4].join("\n"),
        json!({"shape": "cohere.v2", "id": "29f14a5a", "text": "LLMs"}),
    );
}

#[test]
fn why_it_failed_is_at_the_end() {
    expect(
        r#"
        {"type":"message-start","id":"f","delta":{"message":{"role":"assistant","content":[]}}}
        {"type":"message-end","delta":{"finish_reason":"ERROR","usage":{},"error":"invalid tool generation"}}
        "#,
        json!({"shape": "cohere.v2", "id": "f", "finish": "ERROR",
            "failure": "the provider answered with an error: invalid tool generation"}),
    );
}

mod the_first_api {
    use super::*;

    #[test]
    fn ends_with_the_whole_response() {
        expect_response(
            r#"
            {"is_finished":false,"event_type":"stream-start","generation_id":"g1"}
            {"is_finished":false,"event_type":"text-generation","text":"Ho"}
            {"is_finished":false,"event_type":"text-generation","text":"la"}
            {"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"response_id":"r1","generation_id":"g1","text":"Hola","tool_calls":[{"name":"look","parameters":{}}],"meta":{"tokens":{"input_tokens":69,"output_tokens":4}}}}
            "#,
            json!({"shape": "cohere.v1", "id": "r1", "text": "Hola", "tokens": [69, 4, 0, 0],
                "tools": ["look"], "finish": "COMPLETE"}),
            json!({"response_id": "r1", "generation_id": "g1", "text": "Hola", "finish_reason": "COMPLETE",
                "tool_calls": [{"name": "look", "parameters": {}}],
                "meta": {"tokens": {"input_tokens": 69, "output_tokens": 4}}}),
        );
    }

    #[test]
    fn is_joined_where_it_was_cut_off() {
        expect(
            r#"
            {"is_finished":false,"event_type":"stream-start","generation_id":"g1"}
            {"is_finished":false,"event_type":"text-generation","text":"Ho"}
            "#,
            json!({"shape": "cohere.v1", "text": "Ho"}),
        );
    }

    #[test]
    fn generates_as_well() {
        expect(
            r#"
            {"text":" Plu","is_finished":false,"event_type":"text-generation"}
            {"text":"to","is_finished":false,"event_type":"text-generation"}
            {"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"id":"r","generations":[{"id":"g","text":" Pluto","finish_reason":"COMPLETE"}],"meta":{"billed_units":{"input_tokens":5,"output_tokens":2}}}}
            "#,
            json!({"shape": "cohere.generate", "id": "r", "text": " Pluto", "tokens": [5, 2, 0, 0],
                "finish": "COMPLETE"}),
        );
    }
}
