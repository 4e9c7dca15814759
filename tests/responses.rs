//! The fields of a report that come from a run's provider responses, and those that do not.

use std::convert::Infallible;

use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{
    LlmResponse, Redaction, TaskReport, Tokens, current_task, external_task, tool,
};
use xpander_report_tests::{platform, record, reporter};

fn record_with<T>(redaction: Redaction, run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::with_redaction(redaction);
    recorder.in_scope(run);
    recorder.take().remove(0)
}

/// A chat completion of 7 tokens in and 3 out.
fn chat(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    })
}

fn calling(id: &str, tools: &[&str]) -> Value {
    let calls = tools
        .iter()
        .map(|tool| json!({"function": {"name": tool}}))
        .collect::<Vec<_>>();
    json!({"id": id, "choices": [{"message": {"content": null, "tool_calls": calls}}]})
}

fn filtered(id: &str, text: &str) -> Value {
    json!({"id": id, "choices": [{"message": {"content": text}, "finish_reason": "content_filter"}]})
}

fn response(report: &TaskReport) -> Value {
    let response = report.llm_response.as_ref().unwrap();
    serde_json::from_str(response.get()).unwrap()
}

#[external_task(skip_all)]
fn returns<T: serde::Serialize>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

#[external_task(skip_all)]
fn declares(responses: &[Value]) -> &'static str {
    for response in responses {
        current_task().llm_response(response);
    }
    "returned"
}

mod a_returned_response {
    use super::*;

    #[test]
    fn is_reported_as_text_tokens_tools_and_itself() {
        let report = record(|| returns(chat("1", "Hello!")));
        assert_eq!(report.result.as_deref(), Some("Hello!"));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(response(&report), chat("1", "Hello!"));
        assert_eq!(report.is_success, Some(true));
    }

    #[test]
    fn without_text_leaves_the_result_open() {
        let report = record(|| returns(calling("1", &["search", "search"])));
        assert_eq!(report.result, None);
        assert_eq!(report.used_tools, ["search", "search"]);
    }

    #[test]
    fn of_no_known_shape_is_an_ordinary_result() {
        let report = record(|| returns(json!({"answer": 42})));
        assert_eq!(report.result.as_deref(), Some(r#"{"answer":42}"#));
        assert!(report.llm_response.is_none());
    }

    #[test]
    fn as_text_is_text() {
        #[external_task]
        fn run() -> String {
            chat("1", "Hello!").to_string()
        }
        let report = record(run);
        assert_eq!(report.result, Some(chat("1", "Hello!").to_string()));
        assert_eq!(report.tokens, None);
    }

    #[test]
    fn counts_once_when_it_was_declared_as_well() {
        #[external_task]
        fn run() -> Value {
            let answer = chat("1", "Hello!");
            current_task().llm_response(&answer);
            answer
        }
        let report = record(run);
        assert_eq!(report.result.as_deref(), Some("Hello!"));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(response(&report), chat("1", "Hello!"));
    }

    #[test]
    fn counts_beside_those_that_were_declared() {
        #[external_task]
        fn run() -> Value {
            current_task().llm_response(&calling("1", &["search"]));
            chat("2", "Found.")
        }
        let report = record(run);
        assert_eq!(report.result.as_deref(), Some("Found."));
        assert_eq!(report.used_tools, ["search"]);
        let both = json!([calling("1", &["search"]), chat("2", "Found.")]);
        assert_eq!(response(&report), both);
    }

    #[test]
    fn that_a_crate_made_of_declared_ones_does_not_count_beside_them() {
        #[external_task]
        fn run() -> Value {
            current_task().llm_response(&chat("1", "Hello!"));
            json!({
                "content": [{"type": "text", "text": "Hello!"}],
                "messages": [],
                "usage": {"input_tokens": 7, "output_tokens": 3},
            })
        }
        let report = record(run);
        assert_eq!(report.result.as_deref(), Some("Hello!"));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(response(&report), chat("1", "Hello!"));
    }

    #[test]
    fn is_read_beside_an_explicit_result() {
        #[external_task]
        fn run() -> Value {
            current_task().result("said");
            searching()
        }
        fn searching() -> Value {
            let mut response = calling("1", &["search"]);
            response["usage"] = chat("1", "")["usage"].take();
            response
        }
        let report = record(run);
        assert_eq!(report.result.as_deref(), Some("said"));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.used_tools, ["search"]);
        assert_eq!(response(&report), searching());
    }

    #[test]
    fn of_no_known_shape_gives_way_to_an_explicit_result() {
        #[external_task]
        fn run() -> Value {
            current_task().result("said");
            json!({"answer": 42})
        }
        let report = record(run);
        assert_eq!(report.result.as_deref(), Some("said"));
        assert!(report.llm_response.is_none());
    }

    #[test]
    fn of_a_run_that_counts_in_another_is_read_beside_an_explicit_result() {
        #[external_task(rollup)]
        fn inner() -> Value {
            current_task().result("said");
            chat("1", "Hello!")
        }
        #[external_task]
        fn outer() {
            inner();
        }
        let report = record(outer);
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(response(&report), chat("1", "Hello!"));
    }

    #[test]
    fn gives_its_tokens_where_no_content_may_leave() {
        let off = Redaction::new().capture_content(false);
        let report = record_with(off, || returns(chat("1", "secret")));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.result, None);
        assert!(report.llm_response.is_none());
    }

