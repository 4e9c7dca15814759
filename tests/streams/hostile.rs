//! The time for a hostile stream is linear in its size.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::told::{server_sent, told};

/// More than enough for linear time, and far too little for quadratic time.
const LONG: Duration = Duration::from_secs(15);

#[track_caller]
fn is_quick(recording: &str) {
    let start = Instant::now();
    told(recording);
    let taken = start.elapsed();
    assert!(taken < LONG, "{} bytes took {taken:?}", recording.len());
}

fn chunk(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)
}

#[test]
fn an_index_takes_no_memory() {
    let streams = [
        chunk(r#"{"content":"Hi","tool_calls":[{"index":1000000000,"function":{"name":"f"}},{"index":18446744073709551615,"function":{"name":"g"}}]}"#),
        r#"{"type":"content_block_delta","index":1000000000,"delta":{"type":"text_delta","text":"Hi"}}"#.to_owned(),
        r#"{"type":"response.output_text.delta","output_index":1000000000,"content_index":1000000000,"delta":"Hi"}"#.to_owned(),
        r#"{"contentBlockDelta":{"contentBlockIndex":1000000000,"delta":{"text":"Hi"}}}"#.to_owned(),
        r#"{"type":"content-delta","index":1000000000,"delta":{"message":{"content":{"type":"text","text":"Hi"}}}}"#.to_owned(),
    ];
    for stream in streams {
        let told = told(server_sent(&stream)).unwrap();
        assert_eq!(told["text"], "Hi", "{stream}");
    }
    for index in [
        "-1",
        "1.5",
        "\"0\"",
        "null",
        "{}",
        "1e99",
        "99999999999999999999",
    ] {
        told(server_sent(&chunk(&format!(
            r#"{{"tool_calls":[{{"index":{index}}}]}}"#
        ))));
    }
}

#[test]
fn many_calls_take_no_longer_than_their_text() {
    let empty = "{},".repeat(100_000);
    is_quick(&server_sent(&chunk(&format!(
        r#"{{"tool_calls":[{empty}{{}}]}}"#
    ))));
    let mut descending = String::new();
    for index in (0..50_000).rev() {
        writeln!(
            descending,
            "{}",
            chunk(&format!(r#"{{"tool_calls":[{{"index":{index}}}]}}"#))
        )
        .unwrap();
    }
    is_quick(&descending);
    let mut same = String::new();
    for id in 0..50_000 {
        let call =
            format!(r#"{{"tool_calls":[{{"index":0,"id":"{id}","function":{{"name":"f"}}}}]}}"#);
        writeln!(same, "{}", chunk(&call)).unwrap();
    }
    is_quick(&same);
}

#[test]
fn many_pieces_take_no_longer_than_their_text() {
    is_quick(&(chunk(r#"{"content":"a"}"#) + "\n").repeat(50_000));
    is_quick(&(chunk(r#"{"content":[{"type":"text","text":"a"}]}"#) + "\n").repeat(50_000));
    is_quick(&(chunk(r#"{"content":[{"type":"other"}]}"#) + "\n").repeat(50_000));
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"["}}"#;
    is_quick(&format!("{delta}\n").repeat(50_000));
}

#[test]
fn many_fields_take_no_longer_than_their_text() {
    let mut fields = String::new();
    for at in 0..200_000 {
        write!(fields, r#""key{at}":{at},"#).unwrap();
    }
    is_quick(&format!(
        r#"{{{fields}"choices":[{{"index":0,"delta":{{{fields}"content":"a"}}}}]}}"#
    ));
    let mut events = String::new();
    for at in 0..100_000 {
        writeln!(
            events,
            r#"{{"key{at}":{at},"choices":[{{"index":0,"delta":{{"content":"a"}}}}]}}"#
        )
        .unwrap();
    }
    is_quick(&events);
}

#[test]
fn what_is_nested_deeply_takes_no_stack() {
    let lists = "[".repeat(200_000) + &"]".repeat(200_000);
    let objects = r#"{"thinking":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
    let parts = r#"[{"type":"thinking","thinking":"#.repeat(100_000) + "1" + &"}]".repeat(100_000);
    for nested in [&lists, &objects, &parts] {
        let stream = format!(
            "{}\n{}\n{}",
            chunk(r#"{"content":"a"}"#),
            chunk(&format!(
                r#"{{"content":{nested},"other":{nested},"tool_calls":{nested}}}"#
            )),
            chunk(r#"{"content":"b"}"#)
        );
        assert_eq!(crate::told::text(&stream), "ab");
        is_quick(&server_sent(nested));
        is_quick(nested);
    }
}

#[test]
fn what_never_ends_takes_no_longer_than_its_text() {
    is_quick(&"[".repeat(1_000_000));
    is_quick(&"[\n".repeat(200_000));
    is_quick(&"{\n".repeat(200_000));
    is_quick(&"data:\n".repeat(500_000));
    is_quick(&"data:{\n".repeat(200_000));
    is_quick(&"[{},".repeat(200_000));
    is_quick(&format!("[{}", "{},".repeat(300_000)));
    is_quick(&"\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0".repeat(100_000));
    is_quick(&"\0".repeat(1_000_000));
}
