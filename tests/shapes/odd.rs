//! Odd JSON that no provider should send and some do.

use xpander_report::Shape::{AnthropicMessages, OpenAiChat};

use crate::says::{Says, expect, read, says};

const CHAT: &str = r#"{"choices": [{"message": {"content": "Rain."}}]}"#;

fn chat() -> Says {
    says(OpenAiChat).result("Rain.")
}

fn usage(usage: &str) -> Option<Says> {
    read(&format!(
        r#"{{"choices": [{{"message": {{"content": "Rain."}}}}], "usage": {usage}}}"#
    ))
}

#[test]
fn nothing_is_needed_but_the_message() {
    expect(CHAT, chat());
}

#[test]
fn nulls_and_empty_strings_are_as_good_as_nothing() {
    expect(
        r#"{"id": null, "object": null, "model": "", "usage": null, "error": null, "choices": [
            {"index": null, "finish_reason": "", "error": "", "message": {"content": "Rain.",
             "refusal": "", "tool_calls": null, "function_call": null, "executed_tools": null}}]}"#,
        chat(),
    );
    expect(
        r#"{"choices": [{"message": {"content": null, "tool_calls": [
            null, {"function": null}, {"function": {"name": null}}, {"function": {"name": ""}},
            {"function": "f"}, 1, "f", []]}}]}"#,
        says(OpenAiChat),
    );
}

#[test]
fn values_of_other_types_are_as_good_as_nothing() {
    expect(
        r#"{"id": 7, "model": ["m"], "usage": [1], "choices": [{"finish_reason": 1,
            "message": {"content": {"a": 1}, "tool_calls": "f", "refusal": true}}]}"#,
        says(OpenAiChat),
    );
}

#[test]
fn a_text_of_spaces_is_a_text() {
    expect(
        r#"{"choices": [{"message": {"content": "\n ", "tool_calls": [
            {"function": {"name": "look"}}]}}]}"#,
        says(OpenAiChat).result("\n ").tools(&["look"]),
    );
}

#[test]
fn the_order_of_keys_and_what_is_unknown_do_not_matter() {
    expect(
        r#"{"usage": {"unknown": [[]], "completion_tokens": 2, "prompt_tokens": 1},
            "of_the_future": {"choices": [{"message": {"content": "Sun."}}]},
            "choices": [{"message": {"deep": {"content": "Sun."}, "content": "Rain."}}],
            "model": "m", "object": "chat.completion"}"#,
        chat().model("m").tokens(1, 2),
    );
}

#[test]
fn of_keys_that_stand_twice_the_last_is_read() {
    assert_eq!(
        read(
            r#"{"model": "a", "model": "b", "choices": [], "choices": [{"message":
                {"content": "Sun."}, "message": {"content": "Sun.", "content": "Rain."}}]}"#
        ),
        Some(chat().model("b"))
    );
}

#[test]
fn keys_may_be_escaped() {
    assert_eq!(
        read(r#"{"ch\u006fices": [{"m\u0065ssage": {"content": "Rain."}}]}"#),
        Some(chat())
    );
}

#[test]
fn no_choices_are_a_response_only_by_name() {
    expect(
        r#"{"object": "chat.completion", "choices": [], "model": "m"}"#,
        says(OpenAiChat).model("m"),
    );
    assert_eq!(read(r#"{"choices": []}"#), None);
}

#[test]
fn counts_may_be_floats_and_strings() {
    for (count, read) in [
        ("7", 7),
        ("7.0", 7),
        ("6.6", 7),
        ("7e0", 7),
        (r#""7""#, 7),
        ("9007199254740991", 9_007_199_254_740_991),
    ] {
        assert_eq!(
            usage(&format!(
                r#"{{"prompt_tokens": {count}, "completion_tokens": 0}}"#
            )),
            Some(chat().tokens(read, 0)),
            "{count}"
        );
    }
}

#[test]
fn what_cannot_be_a_count_is_none() {
    for count in [
        "-1",
        "1e300",
        "-1e300",
        "18446744073709551615",
        r#""""#,
        r#""-1""#,
        r#""7.5""#,
        r#""many""#,
        "null",
        "true",
        "[7]",
        "{}",
    ] {
        assert_eq!(
            usage(&format!(
                r#"{{"prompt_tokens": {count}, "completion_tokens": {count},
                     "total_tokens": {count}}}"#
            )),
            Some(chat()),
            "{count}"
        );
        assert_eq!(
            usage(&format!(
                r#"{{"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": {count},
                     "prompt_tokens_details": {{"cached_tokens": {count}}},
                     "completion_tokens_details": {{"reasoning_tokens": {count}}}}}"#
            )),
            Some(chat().tokens(1, 2)),
            "{count}"
        );
    }
}

