use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::LONG;
use crate::place::Place;

/// A worker in its own process, which is killed when this is dropped.
pub(crate) struct Worker {
    process: Child,
    lines: Receiver<String>,
}

impl Worker {
    /// The ordinary worker.
    pub(crate) fn start(place: &Place) -> Self {
        Self::spawn(
            Command::new(env!("CARGO_BIN_EXE_example-queue-worker")),
            place,
        )
    }

    /// A worker that stops the first time it reaches this step of a job.
    pub(crate) fn that_stands_still_at(step: &str, place: &Place) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stands-still"));
        command.arg(step);
        Self::spawn(command, place)
    }

    fn spawn(mut command: Command, place: &Place) -> Self {
        let mut process = command
            .env_clear()
            .envs(place.environment())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                println!("{line}");
                // The test may have stopped reading.
                let _ = tell.send(line);
            }
        });
        Self { process, lines }
    }

    /// Waits for a line with these words.
    pub(crate) fn says(&self, words: &str) {
        let end = Instant::now() + LONG;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(words) => return,
                Ok(_) => {}
                Err(error) => panic!("the worker does not say `{words}`: {error}"),
            }
        }
    }

    /// Reads lines for a while.
    pub(crate) fn goes_on_for(&self, time: Duration) {
        let end = Instant::now() + time;
        let left = || end.saturating_duration_since(Instant::now());
        while self.lines.recv_timeout(left()).is_ok() {}
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends SIGTERM. Returns the exit status.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let kill = format!("kill -TERM {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
        self.process.wait().unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
