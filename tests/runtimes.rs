//! The client, async and blocking, and the reporter, with every runtime and without one.

use std::future::Future;

use xpander_report::{Client, TaskReport, external_task};
use xpander_report_local::LocalPlatform;
use xpander_report_tests::{LONG, config, delivered, platform, reporter};

fn in_multi_thread(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
        .block_on(test);
}

/// A runtime without timers and I/O, because nothing of the host's runtime may be needed.
fn in_current_thread(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(test);
}

fn results(platform: &LocalPlatform) -> Vec<Option<String>> {
    let mut results: Vec<_> = platform
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.result)
        .collect();
    results.sort();
    results
}

#[external_task(reporter = reporter)]
async fn double(reporter: &xpander_report::Reporter, number: u32) -> u32 {
    number * 2
}

/// Awaits every async method, and calls every blocking method inside the runtime.
async fn everything(platform: &LocalPlatform) {
    let client = Client::new(config(platform.url()).build().unwrap());
    let report = TaskReport::new().id("t").result("from the client");
    let task = client.report_external_task(&report).await.unwrap();
    assert_eq!(client.task(&task.id).await.unwrap().result, task.result);
    assert_eq!(client.agent("agent-123").await.unwrap().id, "agent-123");
    client.report_external_task_blocking(&report).unwrap();
    client.task_blocking(&task.id).unwrap();
    client.agent_blocking("agent-123").unwrap();

    let reporter = reporter(platform.url());
    assert_eq!(double(&reporter, 21).await, 42);
    assert!(reporter.flush(LONG).await.is_complete());
    reporter.report(TaskReport::new().result("from the reporter"));
    assert_eq!(delivered(&reporter), 2);
    assert!(reporter.shutdown(LONG).await.is_complete());

    let expected = ["42", "from the client", "from the reporter"].map(|it| Some(it.to_owned()));
    assert_eq!(results(platform), expected);
}

#[test]
fn tokio_with_several_threads() {
    in_multi_thread(async { everything(&platform()).await });
}

#[test]
fn tokio_with_one_thread() {
    in_current_thread(async { everything(&platform()).await });
}

#[test]
fn smol() {
    smol::block_on(async { everything(&platform()).await });
}

#[test]
fn no_runtime_at_all() {
    let platform = platform();
    let client = Client::new(config(platform.url()).build().unwrap());
    let report = TaskReport::new().id("t").result("from the client");
    client.report_external_task_blocking(&report).unwrap();
    client.task_blocking("t").unwrap();
    let reporter = reporter(platform.url());
    reporter.report(TaskReport::new().result("from the reporter"));
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(reporter.shutdown_blocking(LONG).is_complete());
    let expected = ["from the client", "from the reporter"].map(|it| Some(it.to_owned()));
    assert_eq!(results(&platform), expected);
}

#[test]
fn a_client_may_outlive_the_runtime_it_was_first_used_in() {
    let platform = platform();
    let client = Client::new(config(platform.url()).build().unwrap());
    let reporter = reporter(platform.url());
    for round in 0..3 {
        in_current_thread(async {
            let report = TaskReport::new().id(format!("client-{round}"));
            client.report_external_task(&report).await.unwrap();
            reporter.report(TaskReport::new().id(format!("reporter-{round}")));
            assert!(reporter.flush(LONG).await.is_complete());
        });
    }
    assert_eq!(platform.tasks().unwrap().len(), 6);
}

#[test]
fn many_calls_at_once_share_the_client() {
    let platform = platform();
    let client = Client::new(config(platform.url()).build().unwrap());
    in_multi_thread(async {
        let calls: Vec<_> = (0..50)
            .map(|n| {
                let client = client.clone();
                tokio::spawn(async move {
                    let report = TaskReport::new().id(format!("t-{n}"));
                    client.report_external_task(&report).await.unwrap().id
                })
            })
            .collect();
        for (n, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap(), format!("t-{n}"));
        }
    });
    assert_eq!(platform.tasks().unwrap().len(), 50);
}
