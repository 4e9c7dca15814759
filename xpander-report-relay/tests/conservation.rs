//! Whatever the platform does and whenever the relay is killed, every report that was answered with 200 ends as exactly
//! one task. The task has the newest content of every field, and no older report overwrites a newer one.
//!
//! A seed determines the events, except for the interleaving of threads. `KILLS=200 cargo test -p xpander-report-relay
//! --test conservation` kills the relay that often, and `SEED=7` starts with that seed.
#![cfg(unix)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::process::Process;
use crate::support::{HOST, KEY};
use fastrand::Rng;
use serde_json::json;
use tempfile::TempDir;
use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::raw::try_send;
use xpander_report_tests::unruly::{BROKEN_AGENT, Fault, HANGING_AGENT, Seen, Unruly};
use xpander_report_tests::{LONG, config, until};

const THREADS: usize = 4;
const TASKS: usize = 6;

/// What a program knows of one task.
#[derive(Debug, Default)]
struct Task {
    id: String,
    agent: &'static str,
    /// The version that was sent last, and the last one that was answered with 200.
    sent: u64,
    answered: u64,
    /// The version of the last report with an input that was sent, and that was answered.
    input_sent: u64,
    input_answered: u64,
}

impl Task {
    /// Reports the next version, or the last one again if nobody said that it was accepted.
    fn report(&mut self, relay: SocketAddr, rng: &mut Rng) {
        let is_new = self.sent == self.answered || rng.bool();
        if is_new {
            self.sent += 1;
        }
        let version = self.sent;
        let has_input = if is_new {
            rng.bool()
        } else {
            self.input_sent == version
        };
        let mut body = json!({"id": self.id, "result": version.to_string()});
        if has_input {
            body["input"] = json!(version.to_string());
            self.input_sent = version;
        }
        let line = format!("POST /agent-execution/{}/report_task", self.agent);
        let answer = try_send(relay, &line, &[HOST, KEY], body.to_string().as_bytes());
        let Ok(answer) = answer else { return };
        match answer.status {
            200 => {
                self.answered = version;
                if has_input {
                    self.input_answered = version;
                }
            }
            503 => assert!(answer.json()["detail"].is_string()),
            status => panic!("{status}: {}", answer.body),
        }
    }

    fn check(&self, seen: &[Seen]) {
        let number = |text: &Option<String>| text.as_ref().map(|text| text.parse::<u64>().unwrap());
        let taken: Vec<_> = seen.iter().filter(|seen| seen.is_taken).collect();
        let results: Vec<_> = taken
            .iter()
            .filter_map(|it| number(&it.report.result))
            .collect();
        assert!(results.is_sorted(), "{self:?} went back: {results:?}");
        let last = results.last().copied().unwrap_or(0);
        assert!(
            last >= self.answered && last <= self.sent,
            "{self:?}: {results:?}"
        );
        let inputs: Vec<_> = taken
            .iter()
            .filter_map(|it| number(&it.report.input))
            .collect();
        assert!(inputs.is_sorted(), "{self:?} went back: {inputs:?}");
        let last = inputs.last().copied().unwrap_or(0);
        assert!(
            last >= self.input_answered && last <= self.input_sent,
            "{self:?}: {inputs:?}"
        );
        assert!(
            taken.iter().all(|it| it.key == "xp-test-key"),
            "with the relay's key alone"
        );
    }
}

#[test]
fn every_report_that_was_answered_becomes_one_task_with_its_newest_content() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|it| it.parse::<u64>().unwrap())
    };
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..));
    let kills = number("KILLS").unwrap_or(16);
    println!("SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    for is_synced in [false, true] {
        trial(rng.fork(), kills / 2, is_synced);
    }
}

fn trial(mut rng: Rng, kills: u64, is_synced: bool) {
    let platform = Unruly::start(rng.fork(), Fault::ALL.to_vec(), 60);
    let dir = TempDir::new().unwrap();
    let timeout = Duration::from_millis(150);
    let start = |port| Process::start(&platform.url(), timeout, dir.path(), port, is_synced);
    let mut relay = start(0);
    let (address, port) = (relay.address, relay.address.port());
    // One that delivers by the library, through all kills.
    let reporter = Reporter::builder()
        .config(config(format!("http://{address}")).timeout(Duration::from_secs(1)))
        .build()
        .unwrap();
    let is_over = AtomicBool::new(false);
    let (tasks, reported) = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (mut rng, is_over) = (rng.fork(), &is_over);
                scope.spawn(move || {
                    let mut tasks: Vec<_> = (0..TASKS)
                        .map(|task| Task {
                            id: format!("task-{thread}-{task}"),
                            agent: ["agent-1", "agent-2", "agent-3", BROKEN_AGENT, HANGING_AGENT]
                                [rng.usize(..5)],
                            ..Task::default()
                        })
                        .collect();
                    while !is_over.load(Ordering::Relaxed) {
                        let chosen = rng.usize(..tasks.len());
                        tasks[chosen].report(address, &mut rng);
                    }
                    tasks
                })
            })
            .collect();
        let reporting = scope.spawn(|| {
            let mut reported = 0;
            while !is_over.load(Ordering::Relaxed) {
                reported += 1;
                let task = reported % 5;
                let report = TaskReport::new().id(format!("lib-{task}"));
                reporter.report(report.result(reported.to_string()));
                let _ = reporter.flush_blocking(Duration::from_millis(20));
            }
            reported
        });
        for _ in 0..kills {
            thread::sleep(Duration::from_millis(rng.u64(5..250)));
            relay.kill();
            relay = start(port);
        }
        thread::sleep(Duration::from_millis(100));
        is_over.store(true, Ordering::Relaxed);
        let tasks = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        (tasks.collect::<Vec<_>>(), reporting.join().unwrap())
    });
    platform.become_good();
    let outcome = reporter.flush_blocking(LONG);
    assert!(outcome.is_complete(), "{outcome:?} {:?}", reporter.stats());
    until(|| crate::support::waiting(dir.path()).is_empty());

    let seen = platform.seen();
    assert!(tasks.iter().any(|task| task.answered > 1), "{tasks:?}");
    for task in &tasks {
        let seen = seen.get(&task.id).map_or(&[][..], Vec::as_slice);
        task.check(seen);
    }
    check_reported(&seen, reported);
    let known = tasks.iter().filter(|task| task.sent > 0).count() + 5;
    assert!(
        seen.len() <= known,
        "a task that nobody reported: {:?}",
        seen.keys()
    );
}

/// The tasks that the library reported have their last result.
fn check_reported(seen: &HashMap<String, Vec<Seen>>, reported: u64) {
    for task in 0..5 {
        let Some(seen) = seen.get(&format!("lib-{task}")) else {
            assert!(reported < task || task == 0 && reported < 5);
            continue;
        };
        let taken = seen.iter().filter(|seen| seen.is_taken);
        let results: Vec<u64> = taken
            .map(|seen| seen.report.result.as_ref().unwrap().parse().unwrap())
            .collect();
        assert!(results.is_sorted(), "lib-{task} went back: {results:?}");
        let expected = (1..=reported).rev().find(|number| number % 5 == task);
        assert_eq!(results.last().copied(), expected, "lib-{task}");
    }
}
