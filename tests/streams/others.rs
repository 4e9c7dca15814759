use serde_json::json;

use crate::told::{expect, expect_response};

pub const INTERACTION: &str = r#"
    {"event_type":"interaction.created","interaction":{"id":"v1_1","model":"gemini-3-flash","object":"interaction","status":"in_progress"}}
    {"event_type":"interaction.status_update","interaction_id":"v1_1","status":"in_progress"}
    {"event_type":"step.start","index":0,"step":{"type":"thought"}}
    {"event_type":"step.delta","index":0,"delta":{"type":"thought_signature","signature":"sig"}}
    {"event_type":"step.stop","index":0}
    {"event_type":"step.start","index":1,"step":{"type":"model_output"}}
    {"event_type":"step.delta","index":1,"delta":{"type":"text","text":"Hel"}}
    {"event_type":"step.delta","index":1,"delta":{"type":"text","text":"lo"}}
    {"event_type":"step.stop","index":1}
    {"event_type":"step.start","index":2,"step":{"type":"function_call","id":"fc_1","name":"add","arguments":{}}}
    {"event_type":"step.delta","index":2,"delta":{"type":"arguments_delta","arguments":"{\"x\":2}"}}
    {"event_type":"interaction.completed","interaction":{"id":"v1_1","model":"gemini-3-flash","object":"interaction","status":"requires_action","usage":{"total_input_tokens":12,"total_output_tokens":2,"total_thought_tokens":116,"total_cached_tokens":3}}}
"#;

pub const CONVERSATION: &str = r#"
    {"type":"conversation.response.started","created_at":"2025","conversation_id":"conv_1"}
    {"type":"tool.execution.started","output_index":0,"id":"tool_1","name":"web_search","arguments":"{}"}
    {"type":"tool.execution.done","output_index":0,"id":"tool_1","name":"web_search"}
    {"type":"message.output.delta","output_index":1,"content_index":0,"id":"msg_1","model":"mistral-medium","role":"assistant","content":"Hel"}
    {"type":"message.output.delta","output_index":1,"content_index":0,"id":"msg_1","model":"mistral-medium","role":"assistant","content":"lo"}
    {"type":"conversation.response.done","usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":65,"connector_tokens":40}}
"#;

#[test]
fn steps_of_an_interaction_are_joined() {
    expect_response(
        INTERACTION,
        json!({"shape": "gemini.interactions", "id": "v1_1", "model": "gemini-3-flash", "text": "Hello",
            "tokens": [12, 118, 3, 0], "tools": ["add"], "finish": "requires_action"}),
        json!({
            "id": "v1_1", "model": "gemini-3-flash", "object": "interaction", "status": "requires_action",
            "steps": [
                {"type": "thought", "signature": "sig"},
                {"type": "model_output", "content": [{"type": "text", "text": "Hello"}]},
                {"type": "function_call", "id": "fc_1", "name": "add", "arguments": {"x": 2}}
            ],
            "usage": {"total_input_tokens": 12, "total_output_tokens": 2,
                "total_thought_tokens": 116, "total_cached_tokens": 3}
        }),
    );
}

#[test]
fn outputs_of_a_conversation_are_joined() {
    expect_response(
        CONVERSATION,
        json!({"shape": "mistral.conversations", "id": "msg_1", "model": "mistral-medium",
            "text": "Hello", "tokens": [60, 5, 0, 0], "tools": ["web_search"]}),
        json!({
            "conversation_id": "conv_1", "object": "conversation.response",
            "outputs": [
                {"type": "tool.execution", "id": "tool_1", "name": "web_search", "arguments": "{}"},
                {"type": "message.output", "id": "msg_1", "model": "mistral-medium",
                    "role": "assistant", "content": "Hello"}
            ],
            "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 65,
                "connector_tokens": 40}
        }),
    );
}

#[test]
fn text_generation_inference_ends_with_the_whole_text() {
    expect_response(
        r#"
        {"index":1,"token":{"id":13,"text":"Hel","logprob":-0.1,"special":false},"generated_text":null,"details":null}
        {"index":2,"token":{"id":14,"text":"lo","logprob":-0.1,"special":false},"generated_text":null,"details":null}
        {"index":3,"token":{"id":2,"text":"</s>","logprob":-0.1,"special":true},"generated_text":"Hello","details":{"finish_reason":"eos_token","generated_tokens":3,"seed":null}}
        "#,
        json!({"shape": "tgi", "text": "Hello", "tokens": [0, 3, 0, 0], "finish": "eos_token"}),
        json!({"generated_text": "Hello",
            "details": {"finish_reason": "eos_token", "generated_tokens": 3, "seed": null}}),
    );
}

