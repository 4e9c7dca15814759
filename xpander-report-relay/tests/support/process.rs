//! A relay in a process of its own, which can be killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use xpander_report_relay::Relay;
use xpander_report_tests::config;

const UPSTREAM: &str = "RELAY_TEST_UPSTREAM";

/// Not a test of its own: the process that [`Process`] starts. The variables `RELAY_TEST_…` configure its relay.
#[test]
fn serve() {
    let Ok(upstream) = std::env::var(UPSTREAM) else {
        return;
    };
    let variable = |name: &str| std::env::var(name).unwrap();
    let upstream = config(upstream)
        .connect_timeout(Duration::from_secs(1))
        .timeout(Duration::from_millis(
            variable("RELAY_TEST_TIMEOUT").parse().unwrap(),
        ));
    let relay = Relay::builder(upstream, variable("RELAY_TEST_SPOOL"))
        .port(variable("RELAY_TEST_PORT").parse().unwrap())
        .sync(variable("RELAY_TEST_SYNC") == "true")
        .start()
        .unwrap();
    // The harness of tests takes in what `eprintln!` writes.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "address {}", relay.address()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// The process. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts a relay at this port; 0 takes any.
    pub(crate) fn start(
        upstream: &str,
        timeout: Duration,
        spool: &Path,
        port: u16,
        is_synced: bool,
    ) -> Self {
        let program = Command::new(std::env::current_exe().unwrap());
        Self::of(program, upstream, timeout, spool, port, is_synced)
    }

    /// Starts one whose files the system lets grow up to so many KiB.
    pub(crate) fn with_small_files(upstream: &str, spool: &Path, kibibytes: u32) -> Self {
        // A file that would become larger ends a program, unless that ignores the signal.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            2 * kibibytes
        );
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &script])
            .arg(std::env::current_exe().unwrap());
        Self::of(shell, upstream, Duration::from_secs(10), spool, 0, false)
    }

    fn of(
        mut program: Command,
        upstream: &str,
        timeout: Duration,
        spool: &Path,
        port: u16,
        is_synced: bool,
    ) -> Self {
        let mut child = program
            .args([
                "support::process::serve",
                "--exact",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(UPSTREAM, upstream)
            .env("RELAY_TEST_TIMEOUT", timeout.as_millis().to_string())
            .env("RELAY_TEST_SPOOL", spool)
            .env("RELAY_TEST_PORT", port.to_string())
            .env("RELAY_TEST_SYNC", is_synced.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            match line.trim().strip_prefix("address ") {
                Some(address) => break address.parse().unwrap(),
                None => said += &line,
            }
        };
        // What it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self { child, address }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
