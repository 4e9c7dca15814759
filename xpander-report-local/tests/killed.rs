//! Answered reports survive a kill of the process.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use xpander_report_local::LocalPlatform;

const DATA: &str = "KILLED_TEST_DATA";

/// The process that the test kills.
#[test]
fn serve() {
    let Some(path) = std::env::var_os(DATA) else {
        return;
    };
    let platform = LocalPlatform::builder().port(0).data(path).start().unwrap();
    let mut out = std::io::stderr();
    writeln!(out, "address {}", platform.address()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

fn start(path: &Path) -> (Child, SocketAddr) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args([
            "killed::serve",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DATA, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stderr.take().unwrap());
    let address = output
        .lines()
        .find_map(|line| Some(line.unwrap().strip_prefix("address ")?.parse().unwrap()))
        .unwrap();
    (process, address)
}

/// Reports until the server is gone. Returns the answered reports.
fn report_on(address: SocketAddr, worker: usize, answered: &Mutex<Vec<String>>) {
    for number in 0.. {
        let id = format!("{worker}-{number}");
        let body =
            format!(r#"{{"id":"{id}","input":"in {id}","result":"out","used_tools":["x"]}}"#);
        let Ok(mut connection) = TcpStream::connect(address) else {
            return;
        };
        let sent = write!(
            connection,
            "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = String::new();
        if sent.is_err() || connection.read_to_string(&mut answer).is_err() || answer.is_empty() {
            return;
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answered.lock().unwrap().push(id);
    }
}

#[test]
fn an_answered_report_survives_kill_9() {
    const REPORTS: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let answered = Mutex::new(Vec::new());
    // Each process starts with the files of the killed one before.
    for round in 1..=3 {
        let (mut process, address) = start(&path);
        thread::scope(|scope| {
            for worker in 0..4 {
                let answered = &answered;
                scope.spawn(move || report_on(address, round * 10 + worker, answered));
            }
            while answered.lock().unwrap().len() < round * REPORTS {
                thread::yield_now();
            }
            process.kill().unwrap();
            process.wait().unwrap();
        });
    }

    let platform = LocalPlatform::builder()
        .port(0)
        .data(&path)
        .start()
        .unwrap();
    let answered = answered.into_inner().unwrap();
    for id in &answered {
        let task = platform
            .task(id)
            .unwrap()
            .unwrap_or_else(|| panic!("{id} is lost"));
        assert_eq!(task.input, Some(format!("in {id}")));
        assert_eq!(platform.revisions(id).unwrap().len(), 1, "{id}");
    }
    // Reports whose answer was lost may be stored as well. Sums and lists agree.
    let all = platform.tasks().unwrap().len() as u64;
    assert!(all >= answered.len() as u64);
    let metrics = platform
        .metrics(&xpander_report_local::MetricsQuery::new())
        .unwrap();
    assert_eq!(metrics.total.requests(), all);
    assert_eq!(metrics.total.tool_calls(), all);
}
