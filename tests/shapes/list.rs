//! The list of what is read, for people.

use std::fmt::Write;

use xpander_report::Shape;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/responses.md");

const INTRODUCTION: &str = "# Responses that are read

Each is told by its structure alone, and read for its text, tokens, tools, reason to stop and failure. The shape is
what `xpander-report extract` says; `xpander_report::Shape` has the same list.

An answer may lie in a line of a batch's results (OpenAI and those who took it over, Anthropic, Gemini, Vertex AI,
Bedrock, xAI), in an event (OpenAI's Realtime API, Claude Code), or in what a gateway adds (Gemini Code Assist,
Cloudflare, Oracle, SAP, Tencent, Yandex). Streams are read as server-sent events, JSON line by line, a list of
chunks, or AWS's binary event stream.

| shape | what |
|---|---|
";

/// `UPDATE=1` writes it.
#[test]
fn has_all_that_is_read() {
    let mut list = INTRODUCTION.to_owned();
    for shape in Shape::ALL {
        writeln!(list, "| `{shape}` | {} |", shape.about()).unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(LIST, &list).unwrap();
    }
    let written = std::fs::read_to_string(LIST).unwrap();
    assert!(written == list, "run this with UPDATE=1");
}

#[test]
fn says_of_each_what_it_is() {
    for shape in Shape::ALL {
        assert!(shape.about().ends_with('.'), "{shape}");
    }
    let mut names = Shape::ALL
        .iter()
        .map(|shape| shape.name())
        .collect::<Vec<_>>();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Shape::ALL.len());
}
