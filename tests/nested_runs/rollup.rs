//! The key `rollup`, and an application's `rollup` for a library.

use std::convert::Infallible;

use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{TaskReport, Tokens, current_task, external_task, tool};

use super::{chat, responses, totals};

#[external_task(rollup, skip_all)]
fn returns(response: Value) -> Value {
    response
}

#[external_task(rollup, skip_all)]
fn declares(response: Value) -> &'static str {
    current_task().llm_response(&response);
    "done"
}

fn record(run: impl FnOnce()) -> Vec<TaskReport> {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    recorder.take()
}

#[test]
fn outside_a_run_it_is_an_ordinary_task() {
    let reports = record(|| drop(returns(chat("1", "Hello!"))));
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].result.as_deref(), Some("Hello!"));
}

#[test]
fn responses_of_several_add_up_in_order() {
    #[external_task]
    fn job() -> String {
        returns(chat("1", "one"));
        declares(chat("2", "two"));
        current_task().llm_response(&chat("3", "three"));
        "report".to_owned()
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(30)]);
    let ids: Vec<_> = responses(&reports[0])
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(reports[0].result.as_deref(), Some("report"));
}

#[test]
fn the_same_response_counts_once() {
    #[external_task]
    fn job() -> Value {
        let response = returns(chat("1", "one"));
        declares(response.clone());
        current_task().llm_response(&response);
        response
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(responses(&reports[0]).len(), 1);
    assert_eq!(reports[0].result.as_deref(), Some("one"));
}

#[test]
fn tokens_that_it_sets_count_instead_of_those_of_its_responses() {
    #[external_task(rollup, skip_all, tokens = |_| Tokens::new(100, 20))]
    fn sets(response: Value) -> Value {
        response
    }
    #[external_task]
    fn job() -> Value {
        returns(chat("1", "one"));
        sets(chat("2", "two"))
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(130)]);
    assert_eq!(responses(&reports[0]).len(), 2);
}

#[test]
fn tokens_that_the_outer_run_sets_stand() {
    #[external_task(tokens = |_| Tokens::new(1, 1))]
    fn job() {
        returns(chat("1", "one"));
    }
    assert_eq!(totals(&record(job)), [Some(2)]);
}

#[test]
fn its_tools_are_the_outer_runs() {
    #[tool]
    fn search() {}
    #[external_task(rollup)]
    fn asks() -> Value {
        json!({
            "id": "1",
            "choices": [{"message": {"content": null, "tool_calls": [
                {"function": {"name": "search"}},
                {"function": {"name": "fetch"}},
            ]}}],
        })
    }
    #[external_task(rollup)]
    fn calls() {
        current_task().used_tool("plan");
    }
    #[external_task]
    fn job() {
        calls();
        asks();
        search();
    }
    let reports = record(job);
    assert_eq!(reports[0].used_tools, ["plan", "search", "fetch"]);
}

#[test]
fn its_failure_does_not_fail_the_outer_run() {
    #[external_task(rollup)]
    fn refuses() -> Result<Value, String> {
        current_task().llm_response(&chat("1", "partly"));
        Err("the model was not reached".to_owned())
    }
    #[external_task(rollup)]
    fn blocked() -> Value {
        json!({"id": "2", "choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]})
    }
    #[external_task(rollup)]
    fn gives_up() {
        current_task().fail("by hand");
    }
    #[external_task]
    fn job() -> String {
        refuses().unwrap_err();
        blocked();
        gives_up();
        "all the same".to_owned()
    }
    let reports = record(|| drop(job()));
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].is_success, Some(true));
    assert_eq!(reports[0].result.as_deref(), Some("all the same"));
}

#[test]
fn a_panic_of_it_leaves_what_it_had() {
    #[external_task(rollup)]
    fn breaks() {
        current_task().llm_response(&chat("1", "partly"));
        panic!("not today");
    }
    #[external_task]
    fn job() {
        std::panic::catch_unwind(breaks).ok();
    }
    let reports = record(job);
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].is_success, Some(true));
}

#[test]
fn recursion_counts_in_the_outermost_run() {
    #[external_task(rollup, id = format!("level-{level}"))]
    fn descend(level: u32) -> Result<u32, Infallible> {
        current_task().llm_response(&chat(&format!("{level}"), "deeper"));
        if level < 200 {
            descend(level + 1)
        } else {
            Ok(level)
        }
    }
    let reports = record(|| assert_eq!(descend(1), Ok(200)));
    assert_eq!(totals(&reports), [Some(2_000)]);
    assert_eq!(reports[0].id.as_deref(), Some("level-1"));
    assert_eq!(responses(&reports[0]).len(), 200);
}

