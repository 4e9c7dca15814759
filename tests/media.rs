//! Images, recordings and files in base64 are replaced by their type and size. The surrounding content stays.

use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, record};

/// PNG's first bytes, followed by bytes without a pattern.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAA";
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAA";
const PDF: &str = "JVBERi0xLjcKJcfsj6IKNSAw";
const PLAIN: &str = "x7Qk2mZp9LwB4tYc";

/// Base64 of this many bytes that begins like this.
fn base64(start: &str, bytes: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut text = start.to_owned();
    while text.len() < (bytes * 4).div_ceil(3) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(alphabet[(state >> 33) as usize % 64]));
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn report_with(redaction: Redaction, report: TaskReport) -> TaskReport {
    let recorder = Recorder::with_redaction(redaction);
    recorder.reporter().report(report);
    recorder.take().remove(0)
}

fn input_with(redaction: Redaction, text: impl Into<String>) -> String {
    let report = report_with(redaction, TaskReport::new().input(text));
    report.input.expect("an input")
}

fn input(text: impl Into<String>) -> String {
    input_with(Redaction::new(), text)
}

/// Only the image, recording or file of this part is replaced, by this text.
#[track_caller]
fn shows(part: &Value, label: &str, base64: &str) {
    let json = json!({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, part]}], "n": 1.5});
    let expected = json.to_string().replace(base64, label);
    assert_eq!(input(json.to_string()), expected);
    let pretty = serde_json::to_string_pretty(&json).unwrap();
    assert_eq!(input(&*pretty), pretty.replace(base64, label));
}

mod parts {
    use super::*;

    #[test]
    fn of_openai() {
        let png = format!("data:image/png;base64,{}", base64(PNG, 182_344));
        let label = "[image/png, 182,344 bytes]";
        shows(
            &json!({"type": "image_url", "image_url": {"url": png, "detail": "low"}}),
            label,
            &png,
        );
        shows(
            &json!({"type": "input_image", "image_url": png}),
            label,
            &png,
        );
        let wav = base64(WAV, 30_000);
        shows(
            &json!({"type": "input_audio", "input_audio": {"data": wav, "format": "wav"}}),
            "[audio/wav, 30,000 bytes]",
            &wav,
        );
        let pcm = base64(PLAIN, 30_000);
        shows(
            &json!({"type": "input_audio", "input_audio": {"data": pcm, "format": "pcm16"}}),
            "[audio/pcm, 30,000 bytes]",
            &pcm,
        );
        shows(
            &json!({"audio": {"id": "a1", "data": pcm, "transcript": "hi"}}),
            "[audio, 30,000 bytes]",
            &pcm,
        );
        let pdf = format!("data:application/pdf;base64,{}", base64(PDF, 21_000));
        shows(
            &json!({"type": "file", "file": {"file_data": pdf, "filename": "a.pdf"}}),
            "[application/pdf, 21,000 bytes]",
            &pdf,
        );
        let image = base64(PLAIN, 1_500_000);
        shows(
            &json!({"created": 1, "data": [{"b64_json": image}]}),
            "[image, 1,500,000 bytes]",
            &image,
        );
        shows(
            &json!({"type": "image_generation_call", "result": image, "output_format": "webp"}),
            "[image/webp, 1,500,000 bytes]",
            &image,
        );
    }

    #[test]
    fn of_anthropic() {
        let data = base64(PLAIN, 60_000);
        shows(
            &json!({"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}}),
            "[image/jpeg, 60,000 bytes]",
            &data,
        );
        shows(
            &json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}),
            "[application/pdf, 60,000 bytes]",
            &data,
        );
    }

    #[test]
    fn of_gemini() {
        let data = base64(PLAIN, 60_000);
        shows(
            &json!({"inlineData": {"mimeType": "video/mp4", "data": data}}),
            "[video/mp4, 60,000 bytes]",
            &data,
        );
        shows(
            &json!({"inline_data": {"mime_type": "audio/mp3", "data": data}}),
            "[audio/mp3, 60,000 bytes]",
            &data,
        );
        shows(
            &json!({"bytesBase64Encoded": data, "mimeType": "image/png"}),
            "[image/png, 60,000 bytes]",
            &data,
        );
    }

