//! Streams without usage: a warning says how to ask for it.

use std::convert::Infallible;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};
use xpander_report::testing::Recorder;
use xpander_report::{CatchResponses, Tokens, current_task, external_task};
use xpander_report_tests::provider::events;

/// The messages of all events.
#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

impl Visit for &Messages {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push(format!("{value:?}"));
    }
}

impl Subscriber for Messages {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The warnings about the runs of `code`.
fn said<T>(code: impl FnOnce() -> T) -> Vec<String> {
    let messages = Messages::default();
    subscriber::with_default(messages.clone(), || {
        let recorder = Recorder::new();
        recorder.in_scope(code);
        assert!(!recorder.take().is_empty());
    });
    std::mem::take(&mut messages.0.lock().unwrap())
}

/// The chunks of a chat completion, without usage.
fn chunks() -> Vec<Value> {
    ["It ", "rains."]
        .into_iter()
        .map(|text| (json!({"content": text}), Value::Null))
        .chain([(json!({}), json!("stop"))])
        .map(|(delta, finish_reason)| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish_reason});
            json!({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})
        })
        .collect()
}

fn read(stream: impl Stream<Item = Value>) -> usize {
    smol::block_on(stream.count())
}

const OPTION: &str = r#""stream_options": {"include_usage": true}"#;

#[test]
fn each_function_is_told_once_which_option_to_set() {
    #[external_task]
    fn ask() -> impl Stream<Item = Value> {
        stream::iter(chunks())
    }
    #[external_task]
    fn ask_others() -> impl Stream<Item = Value> {
        stream::iter(chunks())
    }

    let twice = said(|| {
        read(ask());
        read(ask());
    });
    let [warning] = &twice[..] else {
        panic!("one warning: {twice:?}");
    };
    assert!(warning.contains(OPTION), "{warning}");
    assert!(warning.contains("openai.chat"), "{warning}");
    assert!(warning.contains("missing_usage::ask`"), "{warning}");
    let [other] = &said(|| read(ask_others()))[..] else {
        panic!("one warning");
    };
    assert!(other.contains("missing_usage::ask_others`"), "{other}");
    assert!(said(|| read(ask())).is_empty());
}

#[test]
fn what_counts_its_tokens_or_does_not_end_is_told_nothing() {
    #[external_task]
    fn with_usage() -> impl Stream<Item = Value> {
        let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
        let last =
            json!({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage});
        stream::iter(chunks()).chain(stream::iter([last]))
    }
    #[external_task]
    fn counted_by_hand() -> impl Stream<Item = Value> {
        current_task().tokens(Tokens::new(7, 3));
        stream::iter(chunks())
    }
    #[external_task]
    fn cut_off() -> impl Stream<Item = Value> {
        stream::iter(chunks()).chain(stream::poll_fn(|_| Poll::Pending))
    }
    #[external_task]
    fn no_stream() -> Value {
        let message = json!({"role": "assistant", "content": "Yes."});
        json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    }
    #[external_task]
    fn no_provider_s() -> impl Stream<Item = Value> {
        stream::iter([json!({"a": 1})])
    }

    let said = said(|| {
        read(with_usage());
        read(counted_by_hand());
        read(cut_off().take(3));
        no_stream();
        read(no_provider_s());
    });
    assert_eq!(said, [""; 0]);
}

#[test]
fn a_stream_that_is_caught_in_the_client_counts_if_its_end_was_read() {
    async fn ask(body: String) -> usize {
        let provider =
            service_fn(|body: String| async { Ok::<_, Infallible>(http::Response::new(body)) });
        let client = ServiceBuilder::new()
            .layer(CatchResponses::new())
            .service(provider);
        let answer = client.oneshot(body).await.unwrap();
        answer.into_body().collect().await.unwrap().to_bytes().len()
    }
    #[external_task(skip_all)]
    async fn whole(body: String) -> usize {
        ask(body).await
    }
    #[external_task(skip_all)]
    async fn cut(body: String) -> usize {
        ask(body).await
    }
    #[external_task(skip_all)]
    async fn counted(body: String) -> usize {
        ask(body).await
    }

    let data: Vec<_> = chunks()
        .iter()
        .map(|it| format!("data: {it}\n\n"))
        .collect();
    let body = data.concat();
    assert!(said(|| smol::block_on(cut(body.clone()))).is_empty());
    let counting = events("c", "It rains.").concat();
    assert!(said(|| smol::block_on(counted(counting))).is_empty());
    let body = body + "data: [DONE]\n\n";
    assert_eq!(said(|| smol::block_on(whole(body))).len(), 1);
}
