//! Reading any JSON never panics, returns no absurd number, and does not depend on the spelling of the document.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRng;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use xpander_report::{ProviderResponse, Redaction, Shape, TaskReport, current_task, external_task};
use xpander_report_tests::{record, record_with};

/// A response of each shape: the fuzzer's seeds.
const RESPONSES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds");

/// Keys and other words of providers: the fuzzer's dictionary.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    include_str!("../fuzz/keys.dict")
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'))
        .filter(|word| !word.contains('\\'))
        .map(str::to_owned)
        .collect()
});

/// Integers in JSON are exact up to this.
const MAX_COUNT: u64 = 1 << 53;

struct Response {
    /// The name of the shape, and a remark.
    name: String,
    json: String,
}

fn responses() -> Vec<Response> {
    let files = std::fs::read_dir(RESPONSES).unwrap();
    let mut responses = files
        .map(|file| file.unwrap().path())
        .map(|path| Response {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            json: std::fs::read_to_string(&path).unwrap().trim().to_owned(),
        })
        .collect::<Vec<_>>();
    responses.sort_by(|a, b| a.name.cmp(&b.name));
    responses
}

fn read(json: &str) -> Option<ProviderResponse> {
    let response = ProviderResponse::read(json)?;
    check(&response, json);
    Some(response)
}

fn check(response: &ProviderResponse, json: &str) {
    if let Some(tokens) = response.tokens {
        let counts = [
            tokens.prompt_tokens,
            tokens.completion_tokens,
            tokens.cache_read_tokens,
            tokens.cache_write_tokens,
        ];
        let absurd = counts
            .into_iter()
            .flatten()
            .find(|count| *count > MAX_COUNT);
        assert_eq!(absurd, None, "{json}");
        let total = tokens.prompt_tokens.unwrap() + tokens.completion_tokens.unwrap();
        assert_eq!(tokens.total_tokens(), total, "{json}");
    }
    let result = response.result.as_deref().unwrap_or("x");
    assert!(
        !result.is_empty() && result.len() <= json.len(),
        "{result} of {json}"
    );
    serde_json::to_string(response).unwrap();
}

mod documents {
    use super::*;

    fn word() -> impl Strategy<Value = String> {
        select(WORDS.clone())
    }

    fn number() -> impl Strategy<Value = Value> {
        prop_oneof![
            8 => (0..10_000_u64).prop_map(Value::from),
            1 => any::<u64>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => (MAX_COUNT / 8 - 2..MAX_COUNT / 8).prop_map(Value::from),
        ]
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => word(),
            1 => number().prop_map(|number| number.to_string()),
            1 => any::<String>(),
        ]
    }

    /// Any JSON with keys that providers use.
    pub(super) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            1 => any::<bool>().prop_map(Value::from),
            3 => number(),
            4 => text().prop_map(Value::from),
        ];
        let key = prop_oneof![15 => word(), 1 => any::<String>()];
        leaf.prop_recursive(6, 48, 6, move |inner| {
            prop_oneof![
                1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                3 => prop::collection::vec((key.clone(), inner), 0..8)
                    .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    /// A response with some parts replaced.
    fn broken() -> impl Strategy<Value = Value> {
        let responses = responses()
            .iter()
            .map(|response| serde_json::from_str::<Value>(&response.json).unwrap())
            .collect::<Vec<_>>();
        let changes = prop::collection::vec((any::<Index>(), any_json()), 0..4);
        (select(responses), changes).prop_map(|(mut response, changes)| {
            for (at, change) in changes {
                let mut at = at.index(parts(&response));
                *part(&mut response, &mut at).unwrap() = change;
            }
            response
        })
    }

    pub(super) fn document() -> impl Strategy<Value = Value> {
        prop_oneof![1 => any_json(), 2 => broken()].prop_map(|mut document| {
            keep_one_spelling(&mut document);
            document
        })
    }

    /// The number of values in a value.
    fn parts(value: &Value) -> usize {
        let inner: usize = match value {
            Value::Array(items) => items.iter().map(parts).sum(),
            Value::Object(fields) => fields.values().map(parts).sum(),
            _ => 0,
        };
        1 + inner
    }

    fn part<'v>(value: &'v mut Value, at: &mut usize) -> Option<&'v mut Value> {
        if *at == 0 {
            return Some(value);
        }
        *at -= 1;
        match value {
            Value::Array(items) => items.iter_mut().find_map(|item| part(item, at)),
            Value::Object(fields) => fields.values_mut().find_map(|field| part(field, at)),
            _ => None,
        }
    }

    /// Removes keys that also occur in another spelling: as with duplicate keys, the last one counts.
    fn keep_one_spelling(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(keep_one_spelling),
            Value::Object(fields) => {
                let mut known = Vec::new();
                fields.retain(|key, _| {
                    let key = spelling(key);
                    let is_new = !known.contains(&key);
                    known.push(key);
                    is_new
                });
                fields.values_mut().for_each(keep_one_spelling);
            }
            _ => {}
        }
    }

    fn spelling(key: &str) -> String {
        match key {
            "error_code" => "code".into(),
            "prompt_token_details" => "prompttokensdetails".into(),
            "base64" | "binary" | "int8" | "ubinary" | "uint8" => "float".into(),
            _ => key.replace('_', "").to_lowercase(),
        }
    }
}

