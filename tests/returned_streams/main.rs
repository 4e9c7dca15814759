//! Functions that return a stream or an iterator: the run ends with it.
#![deny(warnings, clippy::pedantic)]

mod a_box_of_any_kind;
mod a_consumer_that_takes_every_item;
mod a_stream;
mod an_item_that_is_an_error;
mod an_iterator;
mod in_a_tuple;
mod inside_something;
mod items_that_are_json;
mod names_decide_nothing;
mod what_a_body_did_before_its_stream;
mod what_becomes_a_future;
mod what_is_no_stream;

use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::json;
use smol::block_on;
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport, Tokens, current_task, external_task};

/// The output of `run` in the recorder's scope, and the reports.
fn record<T>(run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    record_with(Redaction::new(), run)
}

fn record_with<T>(redaction: Redaction, run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    let recorder = Recorder::with_redaction(redaction);
    let value = recorder.in_scope(run);
    (value, recorder.take())
}

fn words() -> impl Stream<Item = &'static str> + Unpin {
    stream::iter(["Hello", " ", "world"])
}

fn outcome(reports: &[TaskReport]) -> (Option<bool>, Option<&str>) {
    let [report] = reports else {
        panic!("one report: {reports:?}")
    };
    (report.is_success, report.result.as_deref())
}

#[test]
fn raw_items_with_breaks_between_their_tokens_stay_whole() {
    #[external_task]
    fn run() -> impl Stream<Item = Box<serde_json::value::RawValue>> {
        let raw = |json: &str| serde_json::value::RawValue::from_string(json.to_owned()).unwrap();
        stream::iter([raw("{\n  \"a\": 1\r\n}"), raw("[1,\n2]")])
    }
    let (_, reports) = record(|| block_on(run().count()));
    let items = serde_json::from_str::<serde_json::Value>(reports[0].result.as_ref().unwrap());
    assert_eq!(items.unwrap(), json!([{"a": 1}, [1, 2]]));
}

#[test]
fn what_a_stream_does_when_it_is_dropped_is_a_part_of_its_run() {
    struct Leaving;
    impl Drop for Leaving {
        fn drop(&mut self) {
            current_task().used_tool("close");
        }
    }
    #[external_task]
    fn run() -> impl Stream<Item = &'static str> + Unpin {
        let leaving = Leaving;
        words().inspect(move |_| {
            let _ = &leaving;
        })
    }
    let ((), reports) = record(|| {
        let mut stream = run();
        block_on(stream.next());
    });
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: Hello")));
    assert_eq!(reports[0].used_tools, ["close"]);
}

#[test]
fn items_are_kept_up_to_16_mebibytes() {
    #[external_task]
    fn run() -> impl Iterator<Item = String> {
        std::iter::repeat_n("x".repeat(1 << 20), 20)
    }
    let whole = Redaction::new().max_bytes(usize::MAX);
    let (count, reports) = record_with(whole, || run().count());
    assert_eq!(count, 20);
    assert_eq!(reports[0].result.as_ref().unwrap().len(), 16 << 20);
}

#[test]
fn what_is_followed_keeps_the_traits_of_the_value() {
    #[external_task]
    fn words(n: u8) -> impl DoubleEndedIterator<Item = u8> + Clone + std::fmt::Debug {
        0..n
    }
    #[external_task]
    fn later() -> impl Future<Output = u8> + Clone + Unpin {
        futures_util::future::FutureExt::shared(std::future::ready(1))
    }
    let (copied, reports) = record(|| {
        let words = words(3);
        assert_eq!(format!("{words:?}"), "0..3");
        let copied = words.clone().count();
        assert_eq!(words.count(), 3);
        copied
    });
    assert_eq!(copied, 3);
    assert_eq!(outcome(&reports), (Some(true), Some("[0,1,2]")));
    let (_, reports) = record(|| {
        let later = later();
        (block_on(later.clone()), block_on(later))
    });
    assert_eq!(outcome(&reports), (Some(true), Some("1")));
}

#[test]
fn keys_see_arguments_that_are_copies_when_an_item_fails() {
    #[external_task(error = |error: &String| format!("{error} in try {attempt}"))]
    fn ask(attempt: u8) -> impl Stream<Item = Result<u8, String>> {
        stream::iter([Err("down".to_owned())])
    }
    #[external_task(error = |error: &u8| format!("code {error}"))]
    fn both(ok: bool) -> Result<BoxStream<'static, Result<u8, String>>, u8> {
        if ok {
            Ok(stream::iter([Err("down".to_owned())]).boxed())
        } else {
            Err(5)
        }
    }
    let (_, reports) = record(|| block_on(ask(2).count()));
    assert_eq!(outcome(&reports), (Some(false), Some("down in try 2")));
    let (_, reports) = record(|| block_on(both(true).unwrap().count()));
    assert_eq!(outcome(&reports), (Some(false), Some("down")));
    let (_, reports) = record(|| both(false).is_err());
    assert_eq!(outcome(&reports), (Some(false), Some("code 5")));
}

#[test]
fn a_connection_that_happens_to_be_a_stream_is_reported_as_a_call() {
    struct Socket;
    impl Stream for Socket {
        type Item = u8;
        fn poll_next(
            self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<u8>> {
            std::task::Poll::Ready(None)
        }
    }
    struct Pool(#[allow(dead_code)] Socket);
    #[external_task(result = |_| "connected")]
    async fn connect(ok: bool) -> Result<Socket, String> {
        ok.then_some(Socket).ok_or_else(|| "refused".to_owned())
    }
    #[external_task(result = |_| "spawned")]
    fn spawn() -> (std::future::Ready<u8>, std::future::Ready<u8>) {
        (std::future::ready(1), std::future::ready(2))
    }
    #[external_task]
    async fn pool() -> Pool {
        Pool(Socket)
    }
    let (_, reports) = record(|| block_on(connect(true)).is_ok());
    assert_eq!(outcome(&reports), (Some(true), Some("connected")));
    let (_, reports) = record(|| block_on(connect(false)).is_err());
    assert_eq!(outcome(&reports), (Some(false), Some("refused")));
    let (_, reports) = record(spawn);
    assert_eq!(outcome(&reports), (Some(true), Some("spawned")));
    let (_, reports) = record(|| block_on(pool()));
    assert_eq!(reports[0].is_success, Some(true));
}