#[test]
fn llama_cpp_has_its_own_stream() {
    expect(
        r#"
        {"index":0,"content":"Hel","tokens":[1],"stop":false,"id_slot":0,"tokens_predicted":1,"tokens_evaluated":8}
        {"index":0,"content":"lo","tokens":[2],"stop":false,"id_slot":0,"tokens_predicted":2,"tokens_evaluated":8}
        {"index":0,"content":"","tokens":[],"stop":true,"model":"m.gguf","tokens_predicted":2,"tokens_evaluated":8,"stop_type":"eos"}
        "#,
        json!({"shape": "llamacpp", "model": "m.gguf", "text": "Hello", "tokens": [8, 2, 0, 0],
            "finish": "eos"}),
    );
}

#[test]
fn watsonx_counts_the_prompt_once() {
    expect(
        r#"
        {"model_id":"ibm/granite","results":[{"generated_text":"","generated_token_count":0,"input_token_count":3,"stop_reason":"not_finished"}]}
        {"model_id":"ibm/granite","results":[{"generated_text":"Hel","generated_token_count":2,"input_token_count":0,"stop_reason":"not_finished"}]}
        {"model_id":"ibm/granite","results":[{"generated_text":"lo","generated_token_count":3,"input_token_count":0,"stop_reason":"eos_token"}]}
        "#,
        json!({"shape": "watsonx", "model": "ibm/granite", "text": "Hello", "tokens": [3, 3, 0, 0],
            "finish": "eos_token"}),
    );
}

#[test]
fn metas_api_counts_in_its_last_event() {
    expect(
        r#"
        {"id":"AQ","event":{"event_type":"start","delta":{"type":"text","text":""}}}
        {"id":"AQ","event":{"event_type":"progress","delta":{"type":"text","text":"Hel"}}}
        {"id":"AQ","event":{"event_type":"progress","delta":{"type":"text","text":"lo"}}}
        {"id":"AQ","event":{"event_type":"progress","delta":{"type":"tool_call","id":"c1","function":{"name":"add"}}}}
        {"id":"AQ","event":{"event_type":"progress","delta":{"type":"tool_call","function":{"arguments":"{}"}}}}
        {"id":"AQ","event":{"event_type":"complete","delta":{"type":"text","text":""},"stop_reason":"stop"}}
        {"id":"AQ","event":{"event_type":"metrics","delta":{"type":"text","text":""},"metrics":[{"metric":"num_completion_tokens","value":11,"unit":"tokens"},{"metric":"num_prompt_tokens","value":25,"unit":"tokens"}]}}
        "#,
        json!({"shape": "meta.llama", "id": "AQ", "text": "Hello", "tokens": [25, 11, 0, 0],
            "tools": ["add"], "finish": "stop"}),
    );
}

#[test]
fn what_is_no_providers_is_none() {
    let streams = [
        r#"{"question": "why", "answer": "so"}"#,
        r#"{"type": "ping"}"#,
        r#"{"text": "good film", "label": "Positive"}"#,
        r#"{"value": 1}"#,
        r#"{"messages": [{"role": "user", "content": "Hi"}]}"#,
        r#"{"prompt": "Hi", "completion": " there"}"#,
        r#"{"completion": " there", "stop_reason": null}"#,
        r#"{"text": "Hi", "is_finished": false}"#,
        r#"{"model": "left-pad", "choices": []}"#,
        r#"{"event": {"name": "start"}}"#,
        r#"{"choices": [{"text": "yes", "votes": 3}]}"#,
    ];
    for stream in streams {
        let stream = [stream; 3].join("\n");
        for recording in crate::told::recordings(&stream) {
            assert_eq!(crate::told::told(&recording), None, "{recording}");
        }
        let report = crate::told::returned(&stream);
        assert!(report.llm_response.is_none());
        assert!(report.result.unwrap().starts_with("[{"));
    }
    for recording in [
        "",
        "\n\n",
        "data:\n\n",
        "data: [DONE]\n\n",
        ": ping\n\n",
        "[",
        "[]",
        "{",
        "\0",
        "<html>",
    ] {
        assert_eq!(crate::told::told(recording), None, "{recording}");
    }
}
