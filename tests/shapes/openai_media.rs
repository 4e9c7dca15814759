use xpander_report::Shape::{OpenAiImages, OpenAiTranscription};

use crate::says::{expect, expect_ordinary, says};

#[test]
fn a_transcription_is_read_with_its_tokens() {
    expect(
        r#"{
          "text": "Rain today.",
          "usage": {"type": "tokens", "input_tokens": 14,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
            "output_tokens": 45, "total_tokens": 59}
        }"#,
        says(OpenAiTranscription)
            .result("Rain today.")
            .tokens(14, 45),
    );
}

#[test]
fn a_transcription_by_the_second_has_no_tokens() {
    expect(
        r#"{
          "task": "transcribe", "language": "english", "duration": 8.47, "text": "Rain today.",
          "segments": [{"id": 0, "seek": 0, "text": " Rain today.", "tokens": [50364, 440]}],
          "usage": {"type": "duration", "seconds": 9}
        }"#,
        says(OpenAiTranscription).result("Rain today."),
    );
}

#[test]
fn images_have_tokens_and_no_text() {
    expect(
        r#"{
          "created": 1713833628, "data": [{"b64_json": "aGVsbG8="}],
          "usage": {"total_tokens": 100, "input_tokens": 50, "output_tokens": 50,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}}
        }"#,
        says(OpenAiImages).tokens(50, 50),
    );
}

#[test]
fn a_list_of_links_is_no_answer() {
    expect_ordinary(r#"{"created": 1, "data": [{"url": "https://example.com"}]}"#);
    expect_ordinary(r#"{"text": "a", "usage": {"type": "free"}}"#);
}
