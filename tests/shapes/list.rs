//! The list of recognised responses, for people.

use std::fmt::Write;

use xpander_report::Shape;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/responses.md");

const INTRODUCTION: &str = "# Responses that are read

Each response is recognised by its structure alone. The library reads its text, tokens, tools, finish reason and failure.
`xpander-report extract` prints the shape; `xpander_report::Shape` has the same list.

A response may be inside a line of batch results (OpenAI and compatible providers, Anthropic, Gemini, Vertex AI, Bedrock,
xAI), an event (OpenAI's Realtime API, Claude Code), or the wrapper of a gateway (Gemini Code Assist, Cloudflare, Oracle,
SAP, Tencent, Yandex). Streams are read as server-sent events, JSON line by line, a list of
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
