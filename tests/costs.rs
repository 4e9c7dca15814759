//! The cost of a run on the local platform: each response is priced from its own usage.
//!
//! The expected prices are computed by hand, in millionths of a dollar: tokens times dollars for a million of them.
//! The prices are those that `genai-prices` 0.2.1 has for 15 November 2026, noon UTC, the time of all reports here.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use serde_json::{Value, json};
use xpander_report::{Client, Reporter, TaskReport, Tokens, external_task};
use xpander_report_local::{
    Basis, Cost, Filter, LocalPlatform, MetricsQuery, PRICE_LIST_DATE, Prices, TaskRecord,
};
use xpander_report_tests::{LONG, config, reporter};

/// A recorded response, and its cost in millionths of a dollar.
struct Recorded {
    name: &'static str,
    response: Value,
    micros: f64,
}

fn recorded() -> Vec<Recorded> {
    let recorded = |name, micros, response| Recorded {
        name,
        response,
        micros,
    };
    vec![
        // gpt-4o-mini: 0.15 in, 0.075 cached, 0.6 out. The prompt has the cached tokens in it:
        // 2000 × 0.15 + 8000 × 0.075 + 500 × 0.6 = 300 + 600 + 300
        recorded(
            "OpenAI, with a cache",
            1_200.0,
            json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10_000, "completion_tokens": 500, "total_tokens": 10_500,
                    "prompt_tokens_details": {"cached_tokens": 8_000, "audio_tokens": 0}},
                "service_tier": "default", "system_fingerprint": "fp_1"}),
        ),
        // gpt-5-mini at flex: 0.125 in, 0.0125 cached, 1 out.
        // 3000 × 0.125 + 1000 × 0.0125 + 2000 × 1 = 375 + 12.5 + 2000
        recorded(
            "OpenAI's Responses API at flex",
            2_387.5,
            json!({"id": "resp_1", "object": "response", "model": "gpt-5-mini-2025-08-07", "status": "completed",
                "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
                "usage": {"input_tokens": 4_000, "input_tokens_details": {"cached_tokens": 1_000},
                    "output_tokens": 2_000, "output_tokens_details": {"reasoning_tokens": 1_500},
                    "total_tokens": 6_000}, "service_tier": "flex"}),
        ),
        // gpt-4o at priority: 4.25 in, 17 out. 1000 × 4.25 + 100 × 17 = 4250 + 1700
        recorded(
            "OpenAI at priority",
            5_950.0,
            json!({"id": "chatcmpl-2", "object": "chat.completion", "model": "gpt-4o-2024-08-06",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100},
                "service_tier": "priority"}),
        ),
        // gpt-realtime: text 4 in, 0.4 cached, 16 out; audio 32 in, 0.4 cached, 64 out.
        // text in 300 × 4 + 100 × 0.4, audio in 400 × 32 + 200 × 0.4, out 50 × 16 + 250 × 64
        // = 1200 + 40 + 12800 + 80 + 800 + 16000
        recorded(
            "OpenAI, with audio",
            30_920.0,
            json!({"type": "response.done", "event_id": "e1", "response": {"id": "resp_2", "object": "realtime.response",
                "model": "gpt-realtime", "status": "completed",
                "output": [{"type": "message", "content": [{"type": "output_audio", "transcript": "Hi"}]}],
                "usage": {"total_tokens": 1_300, "input_tokens": 1_000, "output_tokens": 300,
                    "input_token_details": {"text_tokens": 400, "audio_tokens": 600, "cached_tokens": 300,
                        "cached_tokens_details": {"text_tokens": 100, "audio_tokens": 200}},
                    "output_token_details": {"text_tokens": 50, "audio_tokens": 250}}}}),
        ),
        // claude-sonnet-4-5: 3 in, 0.3 read, 3.75 written for minutes, 6 for an hour, 15 out. The cache is beside the
        // input: 1000 × 3 + 20000 × 0.3 + 1000 × 3.75 + 2000 × 6 + 400 × 15 = 3000 + 6000 + 3750 + 12000 + 6000
        recorded(
            "Anthropic, with a cache of an hour",
            30_750.0,
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
                "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 1_000, "output_tokens": 400, "cache_read_input_tokens": 20_000,
                    "cache_creation_input_tokens": 3_000, "service_tier": "standard",
                    "cache_creation": {"ephemeral_5m_input_tokens": 1_000, "ephemeral_1h_input_tokens": 2_000}}}),
        ),
        // The same through LiteLLM, whose prompt has the cache in it; all is written for minutes.
        // 1000 × 3 + 20000 × 0.3 + 3000 × 3.75 + 400 × 15 = 3000 + 6000 + 11250 + 6000
        recorded(
            "LiteLLM",
            26_250.0,
            json!({"id": "chatcmpl-3", "object": "chat.completion", "model": "claude-sonnet-4-5-20250929",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 24_000, "completion_tokens": 400, "total_tokens": 24_400,
                    "prompt_tokens_details": {"cached_tokens": 20_000, "cache_creation_tokens": 3_000},
                    "cache_read_input_tokens": 20_000, "cache_creation_input_tokens": 3_000}}),
        ),
        // gemini-2.5-flash: 0.3 in, audio 1 in, 2.5 out with its thoughts.
        // 2000 × 0.3 + 4000 × 1 + (300 + 700) × 2.5 = 600 + 4000 + 2500
        recorded(
            "Gemini, which heard something",
            7_100.0,
            json!({"responseId": "r1", "modelVersion": "gemini-2.5-flash",
                "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 6_000, "candidatesTokenCount": 300, "thoughtsTokenCount": 700,
                    "totalTokenCount": 7_000, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2_000},
                        {"modality": "AUDIO", "tokenCount": 4_000}]}}),
        ),
        // llama-3.3-70b-versatile: 0.59 in, 0.79 out. 1000 × 0.59 + 200 × 0.79 = 590 + 158
        recorded(
            "Groq",
            748.0,
            json!({"id": "chatcmpl-4", "object": "chat.completion", "model": "llama-3.3-70b-versatile",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"queue_time": 0.1, "prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200},
                "x_groq": {"id": "req_1"}, "service_tier": "on_demand"}),
        ),
        // deepseek-chat by day: 0.27 in, 0.07 cached, 1.1 out.
        // 1000 × 0.27 + 4000 × 0.07 + 1000 × 1.1 = 270 + 280 + 1100
        recorded(
            "DeepSeek by day",
            1_650.0,
            json!({"id": "d1", "object": "chat.completion", "model": "deepseek-chat",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 5_000, "completion_tokens": 1_000, "total_tokens": 6_000,
                    "prompt_cache_hit_tokens": 4_000, "prompt_cache_miss_tokens": 1_000}}),
        ),
        // mistral-small-latest since March 2026: 0.15 in, 0.6 out. 2000 × 0.15 + 100 × 0.6 = 300 + 60
        recorded(
            "Mistral",
            360.0,
            json!({"id": "m1", "object": "chat.completion", "model": "mistral-small-latest",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 2_000, "completion_tokens": 100, "total_tokens": 2_100}}),
        ),
        // grok-4: 3 in, 0.75 cached, 15 out. Its reasoning is counted beside its answer.
        // 2000 × 3 + 1000 × 0.75 + (100 + 400) × 15 = 6000 + 750 + 7500
        recorded(
            "xAI",
            14_250.0,
            json!({"id": "x1", "object": "chat.completion", "model": "grok-4-0709",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3_000, "completion_tokens": 100, "total_tokens": 3_500,
                    "prompt_tokens_details": {"cached_tokens": 1_000},
                    "completion_tokens_details": {"reasoning_tokens": 400}}}),
        ),
        // The same with xAI's stated charge, in ten-billionths of a dollar.
        recorded(
            "xAI, which says what it charged",
            3_775.6,
            json!({"id": "x2", "object": "chat.completion", "model": "grok-4-0709",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3_000, "completion_tokens": 100, "total_tokens": 3_100,
                    "cost_in_usd_ticks": 37_756_000}}),
        ),
        // sonar-deep-research: 2 in, 8 out, 3 reasoning, 2 citations, 5 for a thousand searches.
        // 100 × 2 + 1000 × 8 + 20000 × 3 + 5000 × 2 + 10 × 5000 = 200 + 8000 + 60000 + 10000 + 50000
        recorded(
            "Perplexity",
            128_200.0,
            json!({"id": "p1", "object": "chat.completion", "model": "sonar-deep-research",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 1_000, "total_tokens": 1_100,
                    "citation_tokens": 5_000, "reasoning_tokens": 20_000, "num_search_queries": 10}}),
        ),
        // OpenRouter's charge is used regardless of the tokens.
        recorded(
            "OpenRouter",
            420.0,
            json!({"id": "gen-1", "provider": "Anthropic", "object": "chat.completion",
                "model": "anthropic/claude-sonnet-4.5",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 50_000, "completion_tokens": 9, "total_tokens": 50_009, "cost": 0.00042,
                    "is_byok": false, "cost_details": {"upstream_inference_cost": 0.00042}}}),
        ),
        // With a key of one's own it charges a fee, and the model's provider the rest: 0.00002 + 0.0004
        recorded(
            "OpenRouter, with a key of one's own",
            420.0,
            json!({"id": "gen-2", "provider": "Anthropic", "object": "chat.completion",
                "model": "anthropic/claude-sonnet-4.5",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109, "cost": 0.00002,
                    "is_byok": true, "cost_details": {"upstream_inference_cost": 0.0004}}}),
        ),
        // OpenRouter without its cost, by its own name of gpt-4o-mini: 900 × 0.15 + 100 × 0.075 + 100 × 0.6
        // = 135 + 7.5 + 60
        recorded(
            "OpenRouter, which does not say what it charged",
            202.5,
            json!({"id": "gen-3", "provider": "OpenAI", "object": "chat.completion", "model": "openai/gpt-4o-mini",
                "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100,
                    "prompt_tokens_details": {"cached_tokens": 100}}}),
        ),
        // voyage-3.5: 0.06 in. 10000 × 0.06
        recorded(
            "Voyage, which embeds",
            600.0,
            json!({"object": "list", "data": [{"object": "embedding", "embedding": [0.1, 0.2], "index": 0}],
                "model": "voyage-3.5", "usage": {"total_tokens": 10_000}}),
        ),
        // text-embedding-3-small: 0.02 in. 10000 × 0.02
        recorded(
            "OpenAI, which embeds",
            200.0,
            json!({"object": "list", "data": [{"object": "embedding", "embedding": [0.1, 0.2], "index": 0}],
                "model": "text-embedding-3-small", "usage": {"prompt_tokens": 10_000, "total_tokens": 10_000}}),
        ),
        // gpt-4.1 in a batch: 1 in, 4 out. 1000 × 1 + 500 × 4
        recorded(
            "a line of OpenAI's batch",
            3_000.0,
            json!({"id": "batch_req_1", "custom_id": "a", "error": null, "response": {"status_code": 200,
                "request_id": "q", "body": {"id": "chatcmpl-5", "object": "chat.completion",
                    "model": "gpt-4.1-2025-04-14",
                    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500},
                    "service_tier": "default"}}}),
        ),
        // claude-haiku-4-5 in a batch: 0.5 in, 2.5 out. 1000 × 0.5 + 200 × 2.5
        recorded(
            "a line of Anthropic's batch",
            1_000.0,
            json!({"custom_id": "b", "result": {"type": "succeeded", "message": {"id": "msg_2", "type": "message",
                "role": "assistant", "model": "claude-haiku-4-5-20251001",
                "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 1_000, "output_tokens": 200, "service_tier": "batch"}}}}),
        ),
        // gpt-4o-mini, 1000 × 0.15 + 100 × 0.6 = 210, and claude-haiku-4-5, 1000 × 1 + 100 × 5 = 1500
        recorded(
            "two models in one run",
            1_710.0,
            json!([
                {"id": "chatcmpl-6", "object": "chat.completion", "model": "gpt-4o-mini-2024-07-18",
                    "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}},
                {"id": "msg_3", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
                    "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
                    "usage": {"input_tokens": 1_000, "output_tokens": 100}}
            ]),
        ),
        // claude-sonnet-4-5 with a prompt of more than 200,000 tokens: 6 in, 22.5 out.
        // 300000 × 6 + 1000 × 22.5
        recorded(
            "Anthropic, with a long prompt",
            1_822_500.0,
            json!({"id": "msg_4", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
                "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 300_000, "output_tokens": 1_000}}),
        ),
        recorded(
            "Ollama on one's own computer",
            0.0,
            json!({"model": "llama3.2", "created_at": "2026-11-15T12:00:00Z", "done": true, "done_reason": "stop",
                "message": {"role": "assistant", "content": "Hi"}, "prompt_eval_count": 26, "eval_count": 9}),
        ),
    ]
}

/// A platform at noon of 15 November 2026, UTC.
fn platform_with(prices: Prices) -> LocalPlatform {
    LocalPlatform::builder()
        .port(0)
        .prices(prices)
        .clock(|| "2026-11-15T12:00:00Z".parse().unwrap())
        .start()
        .unwrap()
}

fn platform() -> LocalPlatform {
    platform_with(Prices::default())
}

fn report(platform: &LocalPlatform, report: &TaskReport) -> TaskRecord {
    let client = Client::new(config(platform.url()).build().unwrap());
    let task = client.report_external_task_blocking(report).unwrap();
    platform.task(&task.id).unwrap().unwrap()
}

fn priced(platform: &LocalPlatform, response: &Value) -> TaskRecord {
    let read = xpander_report::ProviderResponse::read(&response.to_string());
    let tokens = read.and_then(|read| read.tokens);
    let mut run = TaskReport::new().llm_response(response);
    if let Some(tokens) = tokens {
        run = run.tokens(tokens);
    }
    report(platform, &run)
}

/// A chat completion of a model, of 1000 tokens in and 100 out.
fn chat(model: &str) -> Value {
    json!({"id": "c", "object": "chat.completion", "model": model,
           "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
           "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}})
}

fn micros(micros: f64) -> Cost {
    Cost::from_dollars(micros / 1e6)
}

#[test]
fn each_recorded_response_costs_what_its_provider_charges() {
    let platform = platform();
    for Recorded {
        name,
        response,
        micros: expected,
    } in recorded()
    {
        let task = priced(&platform, &response);
        assert_eq!(
            task.cost,
            Some(micros(expected)),
            "{name}: {:?}",
            task.charges
        );
    }
}

#[test]
fn the_sums_are_the_bill() {
    let platform = platform();
    let recorded = recorded();
    for each in &recorded {
        priced(&platform, &each.response);
    }
    let bill: Cost = recorded.iter().map(|each| micros(each.micros)).sum();
    let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
    assert_eq!(metrics.total.cost(), bill);
    assert_eq!(metrics.total.unpriced(), 0);
    let models: Cost = metrics.models.iter().map(|model| model.totals.cost()).sum();
    assert_eq!(models, bill, "each response has one model");
    let agents: Cost = metrics.agents.iter().map(|agent| agent.totals.cost()).sum();
    assert_eq!(agents, bill);
    let summary = platform.summary(&Filter::new()).unwrap();
    assert_eq!((summary.cost, summary.unpriced), (bill, 0));
}

#[test]
fn a_run_of_two_models_is_found_by_each_and_counts_for_each() {
    let platform = platform();
    let two = recorded().into_iter();
    let mut two = two.filter(|each| each.name == "two models in one run");
    let task = priced(&platform, &two.next().unwrap().response);
    let (first, second) = ("gpt-4o-mini-2024-07-18", "claude-haiku-4-5-20251001");
    assert_eq!(task.models, [first, second]);
    for (model, expected) in [(first, 210.0), (second, 1_500.0)] {
        let filter = Filter::new().model(model);
        assert_eq!(platform.summary(&filter).unwrap().tasks.number, 1);
        let searched = filter.search("nothing");
        assert_eq!(platform.summary(&searched).unwrap().tasks.number, 0);
        let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
        let mut models = metrics.models.iter();
        let sums = models.find(|sums| sums.model == model).unwrap();
        assert_eq!(sums.totals.cost(), micros(expected));
        assert_eq!(sums.totals.total_tokens(), 1_100.0);
    }
}

#[test]
fn a_response_with_an_unknown_model_has_no_price_and_neither_has_its_run() {
    let platform = platform();
    let task = priced(&platform, &chat("my-own-7b"));
    assert_eq!((task.cost, &task.charges[0].basis), (None, &Basis::Unknown));
    let task = priced(&platform, &json!([chat("my-own-7b"), chat("gpt-4o-mini")]));
    assert_eq!(task.cost, None);
    assert_eq!(task.charges[1].cost, Some(micros(210.0)));
    priced(&platform, &chat("gpt-4o-mini"));
    let summary = platform.summary(&Filter::new()).unwrap();
    assert_eq!((summary.priced, summary.unpriced), (1, 2));
    assert_eq!(summary.cost, micros(210.0));
    let total = platform.metrics(&MetricsQuery::new()).unwrap().total;
    assert_eq!((total.cost(), total.unpriced()), (micros(210.0), 2));
}

#[test]
fn a_provider_that_only_the_models_name_suggests_is_an_assumption() {
    let platform = platform();
    let assumed = |response: &Value| match &priced(&platform, response).charges[0].basis {
        Basis::List {
            provider, assumed, ..
        } => (provider.clone(), *assumed),
        other => panic!("{other:?}"),
    };
    // vLLM, say.
    assert_eq!(assumed(&chat("gpt-4o")), ("openai".to_owned(), true));
    assert_eq!(
        assumed(&chat("anthropic/claude-haiku-4-5")),
        ("anthropic".to_owned(), true)
    );
    let mut of_openai = chat("gpt-4o");
    of_openai["service_tier"] = "default".into();
    assert_eq!(assumed(&of_openai), ("openai".to_owned(), false));
    let anthropic = json!({"id": "msg_1", "type": "message", "model": "claude-haiku-4-5", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}});
    assert_eq!(assumed(&anthropic), ("anthropic".to_owned(), false));
}

#[test]
fn servers_of_ones_own_cost_nothing_whatever_their_models_are_called() {
    let platform = platform();
    let with = |name: &str, value: Value| {
        let mut response = chat("gpt-4o");
        response[name] = value;
        response
    };
    for (server, response) in [
        ("Ollama", with("system_fingerprint", "fp_ollama".into())),
        (
            "llama.cpp",
            with("timings", json!({"prompt_n": 1_000, "predicted_n": 100})),
        ),
        ("LM Studio", {
            let mut response = with("stats", json!({}));
            response["system_fingerprint"] = "gpt-4o".into();
            response
        }),
        (
            "llama.cpp",
            json!({"content": "Hi", "tokens_predicted": 9, "tokens_evaluated": 26, "stop": true,
            "model": "gpt-4o"}),
        ),
    ] {
        let task = priced(&platform, &response);
        assert_eq!(task.cost, Some(Cost::default()), "{server}");
        let expected = Basis::Local {
            server: server.to_owned(),
        };
        assert_eq!(task.charges[0].basis, expected);
    }
    let embeddings = json!({"model": "nomic-embed-text", "embeddings": [[0.1]], "total_duration": 1,
        "load_duration": 1, "prompt_eval_count": 8});
    let task = priced(&platform, &embeddings);
    assert_eq!(task.cost, Some(Cost::default()));
    assert_eq!(
        task.charges[0].basis,
        Basis::Local {
            server: "Ollama".to_owned()
        }
    );
    // Ollama's cloud is not free.
    let cloud = json!({"model": "gpt-oss:120b-cloud", "created_at": "2026-11-15T12:00:00Z", "done": true,
        "done_reason": "stop", "message": {"role": "assistant", "content": "Hi"}, "prompt_eval_count": 26, "eval_count": 9});
    assert_eq!(priced(&platform, &cloud).cost, None);
}

#[test]
fn prices_of_ones_own_come_before_the_list_but_not_before_what_was_charged() {
    let toml = "['my-own-*']\ninput = 1\noutput = 2\n[gpt-4o]\ninput = 3\noutput = 4\n['llama3.2']\ninput = 5\noutput = 6\n\
                ['x-ai/*']\ninput = 1\noutput = 1";
    let platform = platform_with(Prices::from_toml(toml).unwrap());
    // 1000 × 1 + 100 × 2, and 1000 × 3 + 100 × 4
    for (model, expected) in [("my-own-7b", 1_200.0), ("GPT-4o", 3_400.0)] {
        let task = priced(&platform, &chat(model));
        assert_eq!(task.cost, Some(micros(expected)), "{model}");
        assert_eq!(task.charges[0].basis, Basis::Own);
    }
    let mut local = chat("llama3.2");
    local["system_fingerprint"] = "fp_ollama".into();
    // Electricity, say: 1000 × 5 + 100 × 6
    assert_eq!(priced(&platform, &local).cost, Some(micros(5_600.0)));
    let mut charged = chat("x-ai/grok-4");
    charged["usage"]["cost"] = json!(0.5);
    let task = priced(&platform, &charged);
    assert_eq!(
        (task.cost, &task.charges[0].basis),
        (Some(Cost::from_dollars(0.5)), &Basis::Charged)
    );
}

#[test]
fn a_tier_that_the_list_does_not_have_is_said_to_be_at_the_usual_price() {
    let platform = platform();
    let basis = |model: &str, tier: &str| {
        let mut response = chat(model);
        response["service_tier"] = tier.into();
        let charge = priced(&platform, &response).charges.remove(0);
        let Basis::List { usual, .. } = charge.basis else {
            panic!("{charge:?}");
        };
        (charge.tier, usual)
    };
    let flex = Some("flex".to_owned());
    assert_eq!(basis("gpt-5", "flex"), (flex.clone(), false));
    assert_eq!(basis("gpt-4o", "flex"), (flex, true));
    assert_eq!(basis("gpt-4o", "default"), (None, false));
}

#[test]
fn the_tokens_of_a_run_count_where_its_only_response_does_not_say_what_it_used() {
    let platform = platform();
    let mut response = chat("gpt-4o-mini");
    response.as_object_mut().unwrap().remove("usage");
    let run = TaskReport::new().llm_response(&response);
    let task = report(&platform, &run);
    assert_eq!(
        (task.cost, &task.charges[0].basis),
        (None, &Basis::Unmeasured)
    );
    let task = report(&platform, &run.clone().tokens(Tokens::new(1_000, 100)));
    assert_eq!(task.cost, Some(micros(210.0)));
    // Explicit tokens do not change the cost of a response with usage.
    let run = TaskReport::new().llm_response(chat("gpt-4o-mini"));
    let task = report(&platform, &run.tokens(Tokens::new(5, 5)));
    assert_eq!(task.cost, Some(micros(210.0)));
}

#[test]
fn a_report_again_counts_once_with_its_latest_response() {
    let platform = platform();
    let run = |model: &str| {
        TaskReport::new()
            .id("again")
            .llm_response(chat(model))
            .tokens(Tokens::new(1_000, 100))
    };
    report(&platform, &run("gpt-4o-mini"));
    // gpt-4o: 1000 × 2.5 + 100 × 10
    let task = report(&platform, &run("gpt-4o"));
    assert_eq!(
        (task.cost, task.models),
        (Some(micros(3_500.0)), vec!["gpt-4o".to_owned()])
    );
    // A report without a response keeps the cost.
    let task = report(&platform, &TaskReport::new().id("again").result("done"));
    assert_eq!(task.cost, Some(micros(3_500.0)));
    let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
    assert_eq!(metrics.total.cost(), micros(3_500.0));
    let models: Vec<&str> = metrics
        .models
        .iter()
        .map(|model| model.model.as_str())
        .collect();
    assert_eq!(models, ["gpt-4o"]);
    assert_eq!(
        platform
            .summary(&Filter::new().model("gpt-4o-mini"))
            .unwrap()
            .tasks
            .number,
        0
    );
    platform.delete_task("again").unwrap();
    let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
    assert_eq!(
        (metrics.total.cost(), metrics.models.len()),
        (Cost::default(), 0)
    );
}

#[test]
fn what_failed_before_it_used_anything_costs_nothing_and_lacks_no_price() {
    let platform = platform();
    let error = json!({"error": {"message": "rate limited", "type": "rate_limit_error"}});
    let run = TaskReport::new().is_success(false).llm_response(error);
    let task = report(&platform, &run);
    assert_eq!((task.cost, task.charges.len()), (None, 0));
    assert_eq!(platform.summary(&Filter::new()).unwrap().unpriced, 0);
}

#[test]
fn absurd_usage_does_no_harm() {
    let platform = platform();
    let most = 9_007_199_254_740_991_u64;
    for usage in [
        json!({"prompt_tokens": most, "completion_tokens": most}),
        json!({"prompt_tokens": 1, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": most,
            "audio_tokens": most}, "completion_tokens_details": {"audio_tokens": most, "reasoning_tokens": most}}),
        json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": -1}),
        json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": 1e300}),
        json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": "free"}),
    ] {
        let mut response = chat("gpt-4o-mini");
        response["usage"] = usage;
        let task = priced(&platform, &response);
        assert!(task.cost.is_some(), "{:?}", task.charges);
    }
    let total = platform.metrics(&MetricsQuery::new()).unwrap().total;
    assert!(total.cost() > Cost::default());
}

#[test]
fn hundreds_of_responses_are_gathered_by_model() {
    let platform = platform();
    let lines: Vec<Value> = (0..600)
        .map(|number| {
            let model = if number % 2 == 0 { "gpt-4o-mini" } else { "gpt-4o" };
            json!({"custom_id": number.to_string(), "response": {"status_code": 200, "body": chat(model)}})
        })
        .collect();
    let task = priced(&platform, &Value::from(lines));
    // In a batch gpt-4o-mini is 0.075 in, 0.3 out, and gpt-4o 1.25 in, 5 out: 300 × (105 + 1750)
    assert_eq!(task.cost, Some(micros(556_500.0)));
    let gathered: Vec<u32> = task.charges.iter().map(|charge| charge.responses).collect();
    assert_eq!(gathered, [300, 300]);
}

/// Functions of a library that are instrumented.
mod library {
    use super::*;

    #[external_task(skip(to), reporter = to)]
    pub(super) fn translate(text: &str, to: &Reporter) -> Value {
        let _ = text;
        with_id("translated", chat("gpt-4o-mini"))
    }

    #[external_task(rollup, skip(to), reporter = to)]
    pub(super) fn classify(text: &str, to: &Reporter) -> Value {
        let _ = text;
        with_id("classified", chat("gpt-4o"))
    }

    fn with_id(id: &str, mut response: Value) -> Value {
        response["id"] = id.into();
        response
    }
}

/// A worker's job, which returns a text.
#[external_task(id = "job", skip(to), reporter = to)]
fn job(text: &str, to: &Reporter) -> String {
    let translated = library::translate(text, to);
    library::classify(text, to);
    translated["choices"][0]["message"]["content"].to_string()
}

#[test]
fn a_job_that_calls_two_functions_of_a_library_costs_what_the_providers_charge() {
    let platform = platform();
    let to = reporter(platform.url());
    job("Guten Tag", &to);
    assert!(to.flush_blocking(LONG).is_complete());
    let tasks = platform.tasks().unwrap();
    assert_eq!(tasks.len(), 2, "the rolled-up run is no task: {tasks:#?}");
    let of = |is_job: bool| {
        tasks
            .iter()
            .find(|task| (task.id == "job") == is_job)
            .unwrap()
    };
    let what = |task: &TaskRecord| {
        (
            task.models.clone(),
            task.tokens.unwrap().total_tokens,
            task.cost,
        )
    };
    // gpt-4o-mini: 1000 × 0.15 + 100 × 0.6; gpt-4o: 1000 × 2.5 + 100 × 10
    let expected = (vec!["gpt-4o-mini".to_owned()], 1_100, Some(micros(210.0)));
    assert_eq!(what(of(false)), expected);
    let expected = (vec!["gpt-4o".to_owned()], 1_100, Some(micros(3_500.0)));
    assert_eq!(what(of(true)), expected);
    let total = platform.metrics(&MetricsQuery::new()).unwrap().total;
    assert_eq!(
        (total.cost(), total.total_tokens()),
        (micros(3_710.0), 2_200.0)
    );
}

#[test]
fn what_a_host_takes_for_a_model_that_it_does_not_list_is_not_known() {
    let platform = platform();
    let mut of_groq = chat("deepseek-chat");
    of_groq["x_groq"] = json!({"id": "req_1"});
    assert_eq!(priced(&platform, &of_groq).cost, None);
    let mut of_openrouter = chat("anthropic/claude-haiku-4-5:made-up");
    of_openrouter["id"] = "gen-1".into();
    of_openrouter["provider"] = "Anthropic".into();
    assert_eq!(priced(&platform, &of_openrouter).cost, None);
    // Other servers implement Anthropic's API.
    let kimi = json!({"id": "msg_1", "type": "message", "model": "kimi-k2-turbo-preview", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 1_000, "output_tokens": 100}});
    let Basis::List {
        provider, assumed, ..
    } = priced(&platform, &kimi).charges.remove(0).basis
    else {
        panic!("no price");
    };
    assert_eq!((provider.as_str(), assumed), ("moonshotai", true));
}

#[test]
fn the_date_of_the_price_list_is_that_of_the_version_in_use() {
    // The version of genai-prices, and the day of its publication.
    let (version, published) = ("0.2.1", "2026-10-30");
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(
        lock.contains(&format!("name = \"genai-prices\"\nversion = \"{version}\"")),
        "another version of genai-prices is in use: change the version and the date here, and PRICE_LIST_DATE"
    );
    assert_eq!(PRICE_LIST_DATE, Some(published));
}