    #[test]
    fn is_read_before_it_is_cut() {
        let long = "x".repeat(1000);
        let short = Redaction::new().max_bytes(100);
        let report = record_with(short, || returns(chat("1", &long)));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        let result = report.result.as_deref().unwrap();
        assert!(result.starts_with("xxxx") && result.len() < 130, "{result}");
        assert_eq!(response(&report)["truncated"], true);
    }
}

mod declared_responses {
    use super::*;

    #[test]
    fn add_up_and_become_an_array() {
        let responses = [
            calling("1", &["search"]),
            chat("2", "Hm."),
            chat("3", "Ah!"),
        ];
        let report = record(|| declares(&responses));
        assert_eq!(report.tokens, Some(Tokens::new(14, 6)));
        assert_eq!(report.used_tools, ["search"]);
        assert_eq!(response(&report), json!(responses));
        assert_eq!(report.result.as_deref(), Some("returned"));
    }

    #[test]
    fn count_once_by_their_id_and_the_last_of_them_stays() {
        let queued = json!({"object": "response", "id": "1", "status": "queued", "output": []});
        let mut done = queued.clone();
        done["status"] = json!("completed");
        done["usage"] = json!({"input_tokens": 7, "output_tokens": 3});
        let report = record(|| declares(&[queued, done.clone()]));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(response(&report), done);
    }

    #[test]
    fn count_once_by_their_bytes_where_there_is_no_id() {
        let mut nameless = chat("", "Hello!");
        let mut other = nameless.clone();
        other["choices"][0]["message"]["content"] = json!("Hello?");
        nameless["id"].take();
        other["id"].take();
        let report = record(|| declares(&[nameless.clone(), other, nameless]));
        assert_eq!(report.tokens, Some(Tokens::new(14, 6)));
    }

    #[test]
    fn give_way_to_explicit_tokens() {
        #[external_task]
        fn run() {
            current_task()
                .llm_response(&chat("1", "Hello!"))
                .tokens(Tokens::new(1, 1));
        }
        assert_eq!(record(run).tokens, Some(Tokens::new(1, 1)));
    }

    #[test]
    fn give_their_text_where_nothing_came_out() {
        #[external_task]
        fn run() {
            current_task().llm_response(&chat("1", "Hello!"));
            current_task().llm_response(&calling("2", &["search"]));
        }
        assert_eq!(record(run).result.as_deref(), Some("Hello!"));
    }

    #[test]
    fn of_a_nested_run_are_not_the_outer_runs() {
        #[external_task]
        fn outer() {
            declares(&[chat("1", "Hello!")]);
        }
        let recorder = Recorder::new();
        recorder.in_scope(outer);
        let tokens: Vec<_> = recorder.take().iter().map(|report| report.tokens).collect();
        assert_eq!(tokens, [Some(Tokens::new(7, 3)), None]);
    }

    #[test]
    fn of_a_run_that_failed_still_count() {
        #[external_task]
        fn run() -> Result<(), &'static str> {
            current_task().llm_response(&chat("1", "no JSON"));
            Err("the answer is no JSON")
        }
        let report = record(run);
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.result.as_deref(), Some("the answer is no JSON"));
    }

    #[test]
    fn come_from_a_key_that_borrows_too() {
        struct Answer {
            raw: Value,
        }
        #[external_task(llm_response = |answer| &answer.raw, result = |_| "done")]
        fn run() -> Answer {
            Answer {
                raw: chat("1", "Hello!"),
            }
        }
        let report = record(run);
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.result.as_deref(), Some("done"));
    }

    #[test]
    fn may_be_of_a_type_that_does_not_serialise() {
        struct Answer(&'static str);
        struct Mine;
        impl LlmResponse<Mine> for Answer {
            fn response(&self) -> impl serde::Serialize {
                chat("1", self.0)
            }
        }
        #[external_task]
        fn run() {
            current_task().llm_response(&Answer("Hello!"));
        }
        assert_eq!(record(run).result.as_deref(), Some("Hello!"));
    }

    #[test]
    fn of_a_report_made_by_hand_are_read_by_its_reporter() {
        let recorder = Recorder::new();
        let report = TaskReport::new().llm_response(chat("1", "Hello!"));
        recorder.reporter().report(report);
        let report = recorder.take().remove(0);
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.result.as_deref(), Some("Hello!"));
    }
}

mod a_response_that_says_it_failed {
    use super::*;

    const BLOCKED: &str = "the provider blocked the answer (content_filter)";