#[test]
fn a_total_that_is_less_than_its_parts_changes_nothing() {
    assert_eq!(
        usage(r#"{"prompt_tokens": 8, "completion_tokens": 5, "total_tokens": 0}"#),
        Some(chat().tokens(8, 5))
    );
}

#[test]
fn half_a_character_is_replaced() {
    for escape in [
        r"\ud83d",
        r"\uD83D",
        r"\ude00",
        r"\ud83d\ud83d\ude00",
        r"\ud83dx",
    ] {
        let text = match escape {
            r"\ud83d\ud83d\ude00" => "Rain \u{fffd}😀",
            r"\ud83dx" => "Rain \u{fffd}x",
            _ => "Rain \u{fffd}",
        };
        assert_eq!(
            read(&format!(
                r#"{{"choices": [{{"message": {{"content": "Rain {escape}"}}}}]}}"#
            )),
            Some(says(OpenAiChat).result(text)),
            "{escape}"
        );
    }
}

#[test]
fn what_only_looks_like_half_a_character_is_kept() {
    assert_eq!(
        read(r#"{"choices": [{"message": {"content": "\\ud83d \ud83d\ude00 é\n\ud83d"}}]}"#),
        Some(says(OpenAiChat).result("\\ud83d 😀 é\n\u{fffd}"))
    );
    assert_eq!(
        read(r#"{"unread\ud83d": "\ud83d", "choices": [{"message": {"content": "Rain."}}]}"#),
        Some(chat())
    );
    for broken in [
        r#"{"a": "\ud83"#,
        r#"{"a": "\u"#,
        "\\",
        r#"{"a": "\é\ud83d""#,
    ] {
        assert_eq!(read(broken), None, "{broken}");
    }
}

#[test]
fn a_byte_order_mark_and_spaces_may_stand_before_it() {
    for before in ["\u{feff}", " \n\t\r", "\u{feff}\n"] {
        assert_eq!(read(&format!("{before}{CHAT}")), Some(chat()));
    }
    assert_eq!(read(&format!("{CHAT} \n")), Some(chat()));
}

#[test]
fn what_stands_after_it_is_not_json() {
    for after in ["x", "}", "{}", ",", "\0", CHAT] {
        assert_eq!(read(&format!("{CHAT}{after}")), None, "{after}");
    }
}

#[test]
fn what_is_not_json_is_none() {
    for json in [
        "",
        " ",
        "\u{feff}",
        "data: {}",
        "{",
        r#"{"choices": [{"message": {"content": "Rain"#,
        r#"{'choices': []}"#,
        r#"{"choices": [{"message": {"content": "Rain.",}}]}"#,
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}

#[test]
fn what_lies_deep_is_skipped() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"content":"#.repeat(10_000), "}".repeat(10_000));
    for deep in [deep, objects] {
        assert_eq!(
            read(&format!(
                r#"{{"unread": {deep}, "choices": [{{"message": {{"content": "Rain."}}}}]}}"#
            )),
            Some(chat())
        );
        assert_eq!(
            read(&format!(
                r#"{{"choices": [{{"message": {{"content": {deep}}}}}]}}"#
            )),
            Some(says(OpenAiChat))
        );
        assert_eq!(read(&deep), None);
    }
}

#[test]
fn the_first_shape_that_fits_counts() {
    assert_eq!(
        read(
            r#"{"choices": [{"message": {"content": "Rain."}}], "generated_text": "Sun.",
                "error": {"message": ""}, "data": [{"embedding": [1]}]}"#
        ),
        Some(chat())
    );
    assert_eq!(
        read(
            r#"{"content": [{"type": "text", "text": "Rain."}], "stop_reason": null,
                "usage": {"input_tokens": 1, "output_tokens": 2}, "generated_text": "Sun."}"#
        ),
        Some(says(AnthropicMessages).result("Rain.").tokens(1, 2))
    );
}