/// Writes JSON in one of its many equivalent forms.
struct Writer {
    rng: TestRng,
    style: Style,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Shuffled,
    Spaced,
    Escaped,
}

impl Writer {
    fn write(&mut self, json: &mut String, value: &Value) {
        self.space(json);
        match value {
            Value::Array(items) => {
                json.push('[');
                for (at, item) in items.iter().enumerate() {
                    json.push_str(if at == 0 { "" } else { "," });
                    self.write(json, item);
                }
                json.push(']');
            }
            Value::Object(fields) => {
                json.push('{');
                for (at, (key, value)) in self.order(fields).into_iter().enumerate() {
                    json.push_str(if at == 0 { "" } else { "," });
                    self.space(json);
                    self.text(json, key);
                    self.space(json);
                    json.push(':');
                    self.write(json, value);
                }
                self.space(json);
                json.push('}');
            }
            Value::String(text) => self.text(json, text),
            _ => json.push_str(&value.to_string()),
        }
        self.space(json);
    }

    fn order<'v>(&mut self, fields: &'v Map<String, Value>) -> Vec<(&'v String, &'v Value)> {
        let mut fields = fields.iter().collect::<Vec<_>>();
        if self.style == Style::Shuffled {
            for at in 1..fields.len() {
                fields.swap(at, self.rng.random_range(0..=at));
            }
        }
        fields
    }

    fn space(&mut self, json: &mut String) {
        while self.style == Style::Spaced && self.rng.random_ratio(1, 2) {
            json.push([' ', '\t', '\r', '\n'][self.rng.random_range(0..4)]);
        }
    }

    fn text(&mut self, json: &mut String, text: &str) {
        if self.style == Style::Escaped {
            json.push('"');
            for unit in text.encode_utf16() {
                write!(json, "\\u{unit:04x}").unwrap();
            }
            json.push('"');
        } else {
            json.push_str(&serde_json::to_string(text).unwrap());
        }
    }
}

/// A document, and its text in this style.
fn written(style: Style) -> impl Strategy<Value = (Value, String)> {
    documents::document().prop_perturb(move |document, rng| {
        let mut json = String::new();
        Writer { rng, style }.write(&mut json, &document);
        (document, json)
    })
}

/// Adds a field to some of the objects.
fn add_unknown(value: &mut Value, unknown: &Value, rng: &mut TestRng) {
    match value {
        Value::Array(items) => {
            for item in items {
                add_unknown(item, unknown, rng);
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                add_unknown(field, unknown, rng);
            }
            if rng.random_ratio(1, 2) {
                fields.insert("unknown".into(), unknown.clone());
            }
        }
        _ => {}
    }
}

#[external_task(skip_all)]
fn returns(value: Value) -> Value {
    value
}

#[external_task(skip_all)]
fn declares(response: Box<RawValue>) {
    current_task().llm_response(&response);
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn response(report: &TaskReport) -> Option<&str> {
    report.llm_response.as_deref().map(RawValue::get)
}

#[test]
fn every_response_is_of_its_shape() {
    for Response { name, json } in responses() {
        let read = read(&json).unwrap_or_else(|| panic!("{name} is not recognised"));
        let (shape, _) = name.split_once('-').unwrap_or((&name, ""));
        assert_eq!(read.shape.name(), shape);
    }
}

#[test]
fn every_shape_has_a_response() {
    let names = responses().into_iter().map(|response| response.name);
    let names = names.collect::<Vec<_>>();
    for shape in Shape::ALL {
        let is_its = |name: &&String| name.split('-').next() == Some(shape.name());
        assert!(names.iter().any(|name| is_its(&name)), "{shape}");
    }
}

/// `UPDATE=1` adds what is missing.
#[test]
fn the_fuzzers_dictionary_has_the_words_of_the_responses() {
    const DICTIONARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/keys.dict");
    let mut words = BTreeSet::new();
    for Response { json, .. } in responses() {
        collect_words(&serde_json::from_str(&json).unwrap(), &mut words);
    }
    let dictionary = std::fs::read_to_string(DICTIONARY).unwrap();
    let known = dictionary.lines().collect::<BTreeSet<_>>();
    let words = words.iter().map(|word| format!("\"{word}\""));
    let missing = words.filter(|word| !known.contains(&**word));
    let missing = missing.map(|word| word + "\n").collect::<String>();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(DICTIONARY, dictionary + &missing).unwrap();
    } else {
        assert_eq!(missing, "", "run this with UPDATE=1");
    }
}