#[test]
fn what_is_more_than_a_run_may_hold_is_a_task_of_its_own() {
    #[external_task]
    fn job() {
        let text = "x".repeat(24 << 20);
        for id in ["1", "2", "3"] {
            declares(chat(id, &text));
        }
    }
    let reports = record(job);
    assert_eq!(totals(&reports), [Some(10), Some(20)]);
}

#[test]
fn an_inner_task_is_not_counted_by_what_is_rolled_up_around_it() {
    #[external_task]
    fn task() -> Value {
        chat("1", "one")
    }
    #[external_task(rollup)]
    fn passes_on() -> Value {
        task()
    }
    #[external_task]
    fn job() -> Value {
        passes_on()
    }
    assert_eq!(totals(&record(|| drop(job()))), [Some(10), None]);
}

#[test]
fn its_handle_names_the_outer_runs_task_and_reports_its_progress() {
    #[external_task(rollup)]
    fn half() -> Option<String> {
        current_task().progress();
        current_task().id()
    }
    #[external_task(id = "job-7")]
    fn job() -> Option<String> {
        half()
    }
    let mut id = None;
    let reports = record(|| id = job());
    assert_eq!(id.as_deref(), Some("job-7"));
    let ids: Vec<_> = reports.iter().map(|report| report.id.as_deref()).collect();
    assert_eq!(ids, [Some("job-7"); 2]);
}

mod by_the_application {
    use std::time::Duration;

    use xpander_report::{Reporter, ReporterBuilder};
    use xpander_report_tests::config;
    use xpander_report_tests::server::{Answer, Server};

    use super::*;

    #[external_task(reporter = reporter)]
    fn library(reporter: &Reporter) -> Value {
        chat("1", "one")
    }

    #[external_task(reporter = reporter, input = "job")]
    fn job(reporter: &Reporter) {
        library(reporter);
    }

    /// The number of tasks of a job that calls the library, and the sum of their tokens.
    fn inside(builder: ReporterBuilder, server: &Server) -> (usize, u64) {
        sent(builder, server, job)
    }

    fn sent(
        builder: ReporterBuilder,
        server: &Server,
        run: impl FnOnce(&Reporter),
    ) -> (usize, u64) {
        let before = server.requests().len();
        let reporter = builder.build().unwrap();
        run(&reporter);
        assert_eq!(reporter.flush_blocking(Duration::from_secs(10)).pending, 0);
        let requests = server.requests();
        let tokens = requests[before..].iter().map(|request| {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            body["tokens"]["total_tokens"].as_u64().unwrap_or(0)
        });
        (requests.len() - before, tokens.sum())
    }

    const LIBRARY: &str = "nested_runs::rollup::by_the_application::library";

    #[test]
    fn runs_of_a_library_are_rolled_up() {
        let server = Server::always(Answer::task());
        let builder = || Reporter::builder().config(config(server.url()));
        assert_eq!(inside(builder(), &server), (2, 10));
        assert_eq!(inside(builder().rollup([LIBRARY]), &server), (1, 10));
        assert_eq!(inside(builder().rollup(["other"]), &server), (2, 10));
        let alone = sent(builder().rollup([LIBRARY]), &server, |reporter| {
            library(reporter);
        });
        assert_eq!(alone, (1, 10), "outside a run it is a task");
    }

    #[test]
    fn the_environment_adds_to_the_list() {
        let server = Server::always(Answer::task());
        let config = config(server.url()).variables([("XPANDER_REPORT_ROLLUP", LIBRARY)]);
        let builder = || Reporter::builder().config(config.clone());
        assert_eq!(inside(builder(), &server), (1, 10));
        assert_eq!(inside(builder().rollup(["other"]), &server), (1, 10));
    }

    #[test]
    fn what_is_rolled_up_need_not_be_among_the_targets() {
        let server = Server::always(Answer::task());
        let job = "nested_runs::rollup::by_the_application::job";
        let builder = || {
            let builder = Reporter::builder().config(config(server.url()));
            builder.only([job]).rollup([LIBRARY])
        };
        assert_eq!(inside(builder(), &server), (1, 10));
        let alone = sent(builder(), &server, |reporter| {
            library(reporter);
        });
        assert_eq!(alone, (0, 0), "outside a run nobody takes it");
        assert_eq!(inside(builder().except([LIBRARY]), &server), (1, 0));
    }
}
