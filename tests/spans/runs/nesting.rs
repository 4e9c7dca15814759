use std::convert::Infallible;
use std::time::Duration;

use serde_json::json;
use tower::{Layer, Service, service_fn};
use xpander_report::testing::Recorder;
use xpander_report::{InTask, Reporter, TaskLayer, Tokens, current_task, external_task};
use xpander_report_local::TaskStatus;
use xpander_report_tests::{LONG, config, platform, until};
use xpander_report_tests_spans::spans;

use crate::traced;

fn respond(id: &str) {
    let choice = json!({"index": 0, "message": {"content": id}, "finish_reason": "stop"});
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    current_task().llm_response(&json!({"id": id, "choices": [choice], "usage": usage}));
}

#[external_task]
async fn inner(id: &str) {
    smol::future::yield_now().await;
    respond(id);
}

#[test]
fn a_run_inside_a_run_is_a_span_inside_its_span_and_counts_alone() {
    #[external_task]
    async fn outer() {
        inner("1").await;
        respond("2");
    }
    let (spans, reports) = traced(|| smol::block_on(outer()));
    let inner = spans.named("invoke_agent inner");
    assert_eq!(
        spans.path(inner),
        ["invoke_agent inner", "invoke_agent outer"]
    );
    assert_eq!(inner.usage()[..2], [Some(7), Some(3)]);
    assert_eq!(
        spans.named("invoke_agent outer").usage()[..2],
        [Some(7), Some(3)]
    );
    for (report, name) in reports.iter().zip(["inner", "outer"]) {
        let span = spans.named(&format!("invoke_agent {name}"));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(span.text("xpander.task.id"), report.id.as_deref());
    }
}

#[test]
fn a_response_that_the_inner_run_has_counted_is_not_counted_again() {
    #[external_task]
    async fn outer() {
        inner("1").await;
        respond("1");
    }
    let (spans, reports) = traced(|| smol::block_on(outer()));
    let outer = spans.named("invoke_agent outer");
    assert_eq!(outer.usage()[0], None);
    assert_eq!(outer.text("gen_ai.response.id"), Some("1"));
    assert_eq!(reports[1].tokens, None);
}

#[test]
fn a_run_that_is_rolled_up_is_a_span_of_its_own_and_counts_in_the_outer_one() {
    #[external_task(rollup)]
    async fn rolled_up() {
        respond("1");
    }
    #[external_task(id = "outer")]
    async fn outer() {
        rolled_up().await;
        respond("2");
    }
    let (spans, reports) = traced(|| smol::block_on(outer()));
    let inner = spans.named("invoke_agent rolled_up");
    assert_eq!(inner.usage()[0], Some(7));
    assert_eq!(inner.text("xpander.task.id"), Some("outer"));
    assert_eq!(spans.named("invoke_agent outer").usage()[0], Some(14));
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].tokens, Some(Tokens::new(14, 6)));

    let (spans, reports) = traced(|| smol::block_on(rolled_up()));
    let alone = spans.named("invoke_agent rolled_up");
    assert_eq!(alone.text("xpander.task.id"), reports[0].id.as_deref());
}

/// A run whose reporter excludes the function called inside it.
fn excluded(is_traced: bool, run: impl Fn(&Reporter)) -> serde_json::Value {
    let platform = platform();
    let builder = Reporter::builder().config(config(platform.url()));
    let reporter = builder
        .except(["runs::nesting::excluded_one"])
        .build()
        .unwrap();
    match is_traced {
        true => drop(spans(|| run(&reporter))),
        false => run(&reporter),
    }
    assert!(reporter.flush_blocking(LONG).is_complete());
    let tasks = platform.tasks().unwrap();
    let [task] = &tasks[..] else {
        panic!("{tasks:?}");
    };
    json!({
        "id": task.id, "result": task.result, "status": task.status.to_string(), "tools": task.used_tools,
        "tokens": task.tokens.map(|tokens| tokens.prompt_tokens), "response": task.llm_response,
    })
}

#[external_task(reporter = reporter, name = "excluded_one")]
fn excluded_one(reporter: &Reporter) -> serde_json::Value {
    respond("1");
    current_task().used_tool("search").result("from inside");
    assert_eq!(current_task().id().as_deref(), Some("outer"));
    json!({"choices": [{"message": {"content": "returned"}}]})
}

#[test]
fn a_subscriber_changes_nothing_about_a_run_that_nobody_takes() {
    #[external_task(reporter = reporter, id = "outer")]
    fn outer(reporter: &Reporter) {
        excluded_one(reporter);
    }
    assert_eq!(excluded(true, outer), excluded(false, outer));
}

#[test]
fn a_layered_call_that_the_reporter_does_not_take_has_no_deadline() {
    let platform = platform();
    let builder = Reporter::builder().config(config(platform.url()));
    let reporter = builder.except(["tests::excluded"]).build().unwrap();
    let layer = |name| {
        let layer = TaskLayer::new(name).reporter(reporter.clone());
        layer.id(|id: &&str| *id).deadline(|_| Duration::ZERO)
    };
    let is_failed = || {
        let task = platform.task("taken").unwrap();
        task.is_some_and(|task| task.status == TaskStatus::Failed)
    };
    spans(|| {
        let inner = service_fn(|_| {
            until(is_failed);
            async { Ok::<_, Infallible>(()) }
        });
        let mut inner = layer("tests::taken").layer(inner);
        let outer = service_fn(move |_| inner.call("taken"));
        let called = layer("tests::excluded").layer(outer).call("excluded");
        smol::block_on(called).unwrap();
    });
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn a_run_that_sample_leaves_out_is_a_span_all_the_same() {
    #[external_task(sample = 0.0)]
    fn sampled() {
        respond("1");
    }
    let (spans, reports) = traced(sampled);
    assert!(reports.is_empty());
    let span = spans.named("invoke_agent sampled");
    assert_eq!(span.usage()[0], Some(7));
    assert_eq!(span.text("xpander.task.id"), None);
}

#[test]
fn a_spawned_part_of_a_run_is_inside_its_span() {
    #[external_task]
    async fn outer() {
        let task = current_task();
        smol::future::yield_now().await;
        inner("1").in_task(task).await;
    }
    let (spans, _) = traced(|| smol::block_on(outer()));
    let inner = spans.named("invoke_agent inner");
    assert_eq!(spans.path(inner).last(), Some(&"invoke_agent outer"));
}

#[test]
fn without_a_subscriber_there_is_a_report_and_no_span() {
    let recorder = Recorder::new();
    smol::block_on(recorder.scope(inner("1")));
    assert_eq!(recorder.take()[0].tokens, Some(Tokens::new(7, 3)));
}