    #[test]
    fn makes_the_run_a_failure_with_its_reason() {
        let report = record(|| returns(filtered("1", "")));
        assert_eq!(report.is_success, Some(false));
        assert_eq!(report.result.as_deref(), Some(BLOCKED));
    }

    #[test]
    fn is_followed_by_what_came_out_all_the_same() {
        let report = record(|| returns(filtered("1", "To begin with,")));
        let result = format!("{BLOCKED}: To begin with,");
        assert_eq!(report.result, Some(result));
        let report = record(|| declares(&[filtered("1", "")]));
        assert_eq!(report.result, Some(format!("{BLOCKED}: returned")));
    }

    #[test]
    fn counts_only_if_it_is_the_last() {
        let report = record(|| declares(&[filtered("1", ""), chat("2", "Hello!")]));
        assert_eq!(report.is_success, Some(true));
        assert_eq!(report.result.as_deref(), Some("returned"));
        let report = record(|| declares(&[chat("1", "Hello!"), filtered("2", "")]));
        assert_eq!(report.is_success, Some(false));
    }

    #[test]
    fn gives_way_to_an_explicit_success() {
        #[external_task(is_success = |_| true)]
        fn run() -> Value {
            filtered("1", "enough")
        }
        let report = record(run);
        assert_eq!(report.is_success, Some(true));
        assert_eq!(report.result.as_deref(), Some("enough"));
    }

    #[test]
    fn leaves_an_explicit_result_alone() {
        #[external_task]
        fn run() {
            current_task()
                .result("said")
                .llm_response(&filtered("1", ""));
        }
        let report = record(run);
        assert_eq!(report.is_success, Some(false));
        assert_eq!(report.result.as_deref(), Some("said"));
    }

    #[test]
    fn fails_the_run_beside_an_explicit_result() {
        #[external_task]
        fn run() -> Value {
            current_task().result("said");
            filtered("1", "")
        }
        let report = record(run);
        assert_eq!(report.is_success, Some(false));
        assert_eq!(report.result.as_deref(), Some("said"));
    }

    #[test]
    fn is_shown_by_the_providers_word_where_no_content_may_leave() {
        let off = Redaction::new().capture_content(false);
        let report = record_with(off, || returns(filtered("1", "secret")));
        assert_eq!(report.is_success, Some(false));
        assert_eq!(report.result.as_deref(), Some("content_filter"));
    }

    #[test]
    fn is_not_one_that_was_cut_off() {
        let mut cut = chat("1", "To begin");
        cut["choices"][0]["finish_reason"] = json!("length");
        let report = record(|| returns(cut));
        assert_eq!(report.is_success, Some(true));
    }

    #[test]
    fn is_kept_where_only_failures_are() {
        #[external_task(sample = 0.0, keep_failures, skip_all)]
        fn run(value: Value) -> Value {
            value
        }
        let recorder = Recorder::new();
        recorder.in_scope(|| {
            run(chat("1", "Hello!"));
            run(filtered("2", ""));
            run(json!("ordinary"));
        });
        let reports = recorder.take();
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].is_success, Some(false));
    }
}

mod tools {
    use super::*;

    #[tool]
    fn search() {}

    #[tool(name = "get_weather")]
    fn weather() {}

    #[test]
    fn that_a_response_asks_for_and_the_body_calls_are_one_call_each() {
        #[external_task]
        fn run() {
            current_task().llm_response(&calling("1", &["search", "get_weather", "search"]));
            search();
            weather();
            current_task().llm_response(&calling("2", &["search"]));
        }
        let mut tools = record(run).used_tools;
        tools.sort_unstable();
        assert_eq!(tools, ["get_weather", "search", "search", "search"]);
    }

    #[test]
    fn that_only_the_body_or_only_a_response_knows_are_all_there() {
        #[external_task]
        fn run() {
            search();
            current_task().llm_response(&calling("1", &["web_search"]));
        }
        assert_eq!(record(run).used_tools, ["search", "web_search"]);
    }

    #[test]
    fn of_the_key_are_all_there_is() {
        #[external_task(used_tools = |_| ["mine"])]
        fn run() -> Value {
            search();
            calling("1", &["search"])
        }
        assert_eq!(record(run).used_tools, ["mine"]);
    }
}

#[test]
fn a_run_that_only_a_response_can_fail_is_left_out_without_being_lost() {
    #[external_task(reporter = reporter, sample = 0.0, keep_failures, skip_all)]
    fn run(reporter: &xpander_report::Reporter, value: Value) -> Value {
        value
    }
    let platform = platform();
    let reporter = reporter(platform.url());
    run(&reporter, chat("1", "Hello!"));
    run(&reporter, filtered("2", ""));
    let outcome = reporter.flush_blocking(xpander_report_tests::LONG);
    assert!(outcome.is_complete(), "{outcome:?}");
    let stats = reporter.stats();
    assert_eq!(
        (stats.accepted, stats.delivered, stats.sampled_out),
        (2, 1, 1)
    );
}
