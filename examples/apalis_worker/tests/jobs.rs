//! The tasks of the jobs of an `apalis` worker.

use std::io;
use std::sync::Arc;

use apalis::layers::WorkerBuilderExt;
use apalis::layers::retry::RetryPolicy;
use apalis_core::backend::TaskSink;
use apalis_core::backend::memory::MemoryStorage;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::builder::WorkerBuilder;
use example_apalis_worker::{Summarise, reported, summarise};
use xpander_report::Reporter;
use xpander_report_examples::model::{CONTEXT_WINDOW, Model};
use xpander_report_local::{LocalPlatform, TaskStatus};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_a_task_and_its_next_try_updates_it() {
    let platform = Arc::new(LocalPlatform::builder().port(0).start().unwrap());
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("apalis-worker")
        .build()
        .unwrap();
    let mut jobs = MemoryStorage::new();
    let too_long = "word ".repeat(2 * CONTEXT_WINDOW as usize);
    for (id, text) in [("job-1", "It rains a lot."), ("job-2", &too_long)] {
        let job = Summarise {
            text: text.to_owned(),
        };
        let job = TaskBuilder::new(job)
            .task_id(TaskId::from_string(id))
            .build();
        jobs.push_task(job).await.unwrap();
    }

    let worker = WorkerBuilder::new("summaries")
        .backend(jobs)
        .retry(RetryPolicy::retries(1))
        .layer(reported().reporter(reporter))
        .data(Arc::new(Model::embedded().await.unwrap()))
        .build(summarise);
    let mut events = platform.events();
    let all_done = {
        let platform = Arc::clone(&platform);
        async move {
            let revisions = |id| platform.revisions(id).unwrap().len();
            while revisions("job-1") < 1 || revisions("job-2") < 2 {
                events.recv().await.unwrap();
            }
            Ok::<_, io::Error>(())
        }
    };
    worker.run_until(all_done).await.unwrap();

    let task = platform.task("job-1").unwrap().unwrap();
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(task.agent_id, "apalis-worker");
    assert_eq!(task.input.as_deref(), Some("It rains a lot."));
    assert_eq!(task.result.as_deref(), Some("It rains a lot."));
    assert!(task.tokens.unwrap().completion_tokens > 0);
    let task = platform.task("job-2").unwrap().unwrap();
    assert_eq!(task.status, TaskStatus::Failed);
    let reason = task.result.unwrap();
    assert!(reason.contains("maximum context length"), "{reason}");
    assert_eq!(platform.tasks().unwrap().len(), 2);
}
