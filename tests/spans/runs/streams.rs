use futures_util::{Stream, StreamExt, stream};
use opentelemetry::Value as Attribute;
use serde_json::{Value, json};
use xpander_report::external_task;

use crate::traced;

#[external_task]
fn ask() -> impl Stream<Item = Value> {
    let chunk = |delta, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        json!({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})
    };
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    stream::iter([
        chunk(json!({"content": "It "}), Value::Null),
        chunk(json!({"content": "rains."}), Value::Null),
        chunk(json!({}), "stop".into()),
        json!({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage}),
    ])
}

#[test]
fn a_stream_s_span_ends_with_it_and_knows_when_its_first_item_came() {
    let (spans, reports) = traced(|| {
        let mut stream = std::pin::pin!(ask());
        smol::block_on(async {
            while let Some(item) = stream.next().await {
                tracing::info_span!("consuming").in_scope(|| drop(item));
            }
        });
    });
    let span = spans.named("invoke_agent ask");
    assert_eq!(span.usage()[..2], [Some(7), Some(3)]);
    assert_eq!(
        span.text("gen_ai.response.finish_reasons"),
        Some(r#"["stop"]"#)
    );
    let waited = &span.attributes["gen_ai.response.time_to_first_chunk"];
    assert!(
        matches!(waited, Attribute::F64(seconds) if *seconds > 0.0),
        "{waited:?}"
    );
    assert_eq!(reports[0].result.as_deref(), Some("It rains."));
    // Spans of the consumer are not inside the run.
    let outside = spans.0.iter().filter(|span| span.name == "consuming");
    assert!(
        outside
            .into_iter()
            .all(|span| spans.parent_of(span).is_none())
    );
}

#[test]
fn a_stream_that_is_dropped_half_way_is_cancelled() {
    let (spans, _) = traced(|| {
        let mut stream = std::pin::pin!(ask());
        smol::block_on(stream.next()).unwrap();
    });
    let span = spans.named("invoke_agent ask");
    assert!(span.is_error());
    assert_eq!(span.text("error.type"), Some("cancelled"));
}
