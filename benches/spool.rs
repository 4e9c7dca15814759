//! The caller's time if a report must be on disk before the call returns, compared with a bare `write` of the same
//! bytes to a file; and the parts of that time.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xpander_report::{Config, Durability, Reporter, TaskReport, Tokens};
use xpander_report_benches::{Candidate, measure, ratio};

const ROUNDS: u32 = 31;
const REPORTS: u32 = 4_000;

fn report() -> TaskReport {
    TaskReport::new()
        .input("x".repeat(2_000))
        .result("y".repeat(1_800))
        .tokens(Tokens::new(812, 96))
        .duration(Duration::from_millis(1_200))
}

/// The time of `report` for this many newly made reports.
fn with_reports(count: u32, mut act: impl FnMut(TaskReport)) -> Duration {
    const AT_ONCE: u32 = 16;
    let mut elapsed = Duration::ZERO;
    for _ in 0..count.div_ceil(AT_ONCE) {
        let reports: Vec<_> = (0..AT_ONCE).map(|_| report()).collect();
        let start = Instant::now();
        reports.into_iter().for_each(&mut act);
        elapsed += start.elapsed();
    }
    elapsed
}

/// Nothing listens at this address.
fn reporter(dir: &TempDir, durability: Durability, capacity: usize) -> Reporter {
    let config = Config::builder().variables([("", "")]);
    Reporter::builder()
        .config(
            config
                .base_url("http://127.0.0.1:9")
                .api_key("k")
                .agent_id("a"),
        )
        .spool(dir.path())
        .durability(durability)
        .queue_capacity(capacity)
        .build()
        .expect("a reporter")
}

/// A capacity with which the worker takes all reports into memory.
const ROOM: usize = 10_000;

/// The first reports create a segment and start a thread, so they are not measured.
fn hand_over(count: u32, durability: Durability, capacity: usize) -> Duration {
    let dir = TempDir::new().expect("a directory");
    let reporter = reporter(&dir, durability, capacity);
    with_reports(10, |report| reporter.report(report));
    let _ = reporter.flush_blocking(Duration::from_millis(50));
    let elapsed = with_reports(count, |report| reporter.report(report));
    let stats = reporter.stats();
    assert_eq!(
        (stats.not_spooled, stats.dropped.total()),
        (0, 0),
        "{stats:?}"
    );
    let _ = reporter.shutdown_blocking(Duration::ZERO);
    elapsed
}

fn main() {
    let bytes = serde_json::to_vec(&report().id("0".repeat(36))).expect("a body");
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("file");
    let buffer = RefCell::new(Vec::new());
    let mut candidates = [
        Candidate::new("write", |count| {
            let mut file = File::create(&path).expect("a file");
            let start = Instant::now();
            for _ in 0..count {
                file.write_all(&bytes).expect("room");
            }
            start.elapsed()
        }),
        Candidate::new("serialise", |count| {
            let mut buffer = buffer.borrow_mut();
            with_reports(count, |report| {
                buffer.clear();
                serde_json::to_writer(&mut *buffer, &report).expect("a body");
            })
        }),
        Candidate::new("both", |count| {
            let mut file = File::create(&path).expect("a file");
            let mut buffer = buffer.borrow_mut();
            with_reports(count, |report| {
                buffer.clear();
                serde_json::to_writer(&mut *buffer, &report).expect("a body");
                file.write_all(&buffer).expect("room");
            })
        }),
        Candidate::new("memory", |count| hand_over(count, Durability::Memory, ROOM)),
        Candidate::new("process", |count| {
            hand_over(count, Durability::Process, ROOM)
        }),
        // The worker has no room, so it does not read the file while it is written.
        Candidate::new("unread", |count| hand_over(count, Durability::Process, 2)),
        Candidate::new("disk", |count| hand_over(count, Durability::Disk, ROOM)),
    ];
    let times = measure(&mut candidates, ROUNDS, REPORTS);
    let names = candidates.each_ref().map(|candidate| candidate.name);
    println!(
        "handing over a report of {} bytes, beside writing them",
        bytes.len()
    );
    for (name, time) in names.iter().zip(&times) {
        println!(
            "{name:<10} {:>8} ns {:>6.2}x {:>6.2}x of both",
            time.as_nanos(),
            ratio(*time, times[0]),
            ratio(*time, times[2])
        );
    }
}
