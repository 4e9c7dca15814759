use xpander_report::Shape::OpenAiChat;

use crate::says::{expect, says};

#[test]
fn text_and_tokens_are_read() {
    expect(
        r#"{
          "id": "chatcmpl-B9MB", "object": "chat.completion", "created": 1741569952,
          "model": "gpt-5.4",
          "choices": [{
            "index": 0,
            "message": {
              "role": "assistant", "content": "Rain today.", "refusal": null, "annotations": []
            },
            "logprobs": null,
            "finish_reason": "stop"
          }],
          "usage": {
            "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
              "reasoning_tokens": 0, "audio_tokens": 0,
              "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0
            }
          },
          "service_tier": "default"
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-B9MB")
            .model("gpt-5.4")
            .result("Rain today.")
            .tokens(19, 10)
            .finish("stop"),
    );
}

#[test]
fn cached_tokens_are_read_and_reasoning_is_inside_the_completion() {
    expect(
        r#"{
          "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-5.4",
          "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"},
                       "finish_reason": "stop"}],
          "usage": {
            "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 64},
            "completion_tokens_details": {"reasoning_tokens": 256}
          }
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-1")
            .model("gpt-5.4")
            .result("4")
            .cached(2006, 300, 1920, 64)
            .finish("stop"),
    );
}

#[test]
fn each_call_of_a_tool_is_read_also_of_custom_tools() {
    expect(
        r#"{
          "id": "chatcmpl-2", "object": "chat.completion", "model": "gpt-5.4",
          "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": null, "tool_calls": [
              {"id": "call_1", "type": "function",
               "function": {"name": "get_weather", "arguments": "{\"city\": \"Lima\"}"}},
              {"id": "call_2", "type": "function",
               "function": {"name": "get_weather", "arguments": "{\"city\": \"Oslo\"}"}},
              {"id": "call_3", "type": "custom",
               "custom": {"name": "calculate", "input": "4 + 4"}}
            ]},
            "logprobs": null, "finish_reason": "tool_calls"
          }],
          "usage": {"prompt_tokens": 82, "completion_tokens": 17, "total_tokens": 99}
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-2")
            .model("gpt-5.4")
            .tokens(82, 17)
            .tools(&["get_weather", "get_weather", "calculate"])
            .finish("tool_calls"),
    );
}

#[test]
fn the_function_of_the_first_models_is_a_tool() {
    expect(
        r#"{
          "id": "chatcmpl-3", "object": "chat.completion", "model": "gpt-3.5-turbo-0613",
          "choices": [{"index": 0, "message": {"role": "assistant", "content": null,
            "function_call": {"name": "get_weather", "arguments": "{}"}},
            "finish_reason": "function_call"}],
          "usage": {"prompt_tokens": 81, "completion_tokens": 17, "total_tokens": 98}
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-3")
            .model("gpt-3.5-turbo-0613")
            .tokens(81, 17)
            .tools(&["get_weather"])
            .finish("function_call"),
    );
}

#[test]
fn a_refusal_is_a_failure_with_the_models_words() {
    expect(
        r#"{
          "id": "chatcmpl-4", "object": "chat.completion", "model": "gpt-5.4",
          "choices": [{"index": 0, "message": {"role": "assistant", "content": null,
            "refusal": "I'm sorry, I cannot assist with that request."},
            "finish_reason": "stop"}],
          "usage": {"prompt_tokens": 81, "completion_tokens": 11, "total_tokens": 92}
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-4")
            .model("gpt-5.4")
            .tokens(81, 11)
            .finish("stop")
            .failure("the model refused: I'm sorry, I cannot assist with that request."),
    );
}

#[test]
fn what_was_said_aloud_is_the_text() {
    expect(
        r#"{
          "id": "chatcmpl-5", "object": "chat.completion", "model": "gpt-audio",
          "choices": [{"index": 0, "message": {"role": "assistant", "content": null,
            "refusal": null, "audio": {"id": "audio_1", "data": "UklGRg==",
            "expires_at": 1729018505, "transcript": "Rain today."}},
            "finish_reason": "stop"}],
          "usage": {"prompt_tokens": 17, "completion_tokens": 68, "total_tokens": 85,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 50}}
        }"#,
        says(OpenAiChat)
            .id("chatcmpl-5")
            .model("gpt-audio")
            .result("Rain today.")
            .tokens(17, 68)
            .finish("stop"),
    );
}

#[test]
fn an_answer_that_was_cut_is_no_failure() {
    expect(
        r#"{"id": "c", "object": "chat.completion", "model": "gpt-5.4",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain to"},
                         "finish_reason": "length"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}"#,
        says(OpenAiChat)
            .id("c")
            .model("gpt-5.4")
            .result("Rain to")
            .tokens(9, 3)
            .finish("length"),
    );
}

