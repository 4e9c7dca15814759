//! The whole path of one report: a function runs, and the platform has its task. This file installs its reporter
//! globally.

use std::sync::LazyLock;

use xpander_report::{
    AlreadyInstalled, Client, Reporter, TaskStatus, Tokens, current_task, external_task,
};
use xpander_report_local::LocalPlatform;
use xpander_report_tests::{LONG, config, platform, reporter};

static PLATFORM: LazyLock<LocalPlatform> = LazyLock::new(|| {
    let platform = platform();
    // Dropping the guard only flushes.
    drop(reporter(platform.url()).install().unwrap());
    platform
});

#[external_task(id = id)]
async fn summarise(id: &str, text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("nothing to summarise".to_owned());
    }
    let response = serde_json::json!({"id": "r-1", "choices": [{"message": {"content": "short"}}]});
    current_task()
        .llm_response(&response)
        .tokens(Tokens::new(812, 96).cache_read(500))
        .used_tool("web_search");
    smol::future::yield_now().await;
    Ok("short".to_owned())
}

fn flush() {
    let outcome = Reporter::current().unwrap().flush_blocking(LONG);
    assert!(outcome.is_complete(), "{outcome:?}");
}

#[test]
fn a_completed_run_is_in_the_history_with_all_it_was() {
    let platform = &*PLATFORM;
    smol::block_on(summarise("completed", "a long text")).unwrap();
    flush();
    let task = platform.task("completed").unwrap().unwrap();
    assert_eq!(task.agent_id, "agent-123");
    assert_eq!(task.status.to_string(), "completed");
    assert_eq!(
        task.input.as_deref(),
        Some(r#"{"id":"completed","text":"a long text"}"#)
    );
    assert_eq!(task.result.as_deref(), Some("short"));
    assert_eq!(task.used_tools, ["web_search"]);
    assert!(task.duration.unwrap() > 0.0);

    let client = Client::new(config(platform.url()).build().unwrap());
    let task = client.task_blocking("completed").unwrap();
    assert_eq!(task.status, Some(TaskStatus::Completed));
    let tokens = task.tokens.unwrap();
    assert_eq!(
        (tokens.total_tokens(), tokens.cache_read_tokens),
        (908, Some(500))
    );
}

#[test]
fn a_failed_run_and_a_cancelled_one_are_failed_tasks_that_say_why() {
    let platform = &*PLATFORM;
    smol::block_on(summarise("failed", "")).unwrap_err();
    smol::block_on(async {
        let mut run = std::pin::pin!(summarise("cancelled", "x"));
        assert!(smol::future::poll_once(run.as_mut()).await.is_none());
    });
    flush();
    let failed = platform.task("failed").unwrap().unwrap();
    assert_eq!(
        (failed.status.to_string().as_str(), failed.result.as_deref()),
        ("failed", Some("nothing to summarise"))
    );
    let cancelled = platform.task("cancelled").unwrap().unwrap();
    assert_eq!(
        (
            cancelled.status.to_string().as_str(),
            cancelled.result.as_deref()
        ),
        ("failed", Some("cancelled"))
    );
}

#[test]
fn a_used_id_updates_the_task() {
    let platform = &*PLATFORM;
    smol::block_on(summarise("twice", "")).unwrap_err();
    flush();
    smol::block_on(summarise("twice", "x")).unwrap();
    flush();
    let task = platform.task("twice").unwrap().unwrap();
    assert_eq!(
        (task.status.to_string().as_str(), task.result.as_deref()),
        ("completed", Some("short"))
    );
    assert_eq!(platform.revisions("twice").unwrap().len(), 2);
}

#[test]
fn a_second_reporter_is_handed_back() {
    let platform = &*PLATFORM;
    let second = reporter(platform.url());
    let AlreadyInstalled { reporter, .. } = second.install().unwrap_err();
    assert!(reporter.is_enabled());
}

#[test]
fn a_guard_flushes_when_it_is_dropped() {
    // The guard of the installed reporter was dropped before. Another process tests a guard.
    let platform = platform();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_guarded"))
        .env("XPANDER_BASE_URL", platform.url())
        .env("XPANDER_API_KEY", "k")
        .env("XPANDER_AGENT_ID", "a")
        .env_remove("XPANDER_REPORT_DISABLED")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(platform.tasks().unwrap().len(), 20);
}
