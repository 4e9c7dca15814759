//! Calls that come in pieces, and those that share an index.

use serde_json::json;

use crate::told::{server_sent, told};

fn chunk(calls: &str) -> String {
    format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"tool_calls":[{calls}]}}}}]}}"#)
}

fn call(index: &str, id: &str, name: &str, arguments: &str) -> String {
    let id = if id.is_empty() {
        String::new()
    } else {
        format!(r#""id":"{id}","#)
    };
    let arguments = serde_json::to_string(arguments).unwrap();
    format!(
        r#"{{{index}{id}"type":"function","function":{{"name":"{name}","arguments":{arguments}}}}}"#
    )
}

#[track_caller]
fn expect(chunks: &[String], tools: &[&str]) {
    let told = told(server_sent(&chunks.join("\n"))).unwrap();
    assert_eq!(told["tools"], json!(tools), "{chunks:#?}");
}

const ZERO: &str = r#""index":0,"#;

#[test]
fn at_one_index_without_ids_are_several() {
    let calls = [
        call(ZERO, "", "tides", "{}"),
        call(ZERO, "", "wind", r#"{"at":"6"}"#),
    ];
    expect(&[chunk(&calls.join(","))], &["tides", "wind"]);
    expect(&[chunk(&calls[0]), chunk(&calls[1])], &["tides", "wind"]);
    let same = [
        call(ZERO, "", "tides", r#"{"at":"}{"}"#),
        call(ZERO, "", "tides", r#"{"at":"7"}"#),
    ];
    expect(&[chunk(&same.join(","))], &["tides", "tides"]);
    expect(&[chunk(&same[0]), chunk(&same[1])], &["tides", "tides"]);
    let objects = [
        r#"{"index":0,"function":{"name":"tides","arguments":{}}}"#.to_owned(),
        r#"{"index":0,"function":{"name":"wind","arguments":{}}}"#.to_owned(),
    ];
    expect(
        &[chunk(&objects[0]), chunk(&objects[1])],
        &["tides", "wind"],
    );
}

#[test]
fn with_other_ids_are_others_and_with_the_same_id_the_same() {
    expect(
        &[
            chunk(&call(ZERO, "a", "tides", "")),
            chunk(&call(ZERO, "b", "wind", "")),
        ],
        &["tides", "wind"],
    );
    expect(
        &[
            chunk(&call(ZERO, "a", "tides", "{}")),
            chunk(&call(ZERO, "a", "tides", "")),
        ],
        &["tides"],
    );
}

#[test]
fn of_a_name_in_pieces_are_one() {
    expect(
        &[
            chunk(&call(ZERO, "a", "get_", "")),
            chunk(&call(ZERO, "", "ti", "")),
            chunk(&call(ZERO, "", "des", "")),
            chunk(r#"{"index":0,"function":{"arguments":"{\"at\""}}"#),
            chunk(r#"{"index":0,"function":{"arguments":":6}"}}"#),
        ],
        &["get_tides"],
    );
    let legacy = |name: &str| {
        format!(
            r#"{{"id":"c","choices":[{{"index":0,"delta":{{"function_call":{{"name":"{name}"}}}}}}]}}"#
        )
    };
    expect(&[legacy("get_"), legacy("tides")], &["get_tides"]);
}

#[test]
fn whose_name_comes_again_with_each_piece_are_one() {
    expect(
        &[
            chunk(&call(ZERO, "a", "tides", r#"{"at""#)),
            chunk(&call(ZERO, "", "tides", r#":"6"#)),
            chunk(&call(ZERO, "", "tides", r#""}"#)),
        ],
        &["tides"],
    );
}
