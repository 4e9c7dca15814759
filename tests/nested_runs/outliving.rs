//! Inner runs that continue elsewhere: spawned work, streams, threads.

use std::pin::{Pin, pin};

use futures_util::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use xpander_report::testing::Recorder;
use xpander_report::{InTask, TaskReport, current_task, external_task};

use super::{chat, totals};

async fn record(run: impl Future<Output = ()>) -> Vec<TaskReport> {
    let recorder = Recorder::new();
    let _everywhere = recorder.everywhere();
    run.await;
    recorder.take()
}

#[external_task(rollup, skip_all)]
async fn ask(ready: impl Future<Output = ()>) -> Value {
    ready.await;
    chat("1", "Hello!")
}

fn chunks() -> impl Stream<Item = Value> {
    stream::iter([
        json!({"id": "1", "choices": [{"delta": {"content": "Hel"}}]}),
        json!({"id": "1", "choices": [{"delta": {"content": "lo!"}, "finish_reason": "stop"}]}),
        json!({"id": "1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}),
    ])
}

#[external_task(rollup)]
fn tell() -> impl Stream<Item = Value> {
    chunks()
}

#[tokio::test]
async fn spawned_work_counts_if_it_ends_in_time() {
    #[external_task]
    async fn job() {
        let spawned = tokio::spawn(ask(std::future::ready(())).in_task(current_task()));
        spawned.await.unwrap();
    }
    assert_eq!(totals(&record(job()).await), [Some(10)]);
}

#[tokio::test]
async fn spawned_work_that_ends_later_is_a_task_of_its_own() {
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    #[external_task(skip_all)]
    async fn job(opened: tokio::sync::oneshot::Receiver<()>) -> tokio::task::JoinHandle<Value> {
        let opened = async { opened.await.unwrap() };
        tokio::spawn(ask(opened).in_task(current_task()))
    }
    let reports = record(async {
        let spawned = job(opened).await;
        open.send(()).unwrap();
        spawned.await.unwrap();
    });
    assert_eq!(totals(&reports.await), [None, Some(10)]);
}

#[tokio::test]
async fn spawned_work_without_the_run_is_a_task_of_its_own() {
    #[external_task]
    async fn job() {
        tokio::spawn(ask(std::future::ready(()))).await.unwrap();
    }
    let reports = record(job()).await;
    assert_eq!(totals(&reports), [Some(10), None]);
}

#[tokio::test]
async fn what_a_rolled_up_run_spawned_counts_in_the_run_that_still_goes_on() {
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    #[external_task(rollup, skip_all)]
    async fn starts(opened: tokio::sync::oneshot::Receiver<()>) -> tokio::task::JoinHandle<Value> {
        let opened = async { opened.await.unwrap() };
        tokio::spawn(ask(opened).in_task(current_task()))
    }
    #[external_task(skip_all)]
    async fn job(
        open: tokio::sync::oneshot::Sender<()>,
        opened: tokio::sync::oneshot::Receiver<()>,
    ) {
        let spawned = starts(opened).await;
        open.send(()).unwrap();
        spawned.await.unwrap();
    }
    assert_eq!(totals(&record(job(open, opened)).await), [Some(10)]);
}

#[tokio::test]
async fn a_stream_counts_in_the_run_that_consumes_it() {
    #[external_task]
    async fn job() -> String {
        let items = pin!(tell()).count().await;
        format!("{items} items")
    }
    let reports = record(async { drop(job().await) }).await;
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].result.as_deref(), Some("3 items"));
}

#[tokio::test]
async fn a_stream_that_the_outer_run_returns_counts_once() {
    #[external_task]
    fn own() -> impl Stream<Item = Value> {
        chunks()
    }
    #[external_task]
    fn passes_on_a_task() -> impl Stream<Item = Value> {
        own()
    }
    #[external_task]
    fn passes_on_a_part() -> impl Stream<Item = Value> {
        tell()
    }
    let reports = record(async { assert_eq!(pin!(passes_on_a_task()).count().await, 3) }).await;
    assert_eq!(totals(&reports), [Some(10), None]);
    let reports = record(async { assert_eq!(pin!(passes_on_a_part()).count().await, 3) }).await;
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].result.as_deref(), Some("Hello!"));
}

#[tokio::test]
async fn a_stream_that_outlives_the_outer_run_is_a_task_of_its_own() {
    struct Story(Pin<Box<dyn Stream<Item = Value>>>);

    #[external_task(result = |_| "started")]
    fn starts() -> Story {
        Story(Box::pin(tell()))
    }
    let reports = record(async { assert_eq!(starts().0.count().await, 3) }).await;
    assert_eq!(totals(&reports), [None, Some(10)]);
    assert_eq!(reports[0].result.as_deref(), Some("started"));
}

#[tokio::test]
async fn a_thread_that_enters_the_run_counts_in_it() {
    #[external_task(rollup)]
    fn blocking() -> Value {
        chat("1", "Hello!")
    }
    #[external_task]
    fn job() {
        let task = current_task();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _entered = task.enter();
                blocking();
            });
        });
    }
    assert_eq!(totals(&record(async { job() }).await), [Some(10)]);
}

#[tokio::test]
async fn a_run_that_is_dropped_leaves_what_it_had() {
    #[external_task(rollup)]
    async fn hangs() {
        current_task().llm_response(&chat("1", "partly"));
        std::future::pending().await
    }
    #[external_task]
    async fn job() {
        assert!(futures_util::poll!(Box::pin(hangs())).is_pending());
    }
    let reports = record(job()).await;
    assert_eq!(totals(&reports), [Some(10)]);
    assert_eq!(reports[0].is_success, Some(true));
}
