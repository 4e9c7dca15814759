//! All recordings of a stream are read the same. A stream that is cut off gives its content so far.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use xpander_report::ProviderResponse;

use crate::told::{events, list, recordings, server_sent, text, told};
use crate::{
    agents, anthropic, bedrock, cohere, gemini, ollama, openai_chat, openai_completions,
    openai_responses, others, sessions,
};

const STREAMS: &[&str] = &[
    openai_chat::TEXT,
    openai_chat::TOOLS,
    openai_completions::TEXT,
    openai_responses::TEXT,
    openai_responses::TOOLS,
    anthropic::TEXT,
    anthropic::TOOLS,
    gemini::TEXT,
    bedrock::CONVERSE,
    bedrock::INVOKE,
    cohere::TEXT,
    cohere::TOOLS,
    ollama::CHAT,
    others::INTERACTION,
    others::CONVERSATION,
    sessions::REALTIME,
    sessions::LIVE,
    agents::GEMINI_CLI,
];

#[test]
fn a_recording_that_is_cut_off_anywhere_tells_what_came() {
    for stream in STREAMS {
        let mut recordings = vec![
            server_sent(stream).into_bytes(),
            list(stream).into_bytes(),
            events(stream).join("\r\n").into_bytes(),
        ];
        if [bedrock::CONVERSE, bedrock::INVOKE].contains(stream) {
            recordings.push(bedrock::binary(stream));
        }
        for recording in recordings {
            let whole = text(&recording);
            let mut before = 0;
            for end in 0..recording.len() {
                let cut = text(&recording[..end]);
                assert!(whole.starts_with(&cut), "{cut} of {whole}");
                assert!(cut.len() >= before, "{cut} is less than there was before");
                before = cut.len();
            }
        }
    }
}

#[test]
fn a_body_that_was_not_streamed_is_read_as_it_is() {
    let response = r#"
        {
          "id": "c", "model": "m",
          "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
          "usage": {"prompt_tokens": 7, "completion_tokens": 3}
        }
    "#;
    let expected = json!({"shape": "openai.chat", "id": "c", "model": "m", "text": "Hi",
        "tokens": [7, 3, 0, 0], "finish": "stop"});
    assert_eq!(told(response).as_ref(), Some(&expected));
    assert_eq!(told(format!("\u{feff}{response}")), Some(expected));
    let expected = json!({"shape": "tgi", "text": "Hi"});
    assert_eq!(told(r#"[{"generated_text": "Hi"}]"#), Some(expected));
}

#[test]
fn a_list_of_events_is_read_where_it_is_declared() {
    for stream in STREAMS {
        let read = ProviderResponse::read(&list(stream));
        assert_eq!(read, ProviderResponse::read_stream(list(stream).as_bytes()));
        assert!(read.is_some(), "{stream}");
    }
    let cut = list(gemini::TEXT);
    assert_eq!(ProviderResponse::read(&cut[..cut.len() - 1]), None);
}

#[test]
fn what_is_no_event_is_passed_over() {
    let stream = events(openai_chat::TEXT).join("\n\nno JSON\n{\"a\":\n[1]\n7\nnull\n\u{0}\n");
    assert_eq!(told(&stream), told(server_sent(openai_chat::TEXT)));
    let lines = stream
        .lines()
        .map(|line| format!("data: {line}\n\n"))
        .collect::<String>();
    assert_eq!(told(lines), told(server_sent(openai_chat::TEXT)));
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let mut recording = server_sent(openai_chat::TEXT).into_bytes();
    let at = recording
        .windows(5)
        .position(|bytes| bytes == b"Hello")
        .unwrap();
    recording[at] = 0xff;
    assert!(text(recording).starts_with("\u{fffd}ello"));
}

/// A recording with pieces repeated, lost or moved.
fn mixed() -> impl Strategy<Value = String> {
    let events = STREAMS
        .iter()
        .flat_map(|stream| events(stream))
        .collect::<Vec<_>>();
    let event = select(events.clone());
    let mixed = prop::collection::vec(event, 0..12).prop_map(|events| events.join("\n"));
    let shuffled = select(STREAMS).prop_flat_map(|stream| {
        Just(crate::told::events(stream))
            .prop_shuffle()
            .prop_map(|events| events.join("\n"))
    });
    prop_oneof![mixed, shuffled]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_of_events_tells_the_same_however_it_was_recorded(stream in mixed()) {
        let expected = told(server_sent(&stream));
        let is_alone = events(&stream).len() < 2;
        for recording in recordings(&stream) {
            if !is_alone || recording.contains("data:") {
                prop_assert_eq!(&told(&recording), &expected, "{}", recording);
            }
        }
    }

    #[test]
    fn any_bytes_do_no_harm(bytes: Vec<u8>, at: prop::sample::Index, stream in select(STREAMS)) {
        told(&bytes);
        for mut recording in [server_sent(stream).into_bytes(), bedrock::binary(bedrock::INVOKE)] {
            let at = at.index(recording.len());
            let end = recording.len().min(at + bytes.len());
            recording.splice(at..end, bytes.iter().copied());
            told(&recording);
        }
    }
}