/// Keys, and texts of one word.
fn collect_words(value: &Value, words: &mut BTreeSet<String>) {
    let is_word = |text: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        (2..=40).contains(&text.len()) && text.bytes().all(is_part)
    };
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, words)),
        Value::Object(fields) => {
            for (key, value) in fields {
                words.extend(Some(key).filter(|key| is_word(key)).cloned());
                collect_words(value, words);
            }
        }
        Value::String(text) => words.extend(Some(text).filter(|text| is_word(text)).cloned()),
        _ => {}
    }
}

#[test]
fn a_response_that_is_cut_off_anywhere_is_none() {
    for Response { json, .. } in responses() {
        for at in 0..json.len() {
            let cut = String::from_utf8_lossy(&json.as_bytes()[..at]);
            assert_eq!(ProviderResponse::read(&cut), None, "{cut}");
        }
    }
}

#[test]
fn a_declared_response_keeps_its_bytes() {
    let json = r#"{ "id": 1234567890123456789012345678901234567890, "price": 1.10,
        "choices" : [{"message": {"content": "\u0048i \ud83d\ude00"}, "logprob": -0.0, "e": 1E+02}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3.0} }"#;
    let report = record(|| declares(raw(json)));
    assert_eq!(response(&report), Some(json));
    assert_eq!(report.result.as_deref(), Some("Hi 😀"));
    assert_eq!(report.tokens.unwrap().total_tokens(), 10);
}

#[test]
fn counts_do_not_add_up_to_absurd_numbers() {
    let largest = MAX_COUNT - 1;
    read(&format!(
        r#"{{"candidates": [{{"content": {{"parts": [{{"text": "Hi"}}]}}, "finishReason": "STOP"}}],
            "usageMetadata": {{"promptTokenCount": {largest}, "toolUsePromptTokenCount": {largest},
              "candidatesTokenCount": {largest}, "thoughtsTokenCount": {largest}}}}}"#
    ))
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_text_that_is_no_json_does_no_harm(text: String, bytes: Vec<u8>) {
        read(&text);
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn pieces_of_json_do_no_harm(
        pieces in prop::collection::vec(select(WORDS.clone()), 0..8),
        signs in prop::collection::vec(select(&["{", "}", "[", "]", ",", ":", "\"", "\\u", "1e999", "-"]), 0..64),
    ) {
        let mut json = String::new();
        for (at, sign) in signs.into_iter().enumerate() {
            json.push_str(sign);
            if let Some(piece) = pieces.get(at / 8) {
                write!(json, "\"{piece}\"").unwrap();
            }
        }
        read(&json);
    }

    #[test]
    fn the_order_of_keys_changes_nothing((document, json) in written(Style::Shuffled)) {
        prop_assert_eq!(read(&json), read(&document.to_string()));
    }

    #[test]
    fn white_space_changes_nothing((document, json) in written(Style::Spaced)) {
        prop_assert_eq!(read(&json), read(&document.to_string()));
    }

    #[test]
    fn escapes_change_nothing((document, json) in written(Style::Escaped)) {
        prop_assert_eq!(read(&json), read(&document.to_string()));
    }

    /// Exceptions: a text alone is an error, a single field names the variant of a Rust enum, or names are data.
    #[test]
    fn unknown_fields_change_nothing(
        (before, after) in (documents::document(), documents::any_json()).prop_perturb(
            |(document, unknown), mut rng| {
                let mut after = document.clone();
                add_unknown(&mut after, &unknown, &mut rng);
                (document, after)
            },
        )
    ) {
        let read_before = read(&before.to_string());
        let is_closed = read_before.as_ref().is_some_and(|response| {
            matches!(
                response.shape,
                Shape::Error
                    | Shape::Genai
                    | Shape::Langchain
                    | Shape::ClaudeCode
                    | Shape::GeminiCli
            )
        });
        if !is_closed {
            prop_assert_eq!(read(&after.to_string()), read_before);
        }
    }

    #[test]
    fn a_returned_value_is_reported(document in documents::document()) {
        let json = document.to_string();
        // A name and a text may happen to be those of a secret.
        let report = record_with(Redaction::new().scrub(false), || returns(document.clone()));
        match response(&report) {
            Some(response) => {
                let read = read(&json).unwrap();
                prop_assert_eq!(response, json);
                prop_assert_eq!(report.tokens, read.tokens);
                prop_assert_eq!(report.used_tools, read.used_tools);
                prop_assert_eq!(report.is_success, Some(read.failure.is_none()));
            }
            None => {
                // A text is shown unchanged.
                let shown = document.as_str().map_or(json, str::to_owned);
                let result = Some(shown).filter(|_| !document.is_null());
                prop_assert_eq!(report.result, result);
                prop_assert_eq!(report.tokens, None);
                prop_assert_eq!(report.is_success, Some(true));
            }
        }
    }

    #[test]
    fn any_declared_value_keeps_its_bytes((_, json) in written(Style::Spaced)) {
        let json = json.trim();
        let report = record(|| declares(raw(json)));
        prop_assert_eq!(response(&report), Some(json));
        prop_assert_eq!(report.tokens, read(json).and_then(|read| read.tokens));
    }
}
