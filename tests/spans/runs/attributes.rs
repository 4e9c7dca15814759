use std::collections::BTreeSet;

use opentelemetry::trace::{SpanKind, Status};
use serde_json::{Value, json};
use xpander_report::{Reporter, current_task, external_task};
use xpander_report_tests::{LONG, config, platform};
use xpander_report_tests_spans::spans;

use crate::traced;

fn answer() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-5.4-mini-2026-03-05",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "It rains."},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
    })
}

#[external_task(id = "order-7", agent_id = "agent-9")]
fn ask(question: &str) -> Value {
    answer()
}

#[test]
fn a_run_is_a_span_with_what_its_response_says() {
    let (spans, reports) = traced(|| drop(ask("Will it rain?")));
    let span = spans.named("invoke_agent ask");
    assert_eq!(span.kind, SpanKind::Internal);
    assert_eq!(span.status, Status::Unset);
    for (key, value) in [
        ("gen_ai.operation.name", "invoke_agent"),
        ("gen_ai.agent.name", "ask"),
        ("gen_ai.agent.id", "agent-9"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-5.4-mini-2026-03-05"),
        ("gen_ai.response.model", "gpt-5.4-mini-2026-03-05"),
        ("gen_ai.response.id", "chatcmpl-1"),
        ("gen_ai.response.finish_reasons", r#"["stop"]"#),
        ("xpander.task.id", "order-7"),
    ] {
        assert_eq!(span.text(key), Some(value), "{key}");
    }
    assert_eq!(span.usage(), [Some(19), Some(10), Some(0), Some(0), None]);
    assert_eq!(reports[0].result.as_deref(), Some("It rains."));
    assert_eq!(reports[0].tokens.unwrap().prompt_tokens, Some(19));
}

#[test]
fn content_stays_out_unless_it_is_asked_for() {
    #[external_task]
    fn fail(question: &str) -> Result<(), String> {
        Err("no answer to Will it rain?".to_owned())
    }
    let (spans, _) = traced(|| {
        ask("Will it rain?");
        fail("Will it rain?").unwrap_err();
    });
    for span in &spans.0 {
        assert!(!span.holds("rain"), "{span:?}");
    }
}

#[test]
fn the_agent_is_the_reporter_s_and_the_task_s_id_that_of_its_report() {
    #[external_task(reporter = reporter)]
    fn ask(reporter: &Reporter) {}

    let platform = platform();
    let builder = Reporter::builder().config(config(platform.url()));
    let reporter = builder.build().unwrap();
    let spans = spans(|| ask(&reporter));
    assert!(reporter.flush_blocking(LONG).is_complete());
    let span = spans.named("invoke_agent ask");
    assert_eq!(span.text("gen_ai.agent.id"), Some("agent-123"));
    let tasks = platform.tasks().unwrap();
    assert_eq!(span.text("xpander.task.id"), Some(&*tasks[0].id));
}

#[test]
fn what_a_run_sets_itself_goes_before_its_responses() {
    #[external_task(name = "weather")]
    fn ask() {
        current_task().llm_response(&answer());
        current_task().tokens(xpander_report::Tokens::new(100, 50).cache_read(40));
    }
    let (spans, _) = traced(ask);
    let span = spans.named("invoke_agent weather");
    assert_eq!(span.usage(), [Some(100), Some(50), Some(40), Some(0), None]);
    assert_eq!(span.text("gen_ai.response.id"), Some("chatcmpl-1"));
}

#[test]
fn tokens_of_several_responses_add_up_and_the_last_one_names_the_model() {
    #[external_task]
    fn ask() {
        for (id, model) in [("1", "small"), ("2", "large")] {
            let mut answer = answer();
            answer["id"] = id.into();
            answer["model"] = model.into();
            current_task().llm_response(&answer);
        }
    }
    let (spans, _) = traced(ask);
    let span = spans.named("invoke_agent ask");
    assert_eq!(span.usage()[..2], [Some(38), Some(20)]);
    assert_eq!(span.text("gen_ai.response.model"), Some("large"));
}

#[test]
fn responses_are_read_once() {
    let (_, with) = traced(|| drop(ask("Will it rain?")));
    let recorder = xpander_report::testing::Recorder::new();
    recorder.in_scope(|| ask("Will it rain?"));
    let without = recorder.take();
    let body = |mut report: xpander_report::TaskReport| {
        report.duration = None;
        serde_json::to_value(report).unwrap()
    };
    assert_eq!(body(with[0].clone()), body(without[0].clone()));
}

#[test]
fn all_functions_have_one_callsite() {
    #[external_task]
    fn one() {}
    #[external_task]
    async fn other() {}

    let (spans, _) = traced(|| {
        one();
        smol::block_on(other());
    });
    let lines = spans
        .0
        .iter()
        .map(|span| format!("{:?}", span.attributes.get("code.line.number")));
    assert_eq!(lines.collect::<BTreeSet<_>>().len(), 1);
    let targets = spans
        .0
        .iter()
        .map(|span| span.text("target").unwrap_or_default());
    assert_eq!(
        targets.collect::<BTreeSet<_>>(),
        BTreeSet::from(["xpander_report::run"])
    );
}
