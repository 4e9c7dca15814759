//! Shared code of the tests: a scripted server, and comparisons of JSON.

pub mod hostile;
pub mod json;
pub mod provider;
pub mod raw;
pub mod said;
pub mod server;
pub mod unruly;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

use xpander_report::testing::Recorder;
use xpander_report::{
    Config, ConfigBuilder, Durability, Redaction, Reporter, SpoolDirectory, TaskReport,
};
use xpander_report_local::LocalPlatform;

/// A timeout that only a bug reaches.
pub const LONG: Duration = Duration::from_secs(60);

/// A new local platform for one test.
pub fn platform() -> LocalPlatform {
    LocalPlatform::builder()
        .port(0)
        .start()
        .expect("a local platform starts")
}

/// The address of a platform that does not run, and the port at which it can come [`back`].
pub fn away() -> (String, u16) {
    let platform = platform();
    let url = platform.url();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    (url, port.expect("a port"))
}

/// Starts the platform again.
pub fn back(port: u16) -> LocalPlatform {
    LocalPlatform::builder()
        .port(port)
        .start()
        .expect("its port is free")
}

/// A configuration for a server at `url` that takes nothing from the environment.
pub fn config(url: impl Into<String>) -> ConfigBuilder {
    Config::builder()
        .variables([("", "")])
        .base_url(url)
        .api_key("xp-test-key")
        .agent_id("agent-123")
}

/// A reporter for a server at `url`.
pub fn reporter(url: impl Into<String>) -> Reporter {
    Reporter::builder()
        .config(config(url))
        .build()
        .expect("a correct configuration")
}

/// Waits until the condition holds.
///
/// # Panics
/// It does not hold after [`LONG`].
#[track_caller]
pub fn until(condition: impl FnMut() -> bool) {
    assert!(comes_true(condition), "the condition did not hold in time");
}

/// Whether the condition holds, now or soon.
pub fn comes_true(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + LONG;
    while Instant::now() < deadline {
        if condition() {
            return true;
        }
        thread::yield_now();
    }
    false
}

/// The durability in the variable `DURABILITY`.
pub fn durability() -> Option<Durability> {
    let name = std::env::var("DURABILITY").ok()?;
    Some(match &*name {
        "none" => return None,
        "memory" => Durability::Memory,
        "process" => Durability::Process,
        "disk" => Durability::Disk,
        other => panic!("there is no durability `{other}`"),
    })
}

/// The user's folder in a spool's directory. If there are no reports, it does not exist.
///
/// # Panics
/// Several users have reports there.
#[track_caller]
pub fn own_folder(dir: &Path) -> PathBuf {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let folders = entries.map(|entry| entry.expect("its name").path());
    let is_user = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("user-"))
    };
    let mut users = folders.filter(is_user);
    let only = users.next().unwrap_or_else(|| dir.join("user-"));
    assert_eq!(users.next(), None, "a second user has reports there");
    only
}

/// The number of waiting reports in a spool.
#[track_caller]
pub fn waiting(dir: &Path) -> usize {
    let spool = SpoolDirectory::open(dir).expect("a spool");
    let waiting = spool.waiting();
    waiting.inspect(|report| assert!(report.is_ok())).count()
}

/// A text with the number, padded to at least this many bytes.
pub fn padded(number: u64, bytes: u64) -> String {
    let number = number.to_string();
    let more = usize::try_from(bytes).map_or(0, |bytes| bytes.saturating_sub(number.len()));
    number + &"x".repeat(more)
}

/// The one report that `run` makes.
pub fn record<T>(run: impl FnOnce() -> T) -> TaskReport {
    record_with(Redaction::new(), run)
}

/// The one report that `run` makes, with this redaction.
pub fn record_with<T>(redaction: Redaction, run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::with_redaction(redaction);
    recorder.in_scope(run);
    let reports = recorder.take();
    let [report] = <[TaskReport; 1]>::try_from(reports).expect("one report");
    report
}

/// Waits until no report is left, and returns the number of delivered ones. The result of a flush leaves out those that
/// were delivered before it began.
#[track_caller]
pub fn delivered(reporter: &Reporter) -> u64 {
    let outcome = reporter.flush_blocking(LONG);
    assert!(outcome.is_complete(), "{outcome:?}");
    reporter.stats().delivered
}

/// Waits until no report is left, and returns the number of refused ones.
#[track_caller]
pub fn refused(reporter: &Reporter) -> u64 {
    let outcome = reporter.flush_blocking(LONG);
    assert_eq!((outcome.pending, outcome.spooled), (0, 0), "{outcome:?}");
    reporter.stats().dead_lettered
}
