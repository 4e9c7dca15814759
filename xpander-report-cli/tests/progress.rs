//! Long work shows its progress on a terminal and nothing when piped.

#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use crate::support::running::Running;
use crate::support::spools::leave_two;
use crate::support::terminal::{in_a_terminal, shell_in_a_terminal};
use crate::support::{KEY, run};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use xpander_report::{Client, TaskReport};
use xpander_report_local::LocalPlatform;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config, reporter, until as wait_until};

/// A platform that answers no report until the test releases it.
struct Slow {
    server: Server,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Slow {
    fn start() -> Self {
        let gate = Arc::<(Mutex<bool>, Condvar)>::default();
        let held = Arc::clone(&gate);
        let server = Server::start(move |_, _| {
            let (is_open, opened) = &*held;
            let is_open = is_open.lock().unwrap();
            drop(opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            Answer::task()
        });
        Self { server, gate }
    }

    fn let_go(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

/// The content of the terminal once these words appear, or at the end.
fn until(output: &mut impl Read, words: &str) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let read = output.read(&mut piece).unwrap_or(0);
        seen.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&seen);
        if read == 0 || text.contains(words) {
            return text.into_owned();
        }
    }
}

fn variables<'a>(url: &'a str, dir: &'a Path) -> Vec<(&'a str, &'a str)> {
    vec![
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_REPORT_SPOOL_DIR", dir.to_str().unwrap()),
        ("TERM", "xterm"),
    ]
}

#[test]
fn a_terminal_shows_how_many_reports_are_delivered() {
    let (dir, platform) = (TempDir::new().unwrap(), Slow::start());
    let url = platform.server.url();
    leave_two(&url, dir.path());
    let variables = variables(&url, dir.path());
    let Some(mut terminal) = in_a_terminal(&["spool", "drain"], &variables) else {
        return;
    };
    let mut running = terminal.spawn().unwrap();
    let mut output = running.stdout.take().unwrap();
    let shown = until(&mut output, "of 2 reports");
    assert!(
        shown.contains("delivering [") && shown.contains("0 of 2 reports"),
        "{shown}"
    );
    platform.let_go();
    let rest = until(&mut output, "2 reports are delivered.");
    assert!(rest.contains("2 reports are delivered."), "{rest}");
    assert!(!(shown + &rest).contains("\u{1b}[3"), "no colours");
    running.wait().unwrap();
}

#[test]
fn a_pipe_gets_the_result_only() {
    let (dir, platform) = (TempDir::new().unwrap(), Slow::start());
    let url = platform.server.url();
    leave_two(&url, dir.path());
    let (said, ()) = std::thread::scope(|scope| {
        let drain = scope.spawn(|| run(&["spool", "drain"], &variables(&url, dir.path())));
        platform.server.wait_for(1);
        platform.let_go();
        (drain.join().unwrap(), ())
    });
    let said = said.ends_with(0);
    assert_eq!(said.out, "2 reports are delivered.\n");
    assert_eq!(said.err, "");
}

#[test]
fn a_terminal_shows_how_much_of_a_file_is_extracted() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("batch.jsonl");
    let mut lines = String::new();
    for number in 0..100_000 {
        writeln!(
            lines,
            r#"{{"id": "msg_{number}", "content": [{{"type": "text", "text": "Hello!"}}], "stop_reason": "end_turn", "usage": {{"input_tokens": 12, "output_tokens": 6}}}}"#
        )
        .unwrap();
    }
    fs::write(&file, lines).unwrap();
    let program = env!("CARGO_BIN_EXE_xpander-report");
    let command = format!("{program} extract --jsonl < {} > /dev/null", file.display());
    if let Some(mut terminal) = shell_in_a_terminal(&command, &[("TERM", "xterm")]) {
        let mut running = terminal.spawn().unwrap();
        let shown = until(running.stdout.as_mut().unwrap(), "MiB");
        assert!(shown.contains("extracting ["), "{shown}");
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let visible = format!("{program} extract --jsonl < {}", file.display());
    if let Some(mut terminal) = shell_in_a_terminal(&visible, &[("TERM", "xterm")]) {
        let output = terminal.output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.lines().count(), 100_000, "only the lines");
        assert!(!shown.contains("extracting ["), "only the lines");
    }
    let mut piped = Command::new("/bin/sh");
    let said = piped.args(["-c", &command]).output().unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
}

/// A clock of 1970.
fn long_ago() -> Timestamp {
    static MICROSECOND: AtomicI64 = AtomicI64::new(0);
    Timestamp::from_microsecond(MICROSECOND.fetch_add(1, Ordering::Relaxed)).unwrap()
}

/// A data file with old tasks, whose deletion takes a while.
fn old_tasks(file: &Path) {
    let platform = LocalPlatform::builder()
        .port(0)
        .data(file)
        .clock(long_ago)
        .start()
        .unwrap();
    let reporter = reporter(platform.url());
    let input = "a long text of many words ".repeat(600);
    for number in 0..2_000 {
        reporter.report(
            TaskReport::new()
                .id(number.to_string())
                .input(input.clone()),
        );
    }
    assert!(reporter.flush_blocking(LONG).is_complete());
    platform.stop();
}

#[test]
fn a_terminal_shows_how_many_tasks_are_deleted() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tasks.db");
    old_tasks(&file);
    let local = [
        "local",
        "--port",
        "0",
        "--retention",
        "30d",
        "--db",
        file.to_str().unwrap(),
    ];
    let Some(mut terminal) = in_a_terminal(&local, &[("TERM", "xterm")]) else {
        return;
    };
    let mut running = terminal.spawn().unwrap();
    let shown = until(running.stdout.as_mut().unwrap(), " tasks");
    assert!(shown.contains("deleting "), "{shown}");
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn a_pipe_gets_nothing_of_a_deletion() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tasks.db");
    old_tasks(&file);
    let mut platform = Running::local(&["--retention", "30d", "--db", file.to_str().unwrap()], &[]);
    let client = Client::new(config(platform.url()).build().unwrap());
    wait_until(|| {
        let list = client.query_blocking(&["v1", "tasks"], &[]).unwrap();
        serde_json::from_str::<Value>(list.get()).unwrap()["total"] == 0
    });
    platform.signal("TERM");
    let mut said = String::new();
    let errors = platform.process.stderr.take();
    errors.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}
