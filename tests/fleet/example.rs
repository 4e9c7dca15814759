//! The example that people start, with a relay and a server killed while it runs.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use xpander_report_tests::raw::try_send;
use xpander_report_tests::until;

use crate::nats::free_port;
use crate::support::{HEADERS, status_of};

const TASKS: u64 = 8;

struct Example(Child);

impl Drop for Example {
    fn drop(&mut self) {
        // It ends what it started.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

#[test]
fn no_task_is_missing_when_the_forwarding_relay_and_a_server_are_killed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    // As the tests of the default members build it.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--bin", "xpander-report"])
        .current_dir(&root)
        .status();
    assert!(built.unwrap().success());
    // The program lies beside the tests.
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("xpander-report");
    let dir = TempDir::new().unwrap();
    let ports: Vec<u16> = (0..9).map(|_| free_port()).collect();
    let words: Vec<_> = ports.iter().map(u16::to_string).collect();
    let example = Command::new("examples/fleet/run.sh")
        .current_dir(&root)
        .env("FOLDER", dir.path())
        .env("PROGRAM", program)
        .env("PORTS", words.join(" "))
        .env("TASKS", TASKS.to_string())
        .stdout(Stdio::null())
        .spawn();
    let _example = Example(example.unwrap());
    let address = |port: usize| SocketAddr::from(([127, 0, 0, 1], ports[port]));
    let tasks = || {
        let answer = try_send(address(0), "GET /v1/tasks", &HEADERS, b"").ok()?;
        let listed: Value = serde_json::from_str(&answer.body).ok()?;
        listed["total"].as_u64()
    };
    until(|| tasks() >= Some(2));
    let kill = |name: &str| {
        let number = fs::read_to_string(dir.path().join(format!("{name}.pid"))).unwrap();
        let number = Pid::from_raw(number.trim().parse().unwrap()).unwrap();
        kill_process(number, Signal::KILL).unwrap();
    };
    let forwards = |port| status_of(address(port)).is_some_and(|status| status.is_forwarding);
    until(|| forwards(1) || forwards(2));
    let (dead, other) = if forwards(1) {
        ("relay-1", 2)
    } else {
        ("relay-2", 1)
    };
    kill(dead);
    kill("nats-2");
    until(|| forwards(other));
    until(|| tasks() == Some(2 * TASKS));
}
