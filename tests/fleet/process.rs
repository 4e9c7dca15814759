//! A relay in a process of its own, which can be killed and paused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use xpander_report_relay::{Nats, Relay};
use xpander_report_tests::config;

const UPSTREAM: &str = "FLEET_TEST_UPSTREAM";

/// How long a request to the platform may take, and the lease of the relays.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);
pub(crate) const LEASE: Duration = Duration::from_millis(2_000);

/// The body of the test that is the process. No test of its own.
pub(crate) fn serve() {
    let Ok(upstream) = std::env::var(UPSTREAM) else {
        return;
    };
    let variable = |name: &str| std::env::var(name).unwrap();
    let upstream = config(upstream)
        .connect_timeout(Duration::from_millis(200))
        .timeout(TIMEOUT);
    let nats = Nats::new(variable("FLEET_TEST_NATS"))
        .replicas(variable("FLEET_TEST_REPLICAS").parse().unwrap())
        .lease(LEASE);
    let relay = Relay::on_nats(upstream, nats)
        .port(variable("FLEET_TEST_PORT").parse().unwrap())
        .start()
        .unwrap();
    // The harness of tests takes in what `eprintln!` writes.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "address {} {}", relay.address(), relay.name()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    relay.stop();
}

/// The process. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) name: String,
}

impl Process {
    pub(crate) fn start(upstream: &str, nats: &str, replicas: usize, port: u16) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", "--exact", "--nocapture", "--test-threads=1"])
            .env(UPSTREAM, upstream)
            .env("FLEET_TEST_NATS", nats)
            .env("FLEET_TEST_REPLICAS", replicas.to_string())
            .env("FLEET_TEST_PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let (address, name) = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                ["address", address, name] => break (address.parse().unwrap(), name.to_owned()),
                _ => said += &line,
            }
        };
        // What it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self {
            child,
            address,
            name,
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as it should end.
    pub(crate) fn stop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
