use xpander_report::Shape::OpenAiCompletions;

use crate::says::{expect, expect_ordinary, says};

#[test]
fn text_and_tokens_are_read() {
    expect(
        r#"{
          "id": "cmpl-1", "object": "text_completion", "created": 1589478378,
          "model": "gpt-3.5-turbo-instruct", "system_fingerprint": "fp_1",
          "choices": [
            {"text": "\n\nRain today", "index": 0, "logprobs": null, "finish_reason": "length"},
            {"text": "Sun", "index": 1, "logprobs": null, "finish_reason": "stop"}
          ],
          "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
        }"#,
        says(OpenAiCompletions)
            .id("cmpl-1")
            .model("gpt-3.5-turbo-instruct")
            .result("\n\nRain today")
            .tokens(5, 7)
            .finish("length"),
    );
}

#[test]
fn a_server_may_leave_out_what_is_not_the_text() {
    expect(
        r#"{"choices": [{"text": "Rain.", "log_probs": null}], "model": "palmyra-x4"}"#,
        says(OpenAiCompletions).model("palmyra-x4").result("Rain."),
    );
    expect(
        r#"{"object": "text_completion", "choices": [],
            "usage": {"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}}"#,
        says(OpenAiCompletions).tokens(5, 0),
    );
}

#[test]
fn deepseek_through_bedrock_spells_the_reason_as_bedrock_does() {
    expect(
        r#"{"choices": [{"text": "Rain.", "stop_reason": "length"}]}"#,
        says(OpenAiCompletions).result("Rain.").finish("length"),
    );
}

#[test]
fn a_filtered_text_is_a_failure() {
    expect(
        r#"{"id": "cmpl-2", "object": "text_completion", "model": "m",
            "choices": [{"text": "", "index": 0, "finish_reason": "content_filter"}],
            "usage": {"prompt_tokens": 5, "total_tokens": 5}}"#,
        says(OpenAiCompletions)
            .id("cmpl-2")
            .model("m")
            .tokens(5, 0)
            .finish("content_filter")
            .failure("the provider blocked the answer (content_filter)"),
    );
}

#[test]
fn the_choices_of_a_quiz_are_none() {
    expect_ordinary(r#"{"question": "2+2", "choices": [{"text": "4", "correct": true}]}"#);
}
