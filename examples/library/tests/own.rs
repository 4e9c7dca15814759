//! The library's own tests, without the feature `http`.

use example_library::key_terms;
use example_library::xpander_report::Reporter;
use example_library::xpander_report::testing::Recorder;

#[test]
fn its_runs_are_recorded_where_somebody_asks_for_it() {
    let recorder = Recorder::new();
    let terms = recorder.in_scope(|| key_terms("Rust, rust and more rust: Cargo", 2));
    assert_eq!(terms.unwrap(), ["rust", "more"]);
    let report = &recorder.take()[0];
    assert_eq!(
        report.input.as_deref(),
        Some(r#"{"text":"Rust, rust and more rust: Cargo","count":2}"#)
    );
    assert_eq!(report.result.as_deref(), Some(r#"["rust","more"]"#));
}

#[test]
fn a_failure_says_why() {
    let recorder = Recorder::new();
    recorder.in_scope(|| key_terms("a b c", 2)).unwrap_err();
    let report = &recorder.take()[0];
    assert_eq!(report.is_success, Some(false));
    assert_eq!(
        report.result.as_deref(),
        Some("the text has no word of four letters or more")
    );
}

#[test]
fn otherwise_nobody_listens() {
    key_terms("some words", 1).unwrap();
    assert!(Reporter::current().is_none());
}
