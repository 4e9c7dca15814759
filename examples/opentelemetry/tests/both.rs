//! The task and the span of a run.

use std::sync::mpsc;
use std::time::Duration;

use example_opentelemetry::{collector, export, summarise};
use xpander_report::Reporter;
use xpander_report_examples::model::Model;
use xpander_report_local::{LocalPlatform, TaskStatus};

/// A timeout that only a bug reaches.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_a_task_and_a_span() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("opentelemetry")
        .build()
        .unwrap();
    let _reporting = reporter.clone().install().unwrap();
    let model = Model::embedded().await.unwrap();
    let (sender, spans) = mpsc::channel();
    let address = collector::start(0, move |span| sender.send(span).unwrap()).await;
    let provider = export(&format!("http://{}", address.unwrap())).unwrap();

    summarise(&model, "It rains a lot. It is cold.")
        .await
        .unwrap();
    assert!(reporter.flush(LONG).await.is_complete());
    tokio::task::spawn_blocking(move || provider.shutdown().unwrap())
        .await
        .unwrap();

    let tasks = platform.tasks().unwrap();
    let [task] = &tasks[..] else {
        panic!("{tasks:?}");
    };
    assert_eq!(task.status, TaskStatus::Completed);
    let span = spans.recv_timeout(LONG).unwrap();
    assert_eq!(span.name, "invoke_agent summarise");
    let attribute = |name: &str| span.attributes[name].as_str().unwrap().to_owned();
    assert_eq!(attribute("xpander.task.id"), task.id);
    assert_eq!(attribute("gen_ai.agent.id"), "opentelemetry");
    assert_eq!(attribute("gen_ai.response.model"), "extractive-1");
    let tokens = task.tokens.unwrap();
    assert_eq!(
        attribute("gen_ai.usage.input_tokens"),
        tokens.prompt_tokens.to_string()
    );
    assert!(!span.attributes.contains_key("gen_ai.input.messages"));
    assert!(spans.try_recv().is_err(), "there is one span");
}