#[test]
fn of_several_choices_the_first_is_read() {
    expect(
        r#"{"id": "c", "object": "chat.completion", "model": "gpt-5.4",
            "choices": [
              {"index": 0, "message": {"role": "assistant", "content": "Rain."},
               "finish_reason": "stop"},
              {"index": 1, "message": {"role": "assistant", "content": "Sun.",
               "refusal": "No.", "tool_calls": [{"function": {"name": "look"}}]},
               "finish_reason": "content_filter"}
            ],
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}}"#,
        says(OpenAiChat)
            .id("c")
            .model("gpt-5.4")
            .result("Rain.")
            .tokens(9, 4)
            .finish("stop"),
    );
}

#[test]
fn a_chunk_of_a_stream_is_read_like_a_response() {
    expect(
        r#"{"id": "chatcmpl-6", "object": "chat.completion.chunk", "created": 1694268190,
            "model": "gpt-5.4", "system_fingerprint": "fp_1",
            "choices": [{"index": 0, "delta": {"content": "Rain"}, "logprobs": null,
                         "finish_reason": null}]}"#,
        says(OpenAiChat)
            .id("chatcmpl-6")
            .model("gpt-5.4")
            .result("Rain"),
    );
    expect(
        r#"{"id": "chatcmpl-6", "object": "chat.completion.chunk", "model": "gpt-5.4",
            "choices": [],
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}}"#,
        says(OpenAiChat)
            .id("chatcmpl-6")
            .model("gpt-5.4")
            .tokens(9, 4),
    );
}

mod azure {
    use super::*;

    #[test]
    fn what_its_filters_say_of_a_good_answer_is_not_read() {
        expect(
            r#"{
              "choices": [{
                "content_filter_results": {
                  "hate": {"filtered": false, "severity": "safe"},
                  "protected_material_code": {"filtered": false, "detected": false}
                },
                "finish_reason": "stop", "index": 0, "logprobs": null,
                "message": {"annotations": [], "content": "Rain today.", "refusal": null,
                            "role": "assistant"}
              }],
              "created": 1748000000, "id": "chatcmpl-7", "model": "gpt-4.1-2025-04-14",
              "object": "chat.completion",
              "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {
                "jailbreak": {"filtered": false, "detected": false}}}],
              "usage": {"completion_tokens": 9, "prompt_tokens": 8, "total_tokens": 17}
            }"#,
            says(OpenAiChat)
                .id("chatcmpl-7")
                .model("gpt-4.1-2025-04-14")
                .result("Rain today.")
                .tokens(8, 9)
                .finish("stop"),
        );
    }

    #[test]
    fn a_filtered_answer_is_a_failure_with_what_there_is_of_it() {
        expect(
            r#"{
              "choices": [{
                "content_filter_results": {"violence": {"filtered": true, "severity": "high"}},
                "finish_reason": "content_filter", "index": 0,
                "message": {"content": "First,", "role": "assistant"}
              }],
              "id": "chatcmpl-8", "model": "gpt-4.1", "object": "chat.completion",
              "usage": {"completion_tokens": 2, "prompt_tokens": 8, "total_tokens": 10}
            }"#,
            says(OpenAiChat)
                .id("chatcmpl-8")
                .model("gpt-4.1")
                .result("First,")
                .tokens(8, 2)
                .finish("content_filter")
                .failure("the provider blocked the answer (content_filter)"),
        );
    }

    #[test]
    fn an_answer_on_your_data_is_the_last_of_its_messages() {
        expect(
            r#"{
              "id": "r1", "model": "", "created": 1684304924, "object": "chat.completion",
              "choices": [{"index": 0, "messages": [
                {"role": "tool", "content": "{\"citations\": []}", "end_turn": false},
                {"role": "assistant", "content": "Rain today.", "end_turn": true}
              ]}],
              "usage": {"prompt_tokens": 55, "completion_tokens": 100, "total_tokens": 155}
            }"#,
            says(OpenAiChat)
                .id("r1")
                .result("Rain today.")
                .tokens(55, 100),
        );
    }
}

mod groq {
    use super::*;

