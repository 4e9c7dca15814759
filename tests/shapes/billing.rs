//! The fields of a response that determine its price.

use serde_json::{Value, json};
use xpander_report::{Billing, ProviderResponse};

fn billing(response: &Value) -> Billing {
    ProviderResponse::read(&response.to_string())
        .expect("a response")
        .billing
}

fn chat(usage: Value) -> Value {
    json!({"object": "chat.completion", "model": "m", "usage": usage,
           "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]})
}

/// Input, read from the cache, written to it, written for an hour, output.
fn tokens(billing: &Billing) -> [u64; 5] {
    [
        billing.input_tokens,
        billing.cache_read_tokens,
        billing.cache_write_tokens,
        billing.cache_write_1h_tokens,
        billing.output_tokens,
    ]
}

#[test]
fn the_input_has_the_cached_tokens_in_it_whichever_way_the_provider_counts() {
    for (response, expected) in [
        // In the prompt.
        (
            chat(
                json!({"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
                        "prompt_tokens_details": {"cached_tokens": 60}}),
            ),
            [100, 60, 0, 0, 7],
        ),
        // LiteLLM's response for an Anthropic model.
        (
            chat(
                json!({"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107,
                        "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30, "prompt_tokens_details":
                            {"cached_tokens": 60, "cache_creation_token_details": {"ephemeral_1h_input_tokens": 20}}}),
            ),
            [100, 60, 30, 20, 7],
        ),
        // The cached tokens are not in the prompt, as the total shows.
        (
            chat(
                json!({"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 167,
                        "prompt_tokens_details": {"cached_tokens": 60}}),
            ),
            [160, 60, 0, 0, 7],
        ),
        // The cached tokens are not in the prompt, because there are more of them.
        (
            chat(
                json!({"prompt_tokens": 10, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}),
            ),
            [70, 60, 0, 0, 7],
        ),
        // Anthropic, and the model's turns before a compaction.
        (
            json!({"content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "usage": {
                "input_tokens": 10, "output_tokens": 7, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_1h_input_tokens": 20},
                "iterations": [{"type": "compaction", "input_tokens": 5, "output_tokens": 3}]}}),
            [105, 60, 30, 20, 10],
        ),
        (
            json!({"output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}, "stopReason": "end_turn",
                "usage": {"inputTokens": 10, "outputTokens": 7, "totalTokens": 107, "cacheReadInputTokens": 60,
                    "cacheWriteInputTokens": 30, "cacheDetails": [{"ttl": "5m", "inputTokens": 25}, {"ttl": "1h", "inputTokens": 5}]}}),
            [100, 60, 30, 5, 7],
        ),
    ] {
        assert_eq!(tokens(&billing(&response)), expected, "{response}");
    }
}

#[test]
fn what_the_cache_had_beside_the_prompt_is_no_output() {
    let response = chat(
        json!({"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 167,
                               "prompt_tokens_details": {"cached_tokens": 60}}),
    );
    let tokens = ProviderResponse::read(&response.to_string()).and_then(|response| response.tokens);
    assert_eq!(tokens.and_then(|tokens| tokens.completion_tokens), Some(7));
}

#[test]
fn audio_images_reasoning_and_searches_are_told_apart() {
    let of_gemini = billing(
        &json!({"modelVersion": "gemini-2.5-flash", "candidates": [{"content": {"role": "model",
        "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 100,
        "toolUsePromptTokenCount": 10, "cachedContentTokenCount": 40, "candidatesTokenCount": 30, "thoughtsTokenCount": 5,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 50},
            {"modality": "DOCUMENT", "tokenCount": 30}],
        "toolUsePromptTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 25}]}}),
    );
    let audio = of_gemini.audio;
    assert_eq!(
        [
            audio.input_tokens,
            audio.cache_read_tokens,
            audio.output_tokens
        ],
        [60, 40, 0]
    );
    let images = of_gemini.images;
    assert_eq!((images.input_tokens, images.output_tokens), (30, 25));
    assert_eq!(
        (
            of_gemini.input_tokens,
            of_gemini.output_tokens,
            of_gemini.reasoning_tokens
        ),
        (110, 35, 5)
    );

    let of_anthropic = billing(
        &json!({"content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "usage": {
        "input_tokens": 10, "output_tokens": 7, "server_tool_use": {"web_search_requests": 3}}}),
    );
    assert_eq!(of_anthropic.web_searches, 3);
}

#[test]
fn cohere_is_paid_by_its_billed_units() {
    let of_cohere = billing(
        &json!({"id": "1", "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        "finish_reason": "COMPLETE", "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 7},
            "tokens": {"input_tokens": 71, "output_tokens": 7}}}),
    );
    assert_eq!((of_cohere.input_tokens, of_cohere.output_tokens), (5, 7));
}

#[test]
fn what_was_charged_is_in_billionths_of_a_dollar() {
    let with = |name: &str, value: Value| {
        let mut usage = json!({"prompt_tokens": 1, "completion_tokens": 1});
        usage[name] = value;
        billing(&chat(usage)).charged_nanodollars
    };
    assert_eq!(with("cost", json!(0.00042)), Some(420_000));
    assert_eq!(
        with(
            "cost",
            json!({"input_tokens_cost": 0.1, "total_cost": 0.25})
        ),
        Some(250_000_000)
    );
    assert_eq!(with("estimated_cost", json!(0.000_001)), Some(1_000));
    assert_eq!(
        with("cost_in_usd_ticks", json!(37_756_000)),
        Some(3_775_600)
    );
    assert_eq!(with("cost", json!(0)), Some(0));
    for absurd in [
        json!(-1),
        json!(1e12),
        json!("much"),
        json!(null),
        json!({}),
    ] {
        assert_eq!(with("cost", absurd.clone()), None, "{absurd}");
    }
    let claude_code = json!({"type": "result", "subtype": "success", "is_error": false, "result": "Hi", "session_id": "s",
        "total_cost_usd": 0.0312, "usage": {"input_tokens": 1, "output_tokens": 1}});
    assert_eq!(billing(&claude_code).charged_nanodollars, Some(31_200_000));
    let later = json!({"data": {"id": "gen-1", "model": "m", "native_tokens_prompt": 1, "native_tokens_completion": 1,
        "total_cost": 0.5, "is_byok": false}});
    assert_eq!(billing(&later).charged_nanodollars, Some(500_000_000));
}

#[test]
fn who_answered_is_known_where_the_response_shows_it() {
    let plain = || chat(json!({"prompt_tokens": 1, "completion_tokens": 1}));
    let with = |name: &str, value: Value| {
        let mut response = plain();
        response[name] = value;
        billing(&response).provider
    };
    assert_eq!(billing(&plain()).provider, None);
    assert_eq!(with("service_tier", json!(null)), None);
    assert_eq!(with("service_tier", json!("flex")), Some("openai"));
    assert_eq!(with("x_groq", json!({"id": "r"})), Some("groq"));
    assert_eq!(
        with("system_fingerprint", json!("fp_ollama")),
        Some("ollama")
    );
    let embeddings = json!({"model": "nomic-embed-text", "embeddings": [[0.1]], "total_duration": 1,
        "load_duration": 1, "prompt_eval_count": 8});
    assert_eq!(billing(&embeddings).provider, Some("ollama"));
    assert_eq!(with("timings", json!({"prompt_n": 1})), Some("llamacpp"));
    let mut routed = plain();
    routed["id"] = "gen-1".into();
    routed["provider"] = "Groq".into();
    assert_eq!(billing(&routed).provider, Some("openrouter"));
}

#[test]
fn a_line_of_a_batch_is_one_and_each_response_of_a_list_counts_for_itself() {
    let line = json!({"custom_id": "a", "response": {"status_code": 200,
        "body": chat(json!({"prompt_tokens": 1, "completion_tokens": 1}))}});
    assert!(billing(&line).is_batch);
    let single = chat(json!({"prompt_tokens": 1, "completion_tokens": 1}));
    assert!(!billing(&single).is_batch);
    let both = ProviderResponse::read_each(&json!([line, single]).to_string());
    let batch: Vec<bool> = both
        .iter()
        .map(|response| response.billing.is_batch)
        .collect();
    assert_eq!(batch, [true, false]);
    assert!(ProviderResponse::read_each("[1, 2]").is_empty());
    assert!(ProviderResponse::read_each("no JSON").is_empty());
}

#[test]
fn a_stream_says_the_same_in_its_pieces() {
    let chunks = br#"data: {"id":"gen-1","provider":"OpenAI","model":"m","choices":[{"delta":{"role":"assistant","content":"Hi"}}]}

data: {"id":"gen-1","provider":"OpenAI","model":"m","choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"cost":0.001,"is_byok":false,"cost_details":{"upstream_inference_cost":0.001}}}

data: [DONE]
"#;
    let read = |stream: &[u8]| {
        ProviderResponse::read_stream(stream)
            .expect("a stream")
            .billing
    };
    let routed = read(chunks);
    assert_eq!(
        (routed.provider, routed.charged_nanodollars),
        (Some("openrouter"), Some(1_000_000))
    );

    let events = br#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"service_tier":"priority"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}
"#;
    let streamed = read(events);
    assert_eq!(tokens(&streamed), [40, 0, 30, 20, 7]);
    assert_eq!(streamed.service_tier.as_deref(), Some("priority"));
}
