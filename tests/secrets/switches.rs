use serde_json::json;
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, Reporter, TaskReport, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config};

use crate::{REDACTED, input_with, random};

#[test]
fn scrubbing_can_be_switched_off() {
    let text = json!({"password": "hunter2", "key": format!("sk-{}", random(40))}).to_string();
    assert_eq!(input_with(Redaction::new().scrub(false), &text), text);
}

#[test]
fn what_the_attribute_leaves_out_stays_out_then() {
    #[external_task]
    fn ask(api_key: &str) {}
    let recorder = Recorder::with_redaction(Redaction::new().scrub(false));
    recorder.in_scope(|| ask("hunter2"));
    assert_eq!(recorder.take()[0].input.as_deref(), Some(REDACTED));
}

#[test]
fn further_names_count_as_the_list_does() {
    let names = || Redaction::new().scrub_names(["Customer-Name", "iban"]);
    assert_eq!(
        input_with(
            names(),
            r#"{"customerName":"Ada","old_iban":["DE1"],"ibans":"x","amount":5}"#
        ),
        r#"{"customerName":"[redacted]","old_iban":["[redacted]"],"ibans":"x","amount":5}"#
    );
    assert_eq!(
        input_with(names(), r#"{"password":"x1"}"#),
        r#"{"password":"[redacted]"}"#
    );
    assert_eq!(
        input_with(Redaction::new().scrub_names(["", "_"]), r#"{"a":"b"}"#),
        r#"{"a":"b"}"#
    );
}

#[test]
fn further_names_count_for_arguments_too_unless_they_are_listed() {
    #[external_task]
    fn alone(iban: &str) {}
    #[external_task]
    fn beside(iban: &str, amount: u8) {}
    #[external_task(input(iban, amount))]
    fn listed(iban: &str, amount: u8) {}
    #[external_task(input(iban))]
    fn listed_alone(iban: &str) {}
    let recorder = Recorder::with_redaction(Redaction::new().scrub_names(["iban"]));
    recorder.in_scope(|| {
        alone("DE1");
        beside("DE1", 5);
        listed("DE1", 5);
        listed_alone("DE1");
    });
    let inputs: Vec<_> = recorder
        .take()
        .into_iter()
        .filter_map(|report| report.input)
        .collect();
    assert_eq!(
        inputs,
        [
            REDACTED,
            r#"{"iban":"[redacted]","amount":5}"#,
            r#"{"iban":"DE1","amount":5}"#,
            "DE1",
        ]
    );
}

#[test]
fn the_environment_switches_it_off_on_the_wire() {
    let text = json!({"password": "hunter2"}).to_string();
    for (variable, is_scrubbed) in [("false", false), ("off", false), ("true", true), ("", true)] {
        let server = Server::always(Answer::task());
        let config = config(server.url()).variables([("XPANDER_REPORT_SCRUB", variable)]);
        let reporter = Reporter::builder().config(config).build().unwrap();
        reporter.report(TaskReport::new().input(&*text));
        assert!(reporter.flush_blocking(LONG).is_complete());
        let body = &server.requests()[0].body;
        assert_eq!(body.contains("hunter2"), !is_scrubbed, "{variable}: {body}");
    }
}

#[test]
fn a_variable_that_says_neither_is_an_error() {
    let config = config("http://127.0.0.1:9").variables([("XPANDER_REPORT_SCRUB", "perhaps")]);
    let error = Reporter::builder().config(config).build().unwrap_err();
    assert_eq!(error.variable, "XPANDER_REPORT_SCRUB");
}

#[test]
fn debug_shows_what_is_set() {
    let redaction = Redaction::new()
        .scrub_names(["iban"])
        .scrub_responses(true)
        .max_media_bytes(5);
    let shown = format!("{redaction:?}");
    for part in [
        "scrub: true",
        "scrub_names: [\"iban\"]",
        "scrub_responses: true",
        "max_media_bytes: 5",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}
