//! Programs that are configured only by the environment. Each case has its own process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

fn run(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_one-run"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("XPANDER_") {
            command.env_remove(name);
        }
    }
    command
        .env_remove("IS_STG")
        .envs(variables.iter().copied())
        .args(["Ada", "Grace"])
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn three_variables_are_enough() {
    let platform = platform();
    let output = run(&[
        ("XPANDER_BASE_URL", &platform.url()),
        ("XPANDER_API_KEY", "k"),
        ("XPANDER_AGENT_ID", "from-env"),
    ]);
    assert_eq!(
        text(&output.stdout),
        "hello Ada\nhello Grace\ndelivered 2, dropped 0\n"
    );
    assert_eq!(text(&output.stderr), "");
    let tasks = platform.tasks().unwrap();
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.agent_id == "from-env"));
    assert!(
        tasks.iter().any(|task| task.input.as_deref() == Some("Ada")
            && task.result.as_deref() == Some("hello Ada"))
    );
}

#[test]
fn no_variables_are_silence() {
    let output = run(&[]);
    assert_eq!(
        text(&output.stdout),
        "hello Ada\nhello Grace\nreporting is off\n"
    );
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_key_without_an_agent_is_one_warning() {
    let server = Server::always(Answer::task());
    let url = server.url();
    let output = run(&[("XPANDER_BASE_URL", &url), ("XPANDER_API_KEY", "k")]);
    let warnings = text(&output.stderr);
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(warnings.contains("XPANDER_AGENT_ID"), "{warnings}");
    assert!(text(&output.stdout).starts_with("hello Ada\nhello Grace\n"));
    assert!(server.requests().is_empty());
}

#[test]
fn an_agent_without_a_key_is_one_warning() {
    let output = run(&[("XPANDER_AGENT_ID", "a")]);
    let warnings = text(&output.stderr);
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(warnings.contains("XPANDER_API_KEY"), "{warnings}");
    assert!(text(&output.stdout).contains("reporting is off"));
}

#[test]
fn one_variable_turns_everything_off() {
    let server = Server::always(Answer::task());
    for on in ["1", "true", "YES"] {
        let output = run(&[
            ("XPANDER_BASE_URL", &server.url()),
            ("XPANDER_API_KEY", "k"),
            ("XPANDER_AGENT_ID", "a"),
            ("XPANDER_REPORT_DISABLED", on),
        ]);
        assert!(text(&output.stdout).ends_with("reporting is off\n"));
        assert_eq!(text(&output.stderr), "");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_switch_that_is_neither_on_nor_off_is_one_warning_and_sends_nothing() {
    let server = Server::always(Answer::task());
    let output = run(&[
        ("XPANDER_BASE_URL", &server.url()),
        ("XPANDER_API_KEY", "k"),
        ("XPANDER_AGENT_ID", "a"),
        ("XPANDER_REPORT_DISABLED", "maybe"),
    ]);
    let warnings = text(&output.stderr);
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(warnings.contains("XPANDER_REPORT_DISABLED"), "{warnings}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_refused_key_is_told_once_and_not_shown() {
    let server = Server::always(Answer::json(401, r#"{"detail":"unknown key"}"#));
    let output = run(&[
        ("XPANDER_BASE_URL", &server.url()),
        ("XPANDER_API_KEY", "very-secret"),
        ("XPANDER_AGENT_ID", "a"),
    ]);
    let warnings = text(&output.stderr);
    assert_eq!(
        warnings.matches("401: unknown key").count(),
        1,
        "{warnings}"
    );
    assert!(warnings.contains("check XPANDER_API_KEY"), "{warnings}");
    assert!(!warnings.contains("very-secret"), "{warnings}");
    assert!(text(&output.stdout).ends_with("delivered 0, dropped 0\n"));
}

#[test]
fn an_outage_is_told_once_and_so_is_what_the_guard_could_not_deliver() {
    // Nothing listens at this address any more.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_guarded"))
        .env("XPANDER_BASE_URL", format!("http://{address}"))
        .env("XPANDER_API_KEY", "very-secret")
        .env("XPANDER_AGENT_ID", "a")
        .env_remove("XPANDER_REPORT_DISABLED")
        .output()
        .unwrap();
    assert!(output.status.success());
    let warnings = text(&output.stderr);
    let lines: Vec<_> = warnings.lines().collect();
    assert_eq!(lines.len(), 2, "{warnings}");
    assert!(
        lines[0].contains("reports wait and are retried"),
        "{warnings}"
    );
    assert!(lines[0].contains(&address.to_string()), "{warnings}");
    assert!(
        lines[1].contains("20 reports were not delivered"),
        "{warnings}"
    );
    assert!(!warnings.contains("very-secret"), "{warnings}");
}

#[test]
fn one_agent_of_several_that_fails_is_told_once_and_named() {
    let broken = "reports of the agent bad wait; other agents are not affected: the platform answered 500: broken";
    let refused = "reports of the agent bad wait; check the agent's id and the key's permissions; other agents are not \
                   affected: the platform answered 403: not yours";
    for (answer, expected) in [
        (Answer::json(500, r#"{"detail":"broken"}"#), broken),
        (Answer::json(403, r#"{"detail":"not yours"}"#), refused),
    ] {
        let server = Server::start(move |_, request| {
            if request.line.contains("/bad/") {
                answer.clone()
            } else {
                Answer::task()
            }
        });
        let output = Command::new(env!("CARGO_BIN_EXE_agents"))
            .env("XPANDER_BASE_URL", server.url())
            .env("XPANDER_API_KEY", "key")
            .env_remove("XPANDER_REPORT_DISABLED")
            .output()
            .unwrap();
        assert_eq!(
            text(&output.stderr),
            format!("xpander-report: {expected}\n")
        );
    }
}

#[test]
fn that_reports_are_dropped_is_told_once_until_the_queue_was_half_empty() {
    // Accepts a limited number of reports.
    let (may_take, taken) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let server = Server::start({
        let may_take = Arc::clone(&may_take);
        move |_, _| {
            let may_take = may_take.load(Ordering::SeqCst);
            let more = |taken| (taken < may_take).then_some(taken + 1);
            match taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more) {
                Ok(_) => Answer::task(),
                Err(_) => Answer::json(503, "{}"),
            }
        }
    });
    let mut program = Command::new(env!("CARGO_BIN_EXE_overfills"))
        .env("XPANDER_BASE_URL", server.url())
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "a")
        .env_remove("XPANDER_REPORT_DISABLED")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = program.stdin.take().unwrap();
    let mut out = BufReader::new(program.stdout.take().unwrap());
    // The queue holds ten reports: six wait after four deliveries, and five after five more.
    for delivered in [0, 4, 9, 9] {
        may_take.store(delivered, Ordering::SeqCst);
        writeln!(orders, "{delivered}").unwrap();
        out.read_line(&mut String::new()).unwrap();
    }
    drop(orders);
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = text(&output.stderr);
    let said: Vec<_> = said
        .lines()
        .filter(|line| !line.contains("reports wait and are retried"))
        .collect();
    let dropped =
        "xpander-report: the queue is full (10 reports, 67108864 bytes); dropping reports";
    let expected = [
        "0 delivered",
        dropped,
        "4 delivered",
        "9 delivered",
        dropped,
        "9 delivered",
    ];
    assert_eq!(said, expected);
}
