//! The fields of a report in which secrets are scrubbed, and the places that they never reach.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, Reporter, TaskReport, current_task, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, config, record};

use crate::{REDACTED, random};

fn key() -> String {
    format!("sk-proj-{}", random(48))
}

#[test]
fn in_the_input_the_result_and_the_error() {
    #[external_task]
    fn echo(text: &str, fails: bool) -> Result<String, String> {
        match fails {
            true => Err(format!("refused: {text}")),
            false => Ok(text.to_owned()),
        }
    }
    let report = record(|| echo(&key(), false).is_ok());
    assert_eq!(report.result.as_deref(), Some(REDACTED));
    let report = record(|| echo(&key(), true).is_err());
    assert_eq!(report.result.as_deref(), Some("refused: [redacted]"));
    assert_eq!(
        report.input.as_deref(),
        Some(r#"{"text":"[redacted]","fails":true}"#)
    );
}

#[test]
fn in_a_panic_and_in_what_was_set_by_hand() {
    #[external_task]
    fn fails() {
        current_task().result(json!({"password": "hunter2"}).to_string());
        panic!("no {}", key())
    }
    let report = record(|| std::panic::catch_unwind(fails).is_err());
    assert_eq!(
        report.result.as_deref(),
        Some(r#"panicked: no [redacted]: {"password":"[redacted]"}"#)
    );
}

#[test]
fn in_the_items_of_a_stream() {
    #[external_task]
    fn words() -> impl Iterator<Item = String> {
        let key = key();
        let (one, two) = key.split_at(20);
        vec!["the key is ".to_owned(), one.to_owned(), two.to_owned()].into_iter()
    }
    let report = record(|| words().count());
    assert_eq!(report.result.as_deref(), Some("the key is [redacted]"));
}

#[test]
fn a_response_is_verbatim_unless_asked_for() {
    let answer = json!({"choices": [{"message": {"role": "assistant", "content": key()}}], "password": "hunter2"});
    #[external_task]
    fn ask(answer: &Value) -> Value {
        answer.clone()
    }
    let recorded = |redaction| {
        let recorder = Recorder::with_redaction(redaction);
        recorder.in_scope(|| ask(&answer));
        recorder.take().remove(0)
    };
    let report = recorded(Redaction::new());
    assert_eq!(
        report.llm_response.as_ref().map(|raw| raw.get()),
        Some(&*answer.to_string())
    );
    assert_eq!(report.result.as_deref(), Some(REDACTED));
    let report = recorded(Redaction::new().scrub_responses(true));
    assert_eq!(
        report.llm_response.as_ref().map(|raw| raw.get()),
        Some(
            r#"{"choices":[{"message":{"content":"[redacted]","role":"assistant"}}],"password":"[redacted]"}"#
        )
    );
}

#[test]
fn a_long_text_is_scrubbed_before_it_is_cut() {
    let recorder = Recorder::with_redaction(Redaction::new().max_bytes(40));
    let text = format!("{} {}", "x".repeat(30), key());
    recorder.reporter().report(TaskReport::new().input(text));
    let input = recorder.take().remove(0).input.expect("an input");
    assert!(!input.contains("sk-"), "{input}");
}

#[test]
fn before_send_sees_the_scrubbed_report() {
    let redaction = Redaction::new().before_send(|report| {
        report.result = report.input.clone();
    });
    let recorder = Recorder::with_redaction(redaction);
    recorder.reporter().report(TaskReport::new().input(key()));
    assert_eq!(recorder.take()[0].result.as_deref(), Some(REDACTED));
}

#[test]
fn no_request_has_them() {
    let server = Server::always(Answer::task());
    let reporter = xpander_report_tests::reporter(server.url());
    reporter.report(TaskReport::new().input(format!("{} hunter", key())));
    assert!(reporter.flush_blocking(LONG).is_complete());
    let body = &server.requests()[0].body;
    assert!(body.contains("[redacted] hunter"), "{body}");
}

#[test]
fn no_file_of_the_spool_has_them() {
    #[external_task(reporter = reporter, skip(reporter))]
    fn login(reporter: &Reporter, api_key: &str, settings: &Value) -> Result<(), String> {
        Err(format!("{api_key} is refused: Bearer {}", random(30)))
    }
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = away();
    let reporter = Reporter::builder()
        .config(config(url))
        .spool(folder.path())
        .build()
        .unwrap();
    let secret = key();
    login(&reporter, &secret, &json!({"password": "hunter2"})).unwrap_err();
    let written = contents(folder.path());
    assert!(
        written.contains("is refused: Bearer [redacted]"),
        "{written}"
    );
    for secret in [&*secret, "hunter2", &random(30)] {
        assert!(!written.contains(secret), "{written}");
    }
}

/// The content of all files in a folder.
fn contents(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.push_str(&contents(&path)),
            false => all.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap())),
        }
    }
    all
}
