//! Ordinary documents with many words of providers: none is recognised as a response.

use serde_json::value::RawValue;
use xpander_report::testing::Recorder;
use xpander_report::{ProviderResponse, Redaction, external_task};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ordinary");

/// Shapes that are so general that they count only in a declared response: errors, vectors and the like.
const ONLY_DECLARED: &str = "only-declared.jsonl";

#[derive(Clone)]
struct Document {
    file: String,
    line: usize,
    json: String,
}

/// A document for each line of each file.
fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    for file in std::fs::read_dir(DIRECTORY).unwrap() {
        let path = file.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            documents.push(Document {
                file: file.clone(),
                line: at + 1,
                json: line.to_owned(),
            });
        }
    }
    assert!(documents.len() > 120, "{}", documents.len());
    documents
}

#[external_task(skip_all)]
fn returns(document: Box<RawValue>) -> Box<RawValue> {
    document
}

/// The shape that a returned document was wrongly recognised as, if any.
fn taken_for(json: &str) -> Option<String> {
    let document = RawValue::from_string(json.to_owned()).unwrap();
    // One of them contains a secret, which is not the subject here.
    let recorder = Recorder::with_redaction(Redaction::new().scrub(false));
    recorder.in_scope(|| returns(document));
    let report = recorder.take().remove(0);
    // A value whose JSON is a string is shown as its text.
    let result = serde_json::from_str(json).unwrap_or_else(|_| json.to_owned());
    let result = Some(result).filter(|_| json != "null");
    let is_itself = report.result == result
        && report.llm_response.is_none()
        && report.tokens.is_none()
        && report.used_tools.is_empty()
        && report.is_success == Some(true);
    (!is_itself).then(|| format!("{report:?}"))
}

fn assert_none(mistakes: impl Iterator<Item = (Document, String)>) {
    let mistakes = mistakes
        .map(|(Document { file, line, json }, what)| format!("{file}:{line}: {json}\n  {what}"))
        .collect::<Vec<_>>();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

fn assert_none_is_one_when_returned(documents: impl Iterator<Item = Document>) {
    assert_none(documents.filter_map(|document| {
        let what = taken_for(&document.json)?;
        Some((document, what))
    }));
}

fn assert_none_is_one_when_declared(documents: impl Iterator<Item = Document>) {
    assert_none(documents.filter_map(|document| {
        let what = ProviderResponse::read(&document.json)?;
        Some((document, format!("{what:?}")))
    }));
}

#[test]
fn none_is_a_response_when_it_is_returned() {
    assert_none_is_one_when_returned(documents().into_iter());
}

#[test]
fn none_is_a_response_when_it_is_declared() {
    let documents = documents().into_iter();
    assert_none_is_one_when_declared(documents.filter(|document| document.file != ONLY_DECLARED));
}

#[test]
fn some_are_responses_only_when_they_are_declared() {
    for document in documents() {
        if document.file == ONLY_DECLARED {
            let read = ProviderResponse::read(&document.json);
            assert!(read.is_some(), "{}", document.json);
        }
    }
}