    #[test]
    fn of_bedrock_and_ollama() {
        let data = base64(PLAIN, 60_000);
        shows(
            &json!({"image": {"format": "png", "source": {"bytes": data}}}),
            "[image/png, 60,000 bytes]",
            &data,
        );
        shows(
            &json!({"role": "user", "images": [data]}),
            "[image, 60,000 bytes]",
            &data,
        );
    }

    #[test]
    fn whatever_the_order_of_the_fields() {
        let data = base64(PLAIN, 60_000);
        for (before, after) in [
            (r#""media_type":"image/gif","#, ""),
            ("", r#","media_type":"image/gif""#),
        ] {
            let json = format!(r#"{{{before}"data":"{data}"{after}}}"#);
            assert_eq!(
                input(&*json),
                json.replace(&data, "[image/gif, 60,000 bytes]")
            );
        }
    }

    #[test]
    fn with_the_escapes_and_line_breaks_that_some_write() {
        let png = base64(PNG, 60_000);
        let escaped = png.replace('/', "\\/").replace('+', "\\u002B");
        let json = format!(
            r#"{{"type":"image","url":"data:image\/png;base64,{escaped}","a":{{"mime_type":"image\/png","data":"{escaped}"}}}}"#
        );
        assert_eq!(
            input(json),
            r#"{"type":"image","url":"[image/png, 60,000 bytes]","a":{"mime_type":"image\/png","data":"[image/png, 60,000 bytes]"}}"#
        );
        let lines: Vec<&str> = png
            .as_bytes()
            .chunks(76)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let json = json!({"data": lines.join("\n"), "url": format!("data:image/png;base64,{}", lines.join("\r\n"))});
        assert_eq!(
            input(json.to_string()),
            r#"{"data":"[image/png, 60,000 bytes]","url":"[image/png, 60,000 bytes]"}"#
        );
    }

    #[test]
    fn of_bedrock_s_documents_and_videos() {
        let data = base64(PLAIN, 60_000);
        for (holder, format, kind) in [
            ("document", "csv", "text/csv"),
            ("document", "html", "text/html"),
            ("document", "txt", "text/plain"),
            ("document", "md", "text/markdown"),
            ("document", "pdf", "application/pdf"),
            ("video", "mpeg", "video/mpeg"),
            ("video", "mpg", "video/mpeg"),
            ("video", "flv", "video/x-flv"),
            ("video", "wmv", "video/x-ms-wmv"),
            ("video", "three_gp", "video/3gpp"),
            ("audio", "mpeg", "audio/mpeg"),
            ("audio", "mp4", "audio/mp4"),
            ("audio", "webm", "audio/webm"),
        ] {
            let label = format!("[{kind}, 60,000 bytes]");
            shows(
                &json!({holder: {"format": format, "name": "x", "source": {"bytes": data}}}),
                &label,
                &data,
            );
        }
    }

    #[test]
    fn of_silence() {
        let silence = "A".repeat(80_000);
        shows(
            &json!({"type": "input_audio_buffer.append", "audio": silence}),
            "[audio, 60,000 bytes]",
            &silence,
        );
        shows(
            &json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": silence}}),
            "[audio/pcm;rate=24000, 60,000 bytes]",
            &silence,
        );
    }

    #[test]
    fn in_base_16() {
        let hex = format!("494433{}", "0f1e2d3c".repeat(10_000));
        shows(
            &json!({"data": {"audio": hex, "status": 2}}),
            "[audio/mpeg, 40,003 bytes]",
            &hex,
        );
    }

    #[test]
    fn with_spaces_around_the_base64() {
        let data = base64(PLAIN, 60_001);
        assert!(data.ends_with('='));
        let json = format!(r#"{{"mime_type":"image/png","data":" \n{data}\r\n "}}"#);
        assert_eq!(
            input(json),
            r#"{"mime_type":"image/png","data":" \n[image/png, 60,001 bytes]\r\n "}"#
        );
    }

    #[test]
    fn in_json_in_a_text() {
        let data = base64(PLAIN, 60_000);
        let call = json!({"media_type": "image/png", "data": data, "n": 1.0}).to_string();
        for call in [
            call.clone(),
            format!("\n{call}"),
            format!(" \r\n\t{call}\n"),
            format!("400 Bad Request: {call}"),
            json!({"content": format!("\n{call}")}).to_string(),
        ] {
            let json = json!({"arguments": call, "text": "x"}).to_string();
            assert_eq!(
                input(&*json),
                json.replace(&data, "[image/png, 60,000 bytes]")
            );
        }
    }
}

mod texts {
    use super::*;

    #[test]
    fn a_data_url_in_prose() {
        let data = base64(PNG, 60_000);
        let text = format!(
            "Look: ![photo](data:image/png;base64,{data}) and <img src='data:image/png;charset=x;base64,{data}'>. Fine?"
        );
        assert_eq!(
            input(text),
            "Look: ![photo]([image/png, 60,000 bytes]) and <img src='[image/png, 60,000 bytes]'>. Fine?"
        );
        let text = format!("data:audio/ogg;base64,{data}\nWhat is it?");
        assert_eq!(input(text), "[audio/ogg, 60,000 bytes]\nWhat is it?");
    }

    #[test]
    fn base64_that_begins_like_media() {
        for (start, kind) in [
            (PNG, "image/png"),
            ("/9j/4AAQSkZJRgABAQAA", "image/jpeg"),
            (WAV, "audio/wav"),
            (PDF, "application/pdf"),
            ("R0lGODlhAQABAIAAAP", "image/gif"),
        ] {
            let data = base64(start, 60_000);
            let label = format!("[{kind}, 60,000 bytes]");
            assert_eq!(input(&*data), label);
            assert_eq!(
                input(format!("the photo {data} of my cat")),
                format!("the photo {label} of my cat")
            );
        }
    }

    #[test]
    fn base64_that_begins_like_media_in_a_text_of_json() {
        let data = base64(PNG, 60_000);
        for text in [
            data.clone(),
            format!("the photo {data} of my cat"),
            format!("the photo:\n{data}"),
            format!("the \"photo\": '{data}'"),
        ] {
            for json in [
                json!({"role": "tool", "content": text}),
                json!({"role": "tool", "content": [{"type": "text", "text": text}]}),
                json!({"body": json!({"content": text}).to_string()}),
            ] {
                let json = json.to_string();
                assert_eq!(
                    input(&*json),
                    json.replace(&data, "[image/png, 60,000 bytes]")
                );
            }
        }
    }

    #[test]
    fn a_data_url_in_every_spelling() {
        let data = base64(PNG, 60_000);
        for header in [
            "data:image/png;BASE64,",
            "DATA:image/png;base64,",
            "data:image/png;base64, ",
            "data:image/png;base64,\n",
            "data:image/png;charset=x;base64,",
            "data:image/png;name=\"my photo, no. 1.png\";base64,",
            "data:image/png;name=\"a.png\";charset=x;base64,",
        ] {
            let text = format!("Look: {header}{data}");
            let shown = "Look: [image/png, 60,000 bytes]";
            assert_eq!(input(&*text), shown);
            let nested = |text: &str| {
                let call = json!({"url": text, "n": 1}).to_string();
                json!({"url": text, "arguments": call}).to_string()
            };
            assert_eq!(input(nested(&text)), nested(shown));
        }
        let name = "x".repeat(250);
        let text = format!("data:image/png;name={name}.png;base64,{data}");
        assert_eq!(input(text), "[image/png, 60,000 bytes]");
    }

    #[test]
    fn a_data_url_ends_with_its_text() {
        let data = base64(PLAIN, 60_000);
        for json in [
            format!(r#"["data:a/b;name=",";base64,{data}"]"#),
            format!(r#"{{"data:a/b":"x;base64,{data}"}}"#),
            format!(r#"{{"a":"data:a/b;name=\"x","b":"\";base64,{data}"}}"#),
        ] {
            assert_eq!(input(&*json), json);
        }
    }

    #[test]
    fn an_argument_beside_others_is_known_by_its_name() {
        #[external_task]
        fn describe(image: &str, question: &str) {}
        let data = base64(PLAIN, 60_000);
        assert_eq!(
            record(|| describe(&data, "what?")).input.as_deref(),
            Some(r#"{"image":"[image, 60,000 bytes]","question":"what?"}"#)
        );
    }

    #[test]
    fn a_returned_text() {
        #[external_task]
        fn paint() -> String {
            format!("data:image/png;base64,{}", base64(PNG, 60_000))
        }
        assert_eq!(
            record(paint).result.as_deref(),
            Some("[image/png, 60,000 bytes]")
        );
    }
}

mod other_texts {
    use super::*;

    const DNA: &str = "GATTACACATTAGA";

    #[test]
    fn beside_a_type_stay_as_they_are() {
        let letters = "a".repeat(20_000);
        let dna = DNA.repeat(2_000);
        let hex = "0f1e2d3c".repeat(3_000);
        for text in [&letters, &dna, &hex] {
            for json in [
                json!({"mimeType": "text/plain", "text": text}),
                json!({"mimeType": "text/plain", "data": text}),
                json!({"contents": [{"uri": "file:///a", "mimeType": "text/x-dna", "text": text}]}),
                json!({"mime_type": "image/png", "caption": text, "metadata": {"id": text}}),
                json!({"type": "image", "caption": text}),
                json!({"image": {"caption": text, "url": "https://a.example"}}),
                json!({"document": {"format": "txt", "source": {"text": text}}}),
                json!({"format": "html", "text": text}),
                json!({"format": "mp3", "lyrics": [text]}),
            ] {
                assert_eq!(input(json.to_string()), json.to_string());
            }
        }
    }

    #[test]
    fn that_are_hashes_of_images_stay_as_they_are() {
        let hex = "0f1e2d3c".repeat(3_000);
        let data = base64(PLAIN, 60_000);
        for json in [
            json!({"image_digest_list": hex}),
            json!({"image_digest_list": [hex]}),
            json!({"image_list": [hex]}),
            json!({"image_digests": data}),
            json!({"mime_type": "image/png", "embedding": [data], "signature": data}),
            json!({"image": {"embedding": data, "content_hash": data}}),
        ] {
            assert_eq!(input(json.to_string()), json.to_string());
        }
    }
}

mod other_base64 {
    use super::*;

    #[test]
    fn stays_as_it_is() {
        let data = base64(PLAIN, 60_000);
        for json in [
            json!({"data": [{"object": "embedding", "embedding": data, "index": 0}]}),
            json!({"image_embedding": data}),
            json!({"type": "reasoning", "encrypted_content": data}),
            json!({"parts": [{"thoughtSignature": data}]}),
            json!({"content": data, "encoding": "base64", "path": "src/lib.rs"}),
            json!({"certificate": data, "format": "pem"}),
            json!({"image": {"name": "x"}, "blob": data}),
        ] {
            assert_eq!(input(json.to_string()), json.to_string());
        }
        assert_eq!(input(&*data), data);
        let words = "word ".repeat(10_000);
        assert_eq!(
            input(format!(r#"{{"media_type":"text/plain","data":"{words}"}}"#)),
            format!(r#"{{"media_type":"text/plain","data":"{words}"}}"#)
        );
    }
}

mod bounds {
    use super::*;

    fn picture(bytes: usize) -> String {
        json!({"url": format!("data:image/png;base64,{}", base64(PNG, bytes))}).to_string()
    }

    #[test]
    fn small_media_stay() {
        assert_eq!(input(picture(12_000)), picture(12_000));
        assert_eq!(
            input(picture(12_300)),
            r#"{"url":"[image/png, 12,300 bytes]"}"#
        );
    }

    #[test]
    fn the_bound_can_be_set_and_taken_away() {
        let small = Redaction::new().max_media_bytes(100);
        assert_eq!(
            input_with(small, picture(90)),
            r#"{"url":"[image/png, 90 bytes]"}"#
        );
        let off = Redaction::new().max_media_bytes(usize::MAX);
        assert_eq!(input_with(off, picture(500_000)), picture(500_000));
    }

    #[test]
    fn media_go_before_a_field_is_cut_so_that_the_json_around_them_stays() {
        for redaction in [
            Redaction::new(),
            Redaction::new().max_media_bytes(usize::MAX),
        ] {
            let redaction = redaction.max_bytes(1_000);
            assert_eq!(
                input_with(redaction, picture(5_000)),
                r#"{"url":"[image/png, 5,000 bytes]"}"#
            );
        }
    }

    #[test]
    fn no_cut_leaves_half_a_base64() {
        for max_bytes in [10, 50, 500, 3_000] {
            let text = format!(
                "{} data:image/png;base64,{} {}",
                "word ".repeat(40),
                base64(PNG, 4_000),
                "word ".repeat(800)
            );
            let shown = input_with(Redaction::new().max_bytes(max_bytes), &*text);
            assert!(!shown.contains("iVBOR"), "{shown}");
            let json = json!({"a": text, "media_type": "image/png", "data": base64(PLAIN, 2_000)});
            let shown = input_with(Redaction::new().max_bytes(max_bytes), json.to_string());
            assert!(
                !shown.contains("iVBOR") && !shown.contains(PLAIN),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_response_is_verbatim_unless_it_would_be_cut() {
        let shown = |redaction| {
            let response = serde_json::value::RawValue::from_string(picture(60_000)).unwrap();
            let report = TaskReport::new().llm_response(response).result("ok");
            report_with(redaction, report)
                .llm_response
                .expect("a response")
                .get()
                .to_owned()
        };
        assert_eq!(shown(Redaction::new()), picture(60_000));
        assert_eq!(
            shown(Redaction::new().max_bytes(1_000)),
            r#"{"url":"[image/png, 60,000 bytes]"}"#
        );
    }

    #[test]
    fn a_report_that_the_platform_finds_too_large_loses_media_first() {
        let server = Server::start(|count, _| match count {
            0 => Answer::json(413, "{}"),
            _ => Answer::task(),
        });
        let reporter = xpander_report_tests::reporter(server.url());
        let response = serde_json::value::RawValue::from_string(picture(60_000)).unwrap();
        reporter.report(TaskReport::new().llm_response(response));
        assert!(reporter.flush_blocking(LONG).is_complete());
        let requests = server.requests();
        let body: Value = serde_json::from_str(&requests.last().unwrap().body).unwrap();
        assert_eq!(
            body["llm_response"],
            json!({"url": "[image/png, 60,000 bytes]"})
        );
    }

    #[test]
    fn what_is_too_long_to_capture_ends_with_no_half_of_a_base64() {
        #[external_task]
        fn ask(question: &str, image: &Value, more: &str) {}
        let url = format!("data:image/png;base64,{PNG}{}", "A".repeat(36 << 20));
        let report = record(|| ask("what?", &json!({"url": url}), "x"));
        let shown: Value = serde_json::from_str(&report.input.unwrap()).expect("JSON");
        assert_eq!(shown["truncated"], true);
        let head = shown["head"].as_str().unwrap();
        assert!(
            head.contains("what?") && head.contains("[image/png, at least 25,1"),
            "{}",
            &head[..200.min(head.len())]
        );
        assert!(head.len() < 200, "{}", head.len());
    }

    #[test]
    fn a_photo_in_a_prompt_leaves_room_for_the_rest() {
        let json = json!({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", base64(PNG, 3 << 20))}},
            {"type": "text", "text": "what is it?"},
        ]}]});
        let shown: Value = serde_json::from_str(&input(json.to_string())).expect("JSON");
        let content = &shown["messages"][0]["content"];
        assert_eq!(
            content[0]["image_url"]["url"],
            "[image/png, 3,145,728 bytes]"
        );
        assert_eq!(content[1]["text"], "what is it?");
    }
}
