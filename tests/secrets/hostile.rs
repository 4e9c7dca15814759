//! For any text, the time is linear in its length, and nothing panics.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;
use xpander_report::Redaction;

use crate::{REDACTED, input, input_with};

const PIECES: [&str; 28] = [
    "sk-",
    "sk-proj-",
    "_",
    "-",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "-----BEGIN ",
    "eyJ",
    ".",
    "Bearer ",
    "Authorization: ",
    "AIza",
    "ABSK",
    "/",
    "\\",
    "\\u",
    "\\n",
    "\"",
    "{",
    "[",
    ":",
    "password\":\"",
    "\"token\":",
    "data:;base64,",
    "A1b2",
    "é",
    "{\"a\":\"{\\\"",
    " ",
];

#[test]
fn the_time_grows_with_the_length_and_not_with_its_square() {
    for piece in PIECES {
        for filler in ["", "a1", ".", "/", "\\", "\"", " ", "-", ":", "é"] {
            let text = format!("{piece}{filler}").repeat(20_000);
            let start = Instant::now();
            assert!(!input(&text).is_empty());
            // Quadratic time would be more than a minute.
            assert!(start.elapsed() < Duration::from_secs(20), "{piece}{filler}");
        }
    }
}

#[test]
fn json_may_be_as_deep_as_it_likes() {
    let deep = |inside: &str| {
        format!(
            "{}{inside}{}",
            "{\"a\":[".repeat(100_000),
            "]}".repeat(100_000)
        )
    };
    assert_eq!(
        input(&deep(r#"{"password":"hunter2"}"#)),
        deep(r#"{"password":"[redacted]"}"#)
    );
    let mut json = r#"{"password":"hunter2"}"#.to_owned();
    for _ in 0..12 {
        json = serde_json::json!({ "a": json }).to_string();
    }
    assert!(serde_json::from_str::<Value>(&input(&json)).is_ok());
}

#[test]
fn names_that_look_like_secrets_and_media_at_once_leave_json_whole() {
    let json = r#"{"data:;base64,eyJ":{"-----BEGIN PRIVATE KEY-----Authorization: data:;base64,-----BEGIN PRIVATE KEY-----sk-":""}}"#;
    for max in [0, 4, 16 << 10] {
        let scrubbed = input_with(Redaction::new().max_media_bytes(max), json);
        assert!(
            serde_json::from_str::<Value>(&scrubbed).is_ok(),
            "{scrubbed}"
        );
    }
}

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)
        .prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        pieces().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            Just("password".to_owned()),
            Just("a".to_owned()),
            Just("token".to_owned()),
            pieces()
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Both have the same brackets, names, numbers, booleans and number of texts.
fn is_like(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(_), Value::String(_)) => true,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_like(one, other))
        }
        // A name may be a secret, too.
        (Value::Object(one), Value::Object(other)) => {
            let is_named_alike = one.keys().eq(other.keys());
            let mut values = one.values().zip(other.values());
            !is_named_alike || values.all(|(one, other)| is_like(one, other))
        }
        _ => one == other,
    }
}

proptest! {
    #[test]
    fn of_any_text_what_is_not_redacted_stays_in_its_order(text in pieces()) {
        let scrubbed = input(&text);
        let mut rest = &*text;
        for part in scrubbed.split(REDACTED) {
            let at = rest.find(part);
            prop_assert!(at.is_some(), "{part:?} of {scrubbed:?}");
            rest = &rest[at.unwrap() + part.len()..];
        }
    }

    #[test]
    fn json_stays_json_of_the_same_structure(value in value()) {
        let scrubbed = input_with(Redaction::new().max_media_bytes(4), &value.to_string());
        let scrubbed: Value = if value.is_string() { Value::from(scrubbed) } else { serde_json::from_str(&scrubbed).unwrap() };
        prop_assert!(is_like(&value, &scrubbed), "{} {}", value, scrubbed);
    }
}
