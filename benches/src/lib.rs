//! Measures candidates side by side and prints their ratios.
//!
//! A single figure of a shared machine says little. So each round measures every candidate once, one after the other.
//! Other load slows all candidates of a round, and the result is the ratio of the medians over many rounds.

pub mod plain_client;
pub mod process;
pub mod reports;
pub mod responses;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;

/// A candidate to measure.
pub struct Candidate<'a> {
    pub name: &'a str,
    /// Does the work `count` times. Returns the time.
    pub run: Box<dyn FnMut(u32) -> Duration + 'a>,
}

impl<'a> Candidate<'a> {
    pub fn new(name: &'a str, run: impl FnMut(u32) -> Duration + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// The median time of one piece of work, for each candidate.
pub fn measure(candidates: &mut [Candidate<'_>], rounds: u32, count: u32) -> Vec<Duration> {
    for candidate in &mut *candidates {
        (candidate.run)(count);
    }
    let mut times = vec![Vec::new(); candidates.len()];
    for _ in 0..rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push((candidate.run)(count) / count);
        }
    }
    times.into_iter().map(median).collect()
}

/// The median.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The ratio of `time` to `reference`.
pub fn ratio(time: Duration, reference: Duration) -> f64 {
    time.as_secs_f64() / reference.as_secs_f64()
}

/// Starts a server on its own thread that accepts everything, answers `{}` and stores nothing. Returns its address.
pub fn server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            listener.set_nonblocking(true).expect("a listener");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let answer = |_: Bytes| async { ([("content-type", "application/json")], "{}") };
            let server = axum::serve(listener, Router::new().fallback(answer));
            server.await.expect("a server");
        });
    });
    url
}

const ROLE: &str = "XPANDER_BENCH_ROLE";

/// The role of this process in a benchmark, if [`play`] started it.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Starts this benchmark again in another role, with these arguments. The new process prints one line.
pub fn play(role: &str, arguments: &[&str]) -> (Player, String) {
    let mut player = Command::new(std::env::current_exe().expect("a program"))
        .args(arguments)
        .env(ROLE, role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let out = player.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    (Player(player), line.trim_end().to_owned())
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub struct Player(Child);

impl Drop for Player {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Runs a [`server`] until the parent process releases it.
pub fn play_server() {
    println!("{}", server());
    let _ = std::io::stdin().read(&mut [0]);
}
