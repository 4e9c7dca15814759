mod azure;
mod camel_case;
mod deepseek;
mod gemini;
mod groq;
mod jamba;
mod mistral;
mod openrouter;
mod perplexity;
mod snowflake;
mod together;
mod vllm;
mod watsonx;
mod xai;

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
