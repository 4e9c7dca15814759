use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::trace::SpanKind;
use xpander_report::{external_task, tool};

use crate::traced;

#[tool]
fn search(query: &str) -> usize {
    tracing::info_span!("index").in_scope(|| query.len())
}

#[tool(name = "look_up")]
async fn fetch(url: &str) -> usize {
    smol::future::yield_now().await;
    url.len()
}

#[external_task]
async fn research() {
    search("rain");
    fetch("https://example.com").await;
}

#[test]
fn a_tool_s_call_is_a_span_inside_the_run() {
    let (spans, reports) = traced(|| smol::block_on(research()));
    assert_eq!(reports[0].used_tools, ["search", "look_up"]);
    for name in ["search", "look_up"] {
        let span = spans.named(&format!("execute_tool {name}"));
        assert_eq!(span.kind, SpanKind::Internal);
        assert_eq!(span.text("gen_ai.operation.name"), Some("execute_tool"));
        assert_eq!(span.text("gen_ai.tool.name"), Some(name));
        assert_eq!(span.text("gen_ai.tool.type"), Some("function"));
        assert_eq!(spans.path(span)[1..], ["invoke_agent research"]);
    }
    assert_eq!(spans.path(spans.named("index"))[1], "execute_tool search");
}

#[test]
fn a_tool_that_panics_is_an_error() {
    #[tool]
    fn broken() {
        panic!("broken");
    }
    let (spans, _) = traced(|| drop(catch_unwind(AssertUnwindSafe(broken)).unwrap_err()));
    let span = spans.named("execute_tool broken");
    assert!(span.is_error());
    assert_eq!(span.text("error.type"), Some("panicked"));
}

#[test]
fn a_function_may_be_a_tool_and_a_task() {
    #[tool]
    #[external_task]
    async fn both() -> u8 {
        1
    }
    #[external_task]
    #[tool]
    async fn the_other_way() -> u8 {
        1
    }
    #[external_task]
    async fn outer() {
        both().await;
        the_other_way().await;
    }
    let (spans, reports) = traced(|| smol::block_on(outer()));
    assert_eq!(
        reports.last().unwrap().used_tools,
        ["both", "the_other_way"]
    );
    for name in ["both", "the_other_way"] {
        let tool = spans.named(&format!("execute_tool {name}"));
        assert_eq!(spans.path(tool)[1], "invoke_agent outer");
        spans.named(&format!("invoke_agent {name}"));
    }
}