    #[test]
    fn the_tools_that_it_ran_itself_are_read() {
        expect(
            r#"{
              "id": "chatcmpl-9", "object": "chat.completion", "model": "groq/compound",
              "choices": [{"index": 0, "message": {
                "role": "assistant", "content": "Rain today.",
                "reasoning": "<tool>search(weather)</tool>",
                "executed_tools": [
                  {"index": 0, "type": "search", "arguments": "{\"query\": \"weather\"}",
                   "output": "Title: Weather", "search_results": {"results": []}},
                  {"index": 1, "type": "python", "arguments": "{\"code\": \"1\"}", "output": "1"}
                ]},
                "logprobs": null, "finish_reason": "stop"}],
              "usage": {"queue_time": 0.14, "prompt_tokens": 3151, "prompt_time": 0.1,
                "completion_tokens": 641, "completion_time": 1.5, "total_tokens": 3792,
                "total_time": 1.6},
              "usage_breakdown": {"models": [{"model": "openai/gpt-oss-120b",
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}]},
              "system_fingerprint": null, "x_groq": {"id": "req_1"}, "service_tier": "on_demand"
            }"#,
            says(OpenAiChat)
                .id("chatcmpl-9")
                .model("groq/compound")
                .result("Rain today.")
                .tokens(3151, 641)
                .tools(&["search", "python"])
                .finish("stop"),
        );
    }
}

mod deepseek {
    use super::*;

    #[test]
    fn hits_of_the_cache_are_read_and_reasoning_is_no_text() {
        expect(
            r#"{
              "id": "930c60df", "object": "chat.completion", "created": 1705651092,
              "model": "deepseek-reasoner",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain today.",
                "reasoning_content": "Let me think."}, "logprobs": null,
                "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 163, "completion_tokens": 110, "total_tokens": 273,
                "prompt_cache_hit_tokens": 128, "prompt_cache_miss_tokens": 35,
                "completion_tokens_details": {"reasoning_tokens": 98}},
              "system_fingerprint": "fp_a49d71b8a1"
            }"#,
            says(OpenAiChat)
                .id("930c60df")
                .model("deepseek-reasoner")
                .result("Rain today.")
                .cached(163, 110, 128, 0)
                .finish("stop"),
        );
    }
}

mod xai {
    use super::*;

    #[test]
    fn reasoning_that_is_only_in_the_total_is_completion() {
        expect(
            r#"{
              "id": "0daf962f", "object": "chat.completion", "model": "grok-4",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "101 * 3 = 303",
                "reasoning_content": "Easy.", "refusal": null}, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 37, "completion_tokens": 11, "total_tokens": 234,
                "prompt_tokens_details": {"text_tokens": 37, "audio_tokens": 0,
                  "image_tokens": 0, "cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 186, "audio_tokens": 0,
                  "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
                "num_sources_used": 0},
              "system_fingerprint": "fp_1"
            }"#,
            says(OpenAiChat)
                .id("0daf962f")
                .model("grok-4")
                .result("101 * 3 = 303")
                .cached(37, 197, 8, 0)
                .finish("stop"),
        );
    }
}

mod openrouter {
    use super::*;

    #[test]
    fn nulls_stand_for_absent_fields() {
        expect(
            r#"{
              "id": "gen-1", "provider": "Google", "model": "google/gemini-3", "created": 1,
              "object": "chat.completion", "system_fingerprint": null,
              "choices": [{"logprobs": null, "finish_reason": "stop",
                "native_finish_reason": "STOP", "index": 0, "error": null,
                "message": {"role": "assistant", "content": "Rain today.", "refusal": null,
                  "reasoning": "Hm.", "tool_calls": null,
                  "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}}],
              "usage": {"prompt_tokens": 13, "completion_tokens": 11, "total_tokens": 24,
                "cost": 0.0001, "is_byok": false,
                "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 4}}
            }"#,
            says(OpenAiChat)
                .id("gen-1")
                .model("google/gemini-3")
                .result("Rain today.")
                .cached(13, 11, 3, 5)
                .finish("stop"),
        );
    }

    #[test]
    fn an_error_in_a_choice_is_a_failure_with_its_cause() {
        expect(
            r#"{
              "id": "gen-2", "model": "m", "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "error",
                "message": {"role": "assistant", "content": ""},
                "error": {"code": 502, "message": "Provider returned error",
                  "metadata": {"provider_name": "Nebius", "raw": "Malformed function call"}}}],
              "usage": {"prompt_tokens": 13, "completion_tokens": 0, "total_tokens": 13}
            }"#,
            says(OpenAiChat)
                .id("gen-2")
                .model("m")
                .tokens(13, 0)
                .finish("error")
                .failure(
                    "the provider answered with an error (502): Provider returned error: \
                     Malformed function call",
                ),
        );
    }

