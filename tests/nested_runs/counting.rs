//! A response counts in one task only.

use serde_json::Value;
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport, current_task, external_task};

use super::{chat, responses, totals, without_id};

fn record(run: impl FnOnce()) -> Vec<TaskReport> {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    recorder.take()
}

#[external_task(skip_all)]
fn ask(response: Value) -> Value {
    response
}

#[test]
fn the_outer_run_shows_the_text_of_what_an_inner_task_has_counted() {
    #[external_task]
    fn job() -> Value {
        ask(chat("1", "Hello!"))
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(10), None]);
    assert_eq!(reports[1].result.as_deref(), Some("Hello!"));
    assert!(responses(&reports[1]).is_empty());
}

#[test]
fn a_response_of_its_own_counts_beside_it() {
    #[external_task]
    fn job() -> Value {
        current_task().llm_response(&chat("2", "of its own"));
        ask(chat("1", "Hello!"))
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(10), Some(10)]);
    assert_eq!(responses(&reports[1])[0]["id"], "2");
}

#[test]
fn without_an_id_it_is_the_same_by_model_usage_and_text() {
    #[external_task(skip_all)]
    fn job(again: Value) {
        ask(without_id("llama3", "yes", "2026-11-30T08:00:00Z"));
        current_task().llm_response(&again);
    }
    let again = |model, text| without_id(model, text, "2026-11-30T08:00:01Z");
    assert_eq!(
        totals(&record(|| job(again("llama3", "yes")))),
        [Some(10), None]
    );
    assert_eq!(
        totals(&record(|| job(again("llama3", "no")))),
        [Some(10), Some(10)]
    );
    assert_eq!(
        totals(&record(|| job(again("qwen3", "yes")))),
        [Some(10), Some(10)]
    );
}

#[test]
fn calls_that_look_the_same_are_calls_of_their_own() {
    #[external_task]
    fn job() {
        ask(without_id("llama3", "yes", "2026-11-30T08:00:00Z"));
        for second in ["01", "02"] {
            let made = format!("2026-11-30T08:00:{second}Z");
            current_task().llm_response(&without_id("llama3", "yes", &made));
        }
    }
    // One of the two may be the inner run's response, declared again.
    assert_eq!(totals(&record(job)), [Some(10), Some(10)]);
}

#[test]
fn three_levels_count_it_in_the_innermost() {
    #[external_task]
    fn middle() -> Value {
        ask(chat("1", "Hello!"))
    }
    #[external_task]
    fn job() -> Value {
        middle()
    }
    assert_eq!(totals(&record(|| drop(job()))), [Some(10), None, None]);
}

#[test]
fn a_level_that_hides_it_does_not_make_it_count_again() {
    use std::cell::RefCell;
    thread_local!(static KEPT: RefCell<Option<Value>> = const { RefCell::new(None) });

    #[external_task]
    fn middle() {
        KEPT.set(Some(ask(chat("1", "Hello!"))));
    }
    #[external_task]
    fn job() -> Option<Value> {
        middle();
        KEPT.take()
    }
    assert_eq!(totals(&record(|| drop(job()))), [Some(10), None, None]);
}

#[test]
fn siblings_are_not_compared() {
    #[external_task]
    fn job() {
        ask(chat("1", "Hello!"));
        ask(chat("1", "Hello!"));
    }
    // The runs are siblings, and each reports its own response.
    assert_eq!(totals(&record(job)), [Some(10), Some(10), None]);
}

#[test]
fn an_inner_run_of_another_reporter_counts_too() {
    #[external_task(reporter = reporter, skip_all)]
    fn theirs(reporter: &xpander_report::Reporter) -> Value {
        chat("1", "Hello!")
    }
    #[external_task(skip_all)]
    fn job(reporter: &xpander_report::Reporter) -> Value {
        theirs(reporter)
    }
    let (ours, other) = (Recorder::new(), Recorder::new());
    ours.in_scope(|| job(&other.reporter()));
    assert_eq!(totals(&ours.take()), [None]);
    assert_eq!(totals(&other.take()), [Some(10)]);
}

#[test]
fn it_is_the_same_where_no_content_is_captured() {
    #[external_task]
    fn job() -> Value {
        ask(chat("1", "Hello!"))
    }
    let recorder = Recorder::with_redaction(Redaction::new().capture_content(false));
    recorder.in_scope(job);
    assert_eq!(totals(&recorder.take()), [Some(10), None]);
}

#[test]
fn a_failure_that_the_outer_run_returns_fails_it() {
    #[external_task]
    fn job() -> Value {
        ask(serde_json::json!({
            "id": "1",
            "choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}],
        }))
    }
    let reports = record(|| drop(job()));
    let failed: Vec<_> = reports.iter().map(|report| report.is_success).collect();
    assert_eq!(failed, [Some(false); 2]);
}

#[test]
fn of_thousands_of_inner_runs_the_latest_are_remembered() {
    #[external_task]
    fn job() -> Value {
        let ask = |number: u32| ask(chat(&number.to_string(), "Hello!"));
        (0..25_000).fold(Value::Null, |_, number| ask(number))
    }
    let reports = record(|| drop(job()));
    assert_eq!(reports.len(), 25_001);
    assert_eq!(reports.last().unwrap().tokens, None);
}

mod of_runs_that_nobody_takes {
    use xpander_report::Reporter;

    use super::*;

    #[external_task(reporter = Reporter::disabled())]
    fn off() {
        current_task()
            .llm_response(&chat("1", "Hello!"))
            .used_tool("search");
        assert!(
            current_task().id().is_some(),
            "the outer run is the current one"
        );
    }

    #[external_task(sample = 0.0, keep_failures)]
    fn not_drawn() -> Value {
        current_task().used_tool("search");
        chat("1", "Hello!")
    }

    #[external_task(sample = 0.0, keep_failures)]
    fn not_drawn_and_blocked() -> Value {
        serde_json::json!({
            "id": "1",
            "choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        })
    }

    #[external_task(sample = 0.0, keep_failures)]
    fn not_drawn_and_silent() {
        current_task().used_tool("search");
    }

    #[test]
    fn everything_belongs_to_the_outer_run() {
        #[external_task]
        fn job() {
            off();
        }
        let reports = record(job);
        assert_eq!(totals(&reports), [Some(10)]);
        assert_eq!(reports[0].used_tools, ["search"]);
    }

    #[test]
    fn what_sample_left_out_belongs_to_the_outer_run_too() {
        #[external_task]
        fn job() {
            not_drawn();
            not_drawn_and_silent();
        }
        let reports = record(job);
        assert_eq!(totals(&reports), [Some(10)]);
        assert_eq!(reports[0].used_tools, ["search", "search"]);
    }

    #[test]
    fn one_that_is_reported_because_it_failed_counts_itself() {
        #[external_task]
        fn job() {
            not_drawn_and_blocked();
        }
        assert_eq!(totals(&record(job)), [Some(10), None]);
    }
}
