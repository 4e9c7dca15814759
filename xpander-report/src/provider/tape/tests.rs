//! A tape that has read other documents finds the same in one as a new tape does.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::IgnoredAny;

use super::Tape;
use crate::provider::event::Event;
use crate::provider::key::Key;

/// What an event and those that lie in it are, each with its name.
fn described(event: Event<'_>, all: &mut Vec<(String, String, String)>) {
    let field = event.fields().last();
    let last = field.map_or(String::new(), |field| {
        let found = event.get(Key::of(&field.name()));
        format!(
            "{:?} {:?}",
            found.map(Event::raw),
            event.text(Key::of(&field.name()))
        )
    });
    all.push((event.name().into_owned(), event.raw().to_owned(), last));
    for inside in event.fields().chain(event.items()) {
        described(inside, all);
    }
}

fn read(tape: &mut Tape, json: &str) -> Option<Vec<(String, String, String)>> {
    let event = tape.read(json)?;
    let mut all = Vec::new();
    described(event, &mut all);
    Some(all)
}

/// JSON of few names and values, so that two documents are often nearly the same.
fn json() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "null",
        "true",
        "12",
        "-1.5e3",
        "0",
        "\"\"",
        "\"a\"",
        "\"a\\n\"",
        "\"\\u00e9\"",
        "\"é日\"",
        "\"\\\"}\"",
        "[]",
        "{}",
        " 7 ",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(5, 24, 4, |inside| {
        let name = select(vec![
            "type",
            "delta",
            "t\\u0079pe",
            "finish_reason",
            "finishReason",
            "",
        ]);
        let field = (name, inside.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            vec(field, 0..4).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            vec(inside, 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
        ]
    })
}

/// A document and others that differ from it in a few bytes, which need be no JSON.
fn documents() -> impl Strategy<Value = Vec<String>> {
    let piece = select(vec![
        "", "1", "23", "a", "\"", "\\", "\\u12", "{", "}", "[", "]", ",", ":", " ", "null", "e",
        "\"x\"", "é",
    ]);
    let changes = vec((any::<prop::sample::Index>(), 0..4_usize, piece), 0..6);
    (json(), changes).prop_map(|(first, changes)| {
        let mut documents = vec![first];
        for (at, length, piece) in changes {
            let last = documents.last().cloned().unwrap_or_default();
            let characters = last.chars().collect::<Vec<_>>();
            let at = at.index(characters.len() + 1);
            let before = characters.iter().take(at);
            let behind = characters.iter().skip(at + length);
            let changed = before.copied().chain(piece.chars()).chain(behind.copied());
            documents.push(changed.collect());
        }
        documents
    })
}

#[test]
fn a_text_in_place_of_an_object_leaves_no_field_behind() {
    let mut tape = Tape::default();
    for json in [
        r#"[{"type": 7 } , null]"#,
        r#"["\"}" , 12]"#,
        r#"["\"x"}" , 12]"#,
    ] {
        assert_eq!(
            read(&mut tape, json),
            read(&mut Tape::default(), json),
            "{json}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_a_tape_read_before_changes_nothing(documents in vec(documents(), 1..4)) {
        let mut tape = Tape::default();
        for json in documents.concat() {
            prop_assert_eq!(read(&mut tape, &json), read(&mut Tape::default(), &json), "{}", json);
        }
    }

    #[test]
    fn json_is_read_and_nothing_else(documents in documents()) {
        for json in documents {
            let is_json = serde_json::from_str::<IgnoredAny>(&json).is_ok();
            prop_assert_eq!(Tape::default().read(&json).is_some(), is_json, "{}", json);
        }
    }
}