    #[test]
    fn an_error_beside_the_choices_is_a_failure_whatever_the_status() {
        expect(
            r#"{
              "id": "gen-3", "model": "m", "object": "chat.completion", "choices": [],
              "error": {"code": "rate_limit_exceeded", "message": "Too many requests"}
            }"#,
            says(OpenAiChat).id("gen-3").model("m").failure(
                "the provider answered with an error (rate_limit_exceeded): Too many requests",
            ),
        );
    }

    #[test]
    fn an_answer_that_ends_with_an_error_is_a_failure() {
        expect(
            r#"{"id": "gen-4", "object": "chat.completion", "choices": [{"index": 0,
                "message": {"role": "assistant", "content": "Rain"}, "finish_reason": "error"}]}"#,
            says(OpenAiChat)
                .id("gen-4")
                .result("Rain")
                .finish("error")
                .failure("the answer failed"),
        );
    }
}

mod together {
    use super::*;

    #[test]
    fn its_seeds_and_empty_lists_are_not_read() {
        expect(
            r#"{
              "id": "9f5", "object": "chat.completion", "created": 1, "prompt": [],
              "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
              "choices": [{"finish_reason": "stop", "seed": 12339535536277766000,
                "logprobs": null, "index": 0,
                "message": {"role": "assistant", "content": "Rain today.", "tool_calls": []}}],
              "usage": {"prompt_tokens": 46, "completion_tokens": 45, "total_tokens": 91,
                        "cached_tokens": 32}
            }"#,
            says(OpenAiChat)
                .id("9f5")
                .model("meta-llama/Llama-3.3-70B-Instruct-Turbo")
                .result("Rain today.")
                .cached(46, 45, 32, 0)
                .finish("stop"),
        );
    }
}

mod mistral {
    use super::*;

    #[test]
    fn thinking_parts_are_no_text() {
        expect(
            r#"{
              "id": "0a6e", "created": 1784566716, "model": "magistral-medium-latest",
              "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "stop", "message": {
                "role": "assistant", "tool_calls": null, "content": [
                  {"type": "thinking", "closed": true,
                   "thinking": [{"type": "text", "text": "2 and 2."}]},
                  {"type": "text", "text": "It is "},
                  {"type": "text", "text": "4."}
                ]}}],
              "usage": {"prompt_tokens": 10, "total_tokens": 73, "completion_tokens": 63,
                        "num_cached_tokens": 5}
            }"#,
            says(OpenAiChat)
                .id("0a6e")
                .model("magistral-medium-latest")
                .result("It is 4.")
                .cached(10, 63, 5, 0)
                .finish("stop"),
        );
    }

    #[test]
    fn what_it_heard_is_prompt_though_only_the_total_has_it() {
        expect(
            r#"{
              "id": "0a6f", "model": "voxtral-small-latest", "object": "chat.completion",
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "A song."}}],
              "usage": {"prompt_audio_seconds": 4, "prompt_tokens": 9, "total_tokens": 585,
                "completion_tokens": 201,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 375}}
            }"#,
            says(OpenAiChat)
                .id("0a6f")
                .model("voxtral-small-latest")
                .result("A song.")
                .tokens(384, 201)
                .finish("stop"),
        );
    }
}

mod vllm {
    use super::*;

    #[test]
    fn its_own_fields_are_not_read() {
        expect(
            r#"{
              "id": "chatcmpl-10", "object": "chat.completion", "created": 1,
              "model": "Qwen/Qwen3-8B",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain.",
                "reasoning_content": null, "reasoning": null, "refusal": null, "audio": null,
                "annotations": null, "function_call": null, "tool_calls": []},
                "logprobs": null, "finish_reason": "stop", "stop_reason": 151645,
                "token_ids": null}],
              "usage": {"prompt_tokens": 15, "total_tokens": 18, "completion_tokens": 3,
                        "prompt_tokens_details": null},
              "prompt_logprobs": null, "kv_transfer_params": null, "service_tier": null
            }"#,
            says(OpenAiChat)
                .id("chatcmpl-10")
                .model("Qwen/Qwen3-8B")
                .result("Rain.")
                .tokens(15, 3)
                .finish("stop"),
        );
    }

    #[test]
    fn details_of_the_prompt_are_read_also_where_they_are_spelled_as_one() {
        expect(
            r#"{"object": "chat.completion", "model": "m",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"},
                             "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 15, "total_tokens": 18, "completion_tokens": 3,
                          "prompt_token_details": {"cached_tokens": 12}}}"#,
            says(OpenAiChat)
                .model("m")
                .result("Hi")
                .cached(15, 3, 12, 0)
                .finish("stop"),
        );
    }
}

mod perplexity {
    use super::*;

