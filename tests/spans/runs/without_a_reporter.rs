use serde_json::{Value, json};
use xpander_report::{Reporter, current_task, external_task};
use xpander_report_tests_spans::spans;

#[external_task(reporter = Reporter::disabled())]
fn off() -> Value {
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    let choice = json!({"index": 0, "message": {"content": "a"}, "finish_reason": "stop"});
    json!({"id": "c", "model": "m", "choices": [choice], "usage": usage})
}

#[external_task]
async fn inner() -> Value {
    off()
}

#[external_task]
async fn outer() -> Option<String> {
    inner().await;
    current_task().id()
}

/// This process has neither a reporter nor the variables of one.
#[test]
fn spans_need_none() {
    let spans = spans(|| {
        assert_eq!(smol::block_on(outer()), None, "there is no task");
        off();
    });
    let inner = spans.named("invoke_agent inner");
    assert_eq!(inner.usage()[..2], [Some(7), Some(3)]);
    assert_eq!(inner.text("gen_ai.response.model"), Some("m"));
    assert_eq!(inner.text("xpander.task.id"), None);
    assert_eq!(
        spans.path(inner),
        ["invoke_agent inner", "invoke_agent outer"]
    );
}
