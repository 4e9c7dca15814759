use xpander_report::Shape::{CohereGenerate, CohereV1, CohereV2};

use crate::says::{expect, expect_ordinary, says};

mod v2 {
    use super::*;

    #[test]
    fn text_and_tokens_are_read() {
        expect(
            r#"{
              "id": "c14c80c3", "finish_reason": "COMPLETE",
              "message": {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm."},
                {"type": "text", "text": "Rain today."}],
                "citations": [{"start": 0, "end": 4, "text": "Rain", "sources": []}]},
              "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 418},
                        "tokens": {"input_tokens": 71, "output_tokens": 419}}
            }"#,
            says(CohereV2)
                .id("c14c80c3")
                .result("Rain today.")
                .tokens(71, 419)
                .finish("COMPLETE"),
        );
    }

    #[test]
    fn cached_tokens_are_read() {
        expect(
            r#"{
              "id": "85c3", "message": {"role": "assistant",
                "content": [{"type": "text", "text": "Rain."}]},
              "finish_reason": "COMPLETE",
              "usage": {"billed_units": {"input_tokens": 262, "output_tokens": 59},
                "tokens": {"input_tokens": 499, "output_tokens": 59, "image_tokens": 259},
                "cached_tokens": 480}
            }"#,
            says(CohereV2)
                .id("85c3")
                .result("Rain.")
                .cached(499, 59, 480, 0)
                .finish("COMPLETE"),
        );
    }

    #[test]
    fn calls_are_read_and_the_plan_is_no_text() {
        expect(
            r#"{
              "id": "9e5f", "finish_reason": "TOOL_CALL",
              "message": {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [
                {"id": "a", "type": "function",
                 "function": {"name": "sales", "arguments": "{}"}},
                {"id": "b", "type": "function",
                 "function": {"name": "catalog", "arguments": "{}"}}]},
              "usage": {"billed_units": {"input_tokens": 127, "output_tokens": 69}}
            }"#,
            says(CohereV2)
                .id("9e5f")
                .tokens(127, 69)
                .tools(&["sales", "catalog"])
                .finish("TOOL_CALL"),
        );
    }

    #[test]
    fn an_error_or_a_timeout_is_a_failure() {
        for (reason, failure) in [
            ("ERROR", "the answer failed"),
            ("ERROR_LIMIT", "the answer failed (ERROR_LIMIT)"),
            (
                "ERROR_TOXIC",
                "the provider blocked the answer (ERROR_TOXIC)",
            ),
            ("TIMEOUT", "the answer failed (TIMEOUT)"),
        ] {
            expect(
                &format!(
                    r#"{{"id": "c", "finish_reason": "{reason}",
                         "message": {{"role": "assistant", "content": []}},
                         "usage": {{"tokens": {{"input_tokens": 3, "output_tokens": 0}}}}}}"#
                ),
                says(CohereV2)
                    .id("c")
                    .tokens(3, 0)
                    .finish(reason)
                    .failure(failure),
            );
        }
    }
}

mod v1 {
    use super::*;

    #[test]
    fn text_calls_and_tokens_are_read() {
        expect(
            r#"{
              "response_id": "04ff", "generation_id": "5cd6", "text": "I will look.",
              "chat_history": [{"role": "USER", "message": "Rain?"}],
              "finish_reason": "COMPLETE",
              "meta": {"api_version": {"version": "1"},
                "billed_units": {"input_tokens": 127, "output_tokens": 69},
                "tokens": {"input_tokens": 1032, "output_tokens": 124}},
              "tool_calls": [{"name": "get_weather", "parameters": {"city": "Lima"}}]
            }"#,
            says(CohereV1)
                .id("04ff")
                .result("I will look.")
                .tokens(1032, 124)
                .tools(&["get_weather"])
                .finish("COMPLETE"),
        );
    }

    #[test]
    fn the_first_of_them_give_no_reason() {
        expect(
            r#"{"text": "Rain.", "generation_id": "3fa8",
                "meta": {"api_version": {"version": "1"},
                         "billed_units": {"input_tokens": 81, "output_tokens": 258}}}"#,
            says(CohereV1).result("Rain.").tokens(81, 258),
        );
    }

    #[test]
    fn through_bedrock_it_has_no_tokens() {
        expect(
            r#"{"response_id": "379e", "generation_id": "2d74", "text": "Rain.",
                "chat_history": [], "finish_reason": "MAX_TOKENS"}"#,
            says(CohereV1)
                .id("379e")
                .result("Rain.")
                .finish("MAX_TOKENS"),
        );
    }
}

mod generate {
    use super::*;

    #[test]
    fn the_first_generation_is_read() {
        expect(
            r#"{
              "id": "6afa", "prompt": "Rain?",
              "generations": [
                {"id": "8e6d", "text": " Yes.", "finish_reason": "COMPLETE"},
                {"id": "8e6e", "text": " No.", "finish_reason": "ERROR_TOXIC"}],
              "meta": {"api_version": {"version": "1"},
                "billed_units": {"input_tokens": 8, "output_tokens": 37}}
            }"#,
            says(CohereGenerate)
                .id("6afa")
                .result(" Yes.")
                .tokens(8, 37)
                .finish("COMPLETE"),
        );
    }

    #[test]
    fn what_was_toxic_is_a_failure() {
        expect(
            r#"{"id": "6afb", "prompt": "?", "generations": [{"id": "8", "text": "",
                "finish_reason": "ERROR_TOXIC"}]}"#,
            says(CohereGenerate)
                .id("6afb")
                .finish("ERROR_TOXIC")
                .failure("the provider blocked the answer (ERROR_TOXIC)"),
        );
    }

    #[test]
    fn the_generations_of_a_family_are_none() {
        expect_ordinary(r#"{"family": "Smith", "generations": [{"text": "John", "year": 1900}]}"#);
    }
}
