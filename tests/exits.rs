//! How a program ends that keeps no guard: what it reported is delivered, in bounded time.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

fn leaves(url: &str, way: &str, runtime: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leaves"))
        .args([way, runtime])
        .env("XPANDER_BASE_URL", url)
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .output()
        .unwrap()
}

#[test]
fn what_was_reported_is_delivered_however_the_program_ends() {
    for way in ["return", "exit", "exit-on-a-thread", "panic"] {
        for runtime in ["none", "tokio", "tokio-current-thread", "smol"] {
            let platform = platform();
            let output = leaves(&platform.url(), way, runtime);
            assert_eq!(output.status.success(), way != "panic", "{output:?}");
            let tasks = platform.tasks().unwrap().len();
            assert_eq!(tasks, 20, "{way} with {runtime}: {output:?}");
        }
    }
}

#[test]
fn a_platform_that_does_not_answer_keeps_the_program_for_two_seconds() {
    let server = Server::always(Answer::Silence);
    let started = Instant::now();
    let output = leaves(&server.url(), "return", "none");
    assert!(output.status.success());
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("20 reports were not delivered"), "{said}");
}

#[test]
fn who_kept_a_guard_does_not_wait_twice() {
    let server = Server::always(Answer::Silence);
    let output = Command::new(env!("CARGO_BIN_EXE_guarded"))
        .env("XPANDER_BASE_URL", server.url())
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("not delivered").count(), 1, "{said}");
}