    #[test]
    fn what_its_search_costs_is_completion() {
        expect(
            r#"{
              "id": "66f3900f", "model": "sonar-deep-research", "created": 1,
              "object": "chat.completion",
              "usage": {"prompt_tokens": 33, "completion_tokens": 7163, "total_tokens": 7196,
                "search_context_size": "low", "citation_tokens": 20016,
                "num_search_queries": 18, "reasoning_tokens": 73997,
                "cost": {"total_cost": 0.3}},
              "citations": ["https://example.com"],
              "search_results": [{"title": "T", "url": "https://example.com"}],
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Rain[1]."},
                "delta": {"role": "assistant", "content": ""}}]
            }"#,
            says(OpenAiChat)
                .id("66f3900f")
                .model("sonar-deep-research")
                .result("Rain[1].")
                .tokens(33, 101_176)
                .finish("stop"),
        );
    }
}

mod gemini {
    use super::*;

    #[test]
    fn thoughts_that_are_only_in_the_total_are_completion() {
        expect(
            r#"{
              "choices": [{"finish_reason": "stop", "index": 0,
                "message": {"content": "Noon.", "role": "assistant",
                  "extra_content": {"google": {"thought_signature": "AVSo"}}}}],
              "created": 1748902365, "id": "3iE", "model": "gemini-2.5-pro",
              "object": "chat.completion",
              "usage": {"completion_tokens": 12, "prompt_tokens": 35, "total_tokens": 109}
            }"#,
            says(OpenAiChat)
                .id("3iE")
                .model("gemini-2.5-pro")
                .result("Noon.")
                .tokens(35, 74)
                .finish("stop"),
        );
    }
}

mod watsonx {
    use super::*;

    #[test]
    fn the_models_id_is_the_model() {
        expect(
            r#"{
              "id": "chatcmpl-11", "object": "chat.completion", "created": 1,
              "created_at": "2026-01-01T10:00:00.000Z", "model_version": "1.1.0",
              "model_id": "ibm/granite-3-8b-instruct",
              "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Rain."}}],
              "usage": {"completion_tokens": 3, "prompt_tokens": 59, "total_tokens": 62}
            }"#,
            says(OpenAiChat)
                .id("chatcmpl-11")
                .model("ibm/granite-3-8b-instruct")
                .result("Rain.")
                .tokens(59, 3)
                .finish("stop"),
        );
    }
}

mod jamba {
    use super::*;

    #[test]
    fn it_has_no_object_and_no_model() {
        expect(
            r#"{
              "id": "chat-1",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "Rain.",
                "tool_calls": null}, "logprobs": null, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 23, "completion_tokens": 12, "total_tokens": 35},
              "meta": {"requestDurationMillis": 420}
            }"#,
            says(OpenAiChat)
                .id("chat-1")
                .result("Rain.")
                .tokens(23, 12)
                .finish("stop"),
        );
    }
}

mod snowflake {
    use super::*;

    #[test]
    fn its_messages_may_be_one_text() {
        expect(
            r#"{"choices": [{"messages": " Rain today."}], "created": 1708536426,
                "model": "llama3.1-70b",
                "usage": {"prompt_tokens": 25, "completion_tokens": 95, "total_tokens": 120}}"#,
            says(OpenAiChat)
                .model("llama3.1-70b")
                .result(" Rain today.")
                .tokens(25, 95),
        );
    }

    #[test]
    fn empty_strings_stand_for_absent_fields() {
        expect(
            r#"{
              "choices": [{"finish_reason": "", "index": 0,
                "message": {"audio": {"data": "", "id": "", "transcript": ""}, "content": "4",
                  "function_call": {"arguments": "", "name": ""}, "refusal": "",
                  "role": "assistant", "tool_calls": null}}],
              "created": 1783468047, "id": "", "model": "claude-sonnet-4-6",
              "object": "chat.completion",
              "usage": {"completion_tokens": 5, "prompt_tokens": 22, "total_tokens": 27}
            }"#,
            says(OpenAiChat)
                .model("claude-sonnet-4-6")
                .result("4")
                .tokens(22, 5),
        );
    }
}

mod camel_case {
    use super::*;

    #[test]
    fn names_in_camel_case_are_read_as_well() {
        expect(
            r#"{"choices": [{"message": {"role": "assistant", "content": "Rain.",
                "toolCalls": [{"function": {"name": "look"}}]}, "finishReason": "stop"}],
                "usage": {"promptTokens": 5, "completionTokens": 1, "totalTokens": 6}}"#,
            says(OpenAiChat)
                .result("Rain.")
                .tokens(5, 1)
                .tools(&["look"])
                .finish("stop"),
        );
    }
}
