use xpander_report::Shape::{OpenAiImages, OpenAiSpeech, OpenAiTranscription};

use crate::says::{expect, expect_only_declared, expect_ordinary, read, says};

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

#[test]
fn a_transcription_of_others_counts_where_it_is_declared() {
    expect(
        r#"{"model": "ears-mini", "text": "Rain today.", "language": null, "segments": [],
            "usage": {"prompt_audio_seconds": 9, "prompt_tokens": 4, "completion_tokens": 6,
            "total_tokens": 210, "prompt_tokens_details": {"audio_tokens": 200}},
            "finish_reason": null}"#,
        says(OpenAiTranscription)
            .model("ears-mini")
            .result("Rain today.")
            .tokens(204, 6),
    );
    expect_only_declared(
        r#"{"text": "Rain today.", "usage": {"input_tokens": 31, "output_tokens": 6,
            "total_tokens": 37, "cost": 0.0002}}"#,
        says(OpenAiTranscription)
            .result("Rain today.")
            .tokens(31, 6),
    );
    expect(
        r#"{"task": "translate", "language": "norwegian", "duration": 3.1, "text": "Rain today."}"#,
        says(OpenAiTranscription).result("Rain today."),
    );
}

#[test]
fn the_last_event_of_each_is_read_alone() {
    expect(
        r#"{"type": "transcript.text.done", "text": "Rain.", "usage": {"type": "tokens",
            "input_tokens": 21, "output_tokens": 4, "total_tokens": 25}}"#,
        says(OpenAiTranscription).result("Rain.").tokens(21, 4),
    );
    expect(
        r#"{"type": "speech.audio.done", "usage": {"input_tokens": 8, "output_tokens": 77}}"#,
        says(OpenAiSpeech).tokens(8, 77),
    );
    expect(
        r#"{"type": "image_edit.completed", "b64_json": "aGk=", "usage": {"input_tokens": 60,
            "output_tokens": 40, "total_tokens": 100}}"#,
        says(OpenAiImages).tokens(60, 40),
    );
}

#[test]
fn images_of_others_count_where_they_are_declared() {
    for json in [
        r#"{"data": [{"url": "https://example.com/1.jpeg", "mime_type": "image/jpeg"}]}"#,
        r#"{"created": 7, "data": [{"url": "https://example.com/1", "revised_prompt": "A quay."}]}"#,
        r#"{"data": [{"b64_json": "aGk=", "index": 0}], "object": "list"}"#,
        r#"{"predictions": [{"bytesBase64Encoded": "aGk=", "mimeType": "image/png"}]}"#,
    ] {
        expect_only_declared(json, says(OpenAiImages));
    }
    assert_eq!(
        read(r#"{"data": [{"url": "https://example.com/1.pdf", "mime_type": "application/pdf"}]}"#),
        None
    );
}
