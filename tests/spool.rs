//! Reports that wait on disk, and the failures that they survive.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;
use xpander_report::{Client, Durability, Overflow, Reporter, ReporterBuilder, TaskReport};
use xpander_report_local::LocalPlatform;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{
    LONG, away, back, config, own_folder, padded, platform, refused, until,
};

/// The time after which a test concludes that something does not happen.
const SHORT: Duration = Duration::from_millis(50);

fn spooling(url: impl Into<String>, dir: &Path) -> ReporterBuilder {
    Reporter::builder().config(config(url)).spool(dir)
}

fn start(builder: ReporterBuilder) -> Reporter {
    builder.build().expect("a correct configuration")
}

/// The files of the spool with this ending.
fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    files_in(&own_folder(dir), ending)
}

fn files_in(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let files = entries.map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|found| found == ending))
        .collect()
}

/// A program that reports this many tasks, numbered from `first`.
fn program(url: &str, dir: &Path, way: &str, durability: &str, tasks: (u64, u64)) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_spools"));
    program
        .args([way, &tasks.0.to_string(), &tasks.1.to_string()])
        .env("XPANDER_BASE_URL", url)
        .env("XPANDER_API_KEY", "key")
        .env("XPANDER_AGENT_ID", "agent-123")
        .env("XPANDER_REPORT_SPOOL_DIR", dir)
        .env("DURABILITY", durability)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

fn spools(url: &str, dir: &Path, way: &str, durability: &str, tasks: (u64, u64)) -> Child {
    program(url, dir, way, durability, tasks).spawn().unwrap()
}

/// Waits for the end of the program. Returns the tasks that it printed as accepted.
fn accepted(child: &mut Child) -> (BTreeSet<u64>, ExitStatus) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers = lines.map(|line| line.unwrap().parse().unwrap()).collect();
    (numbers, child.wait().unwrap())
}

fn drained(url: &str, dir: &Path) -> Reporter {
    let reporter = start(spooling(url, dir));
    // A thousand kills leave many reports behind.
    loop {
        let outcome = smol::block_on(reporter.drain(LONG));
        if outcome.is_complete() {
            return reporter;
        }
        assert!(outcome.delivered > 0, "{outcome:?}");
    }
}

/// The input and the result of each task.
fn tasks(platform: &LocalPlatform) -> HashMap<String, (Option<String>, Option<String>)> {
    let tasks = platform.tasks().unwrap().into_iter();
    tasks
        .map(|task| (task.id, (task.input, task.result)))
        .collect()
}

#[test]
fn what_survives_the_end_of_the_program_is_what_the_table_says() {
    let survives = |way: &str, durability: &str| durability != "memory" || way != "abort";
    for way in ["return", "exit", "panic", "abort"] {
        for durability in ["memory", "process", "disk"] {
            let dir = TempDir::new().unwrap();
            let (url, port) = away();
            let mut child = spools(&url, dir.path(), way, durability, (0, 20));
            let (accepted, _) = accepted(&mut child);
            assert_eq!(accepted.len(), 20);
            let platform = back(port);
            let reporter = drained(&url, dir.path());
            let expected = if survives(way, durability) { 20 } else { 0 };
            let tasks = tasks(&platform);
            assert_eq!(
                tasks.len(),
                expected,
                "{way}, {durability}: {:?}",
                reporter.stats()
            );
            assert!(reporter.shutdown_blocking(LONG).is_complete());
            assert_eq!(files(dir.path(), "seg").len(), 0);
        }
    }
}

/// Programs with the same spool, one after the other, each killed at a random point.
struct Killed {
    rng: Rng,
    rounds: u64,
    durability: &'static str,
    dir: TempDir,
    url: String,
    port: u16,
    /// The platform does not run at first, so that reports pile up. Later it runs, so that the kills interrupt
    /// deliveries.
    platform: Option<LocalPlatform>,
    /// The numbers of the accepted tasks.
    accepted: BTreeSet<u64>,
    /// For each repeated task, the revisions that may have arrived without the program's knowledge.
    in_doubt: BTreeSet<(u64, usize)>,
}

/// The tasks of each round.
const ROUND: u64 = 1_000_000;

/// How many tasks are reported again and again.
const REPEATED: u64 = 3;

/// The bytes of each report in some rounds, in which a few reports fill a segment.
const LARGE: u64 = 64 << 10;
const FILL: u64 = (8 << 20) / LARGE;

impl Killed {
    fn new(rng: Rng, rounds: u64, durability: &'static str) -> Self {
        let (url, port) = away();
        Self {
            rng,
            rounds,
            durability,
            dir: TempDir::new().unwrap(),
            url,
            port,
            platform: None,
            accepted: BTreeSet::new(),
            in_doubt: BTreeSet::new(),
        }
    }

    /// In one round of each half the reports are large.
    fn is_large(&self, round: u64) -> bool {
        [self.rounds / 4, self.rounds * 3 / 4].contains(&round)
    }

    fn input(&self, number: u64) -> String {
        let is_large = self.is_large(number / ROUND);
        padded(number, if is_large { LARGE } else { 0 })
    }

    fn round(&mut self, round: u64) {
        if round == self.rounds / 2 {
            self.platform = Some(back(self.port));
        }
        let is_large = self.is_large(round);
        let kill_at = match is_large {
            true => self.rng.u64(FILL..2 * FILL),
            false => self.rng.u64(1..=100),
        };
        // It may report a few more before it is dead or done.
        let count = kill_at + self.rng.u64(..50);
        let first = round * ROUND;
        let tasks = (first, count);
        let mut child = program(&self.url, self.dir.path(), "wait", self.durability, tasks)
            .env("INPUT", if is_large { LARGE } else { 0 }.to_string())
            .env("REPEATED", REPEATED.to_string())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..kill_at {
            line.clear();
            out.read_line(&mut line).unwrap();
            self.accepted.insert(line.trim().parse().unwrap());
        }
        if let Some(platform) = &self.platform
            && self.rng.bool()
        {
            let delivered = format!("task-{}", first + self.rng.u64(..kill_at));
            until(|| platform.task(&delivered).unwrap().is_some());
        }
        child.kill().unwrap();
        // Its remaining output.
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let rest = rest.lines().map(|line| line.parse::<u64>().unwrap());
        self.accepted.extend(rest);
        child.wait().unwrap();
        if is_large && self.platform.is_none() {
            assert!(files(self.dir.path(), "seg").len() as u64 > round + 1);
        }
        if let Some(platform) = &self.platform {
            // When this arrives, the earlier requests of the program have arrived.
            let client = Client::new(config(&self.url).build().unwrap());
            let mark = TaskReport::new().id(format!("mark-{round}"));
            client.report_external_task_blocking(&mark).unwrap();
            for task in 0..REPEATED {
                let count = results(platform, task).len();
                self.in_doubt
                    .extend(count.checked_sub(1).map(|last| (task, last)));
            }
        }
    }

    fn check(self) {
        let platform = self.platform.as_ref().expect("it came back");
        let reporter = drained(&self.url, self.dir.path());
        let tasks = tasks(platform);
        let lost: Vec<_> = self
            .accepted
            .iter()
            .filter(|number| !tasks.contains_key(&format!("task-{number}")))
            .collect();
        assert_eq!(
            lost.first(),
            None,
            "{} of {} are lost",
            lost.len(),
            self.accepted.len()
        );
        for (id, (input, _)) in tasks {
            if let Some(number) = id.strip_prefix("task-") {
                let expected = self.input(number.parse().unwrap());
                assert!(input == Some(expected), "{id}: {input:?}");
            }
        }
        for task in 0..REPEATED {
            self.check_repeated(platform, task);
        }
        assert!(!own_folder(self.dir.path()).join("damaged").exists());
        let stats = reporter.stats();
        let ended = stats.delivered + stats.merged + stats.superseded;
        assert_eq!(stats.adopted, ended, "{stats:?}");
    }

    /// A task has the newest accepted result, or one whose acceptance was not printed any more. It never went back to
    /// an older one, except for a report that had to be sent again.
    fn check_repeated(&self, platform: &LocalPlatform, task: u64) {
        let results = results(platform, task);
        let mut accepted = self.accepted.iter().rev();
        let newest = accepted.find(|number| **number % REPEATED == task);
        assert!(
            results.last() >= newest,
            "{newest:?} is hidden: {results:?}"
        );
        let is_known = |at: usize| !self.in_doubt.contains(&(task, at));
        for (at, result) in results.iter().enumerate() {
            let mut before = (0..at).filter(|at| is_known(*at));
            assert!(
                before.all(|before| results[before] <= *result),
                "back to {result}: {results:?}, {:?}",
                self.in_doubt
            );
        }
    }
}

/// All results that a repeated task has had.
fn results(platform: &LocalPlatform, task: u64) -> Vec<u64> {
    let revisions = platform.revisions(&format!("repeated-{task}"));
    let bodies = revisions.unwrap().into_iter().map(|it| it.body);
    bodies
        .map(|body| serde_json::from_str::<TaskReport>(&body).unwrap())
        .map(|report| report.result.unwrap().parse().unwrap())
        .collect()
}

#[test]
fn nothing_that_was_accepted_is_lost_by_kill_9() {
    let number = |name: &str| std::env::var(name).ok().map(|it| it.parse().unwrap());
    let rounds: u64 = number("KILLS").unwrap_or(30);
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    for durability in ["process", "disk"] {
        let mut killed = Killed::new(rng.fork(), rounds / 2, durability);
        for round in 0..killed.rounds {
            killed.round(round);
        }
        killed.check();
    }
}

#[test]
fn eight_processes_share_a_spool_and_deliver_what_some_of_them_leave_behind_once() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let ways = ["drain", "abort", "drain", "wait"].into_iter().cycle();
    let children: Vec<_> = (0..8)
        .zip(ways)
        .map(|(child, way)| {
            let tasks = (child * 1_000, 200);
            (way, spools(&url, dir.path(), way, "process", tasks))
        })
        .collect();
    let mut staying = Vec::new();
    for (way, mut child) in children {
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in out.by_ref().take(200) {
            line.unwrap();
        }
        match way {
            "drain" => staying.push(child),
            _ => {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
    }
    let platform = back(port);
    // All programs run at the same time.
    for child in &mut staying {
        drop(child.stdin.take());
    }
    for child in staying {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(tasks(&platform).len(), 1_600);
    for id in tasks(&platform).keys() {
        assert_eq!(platform.revisions(id).unwrap().len(), 1, "{id}");
    }
    assert_eq!(drained(&url, dir.path()).stats().adopted, 0);
}

#[test]
fn an_older_report_left_behind_does_not_overwrite_a_newer_one_that_arrived() {
    let dir = TempDir::new().unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    // Refuses the reports of the first process while it lives.
    let server = Server::start({
        let is_over = Arc::clone(&is_over);
        move |_, request| {
            let is_old = request.body.contains(r#""input":"0""#);
            if is_old && !is_over.load(Ordering::SeqCst) {
                Answer::json(503, "{}")
            } else {
                Answer::task()
            }
        }
    });
    let mut first = spools(&server.url(), dir.path(), "wait", "process", (0, 1));
    server.wait_for(1);

    let second = start(spooling(server.url(), dir.path()));
    second.report(TaskReport::new().id("task-0").input("newer"));
    assert!(second.flush_blocking(LONG).is_complete());
    assert!(second.shutdown_blocking(LONG).is_complete());

    first.kill().unwrap();
    first.wait().unwrap();
    is_over.store(true, Ordering::SeqCst);
    let before = server.requests().len();
    let third = drained(&server.url(), dir.path());
    assert_eq!(server.requests().len(), before);
    let stats = third.stats();
    assert_eq!((stats.adopted, stats.superseded), (1, 1), "{stats:?}");
}

#[test]
fn an_older_report_left_behind_is_laid_under_a_newer_one_that_waits() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let mut child = spools(&url, dir.path(), "abort", "process", (0, 1));
    accepted(&mut child);
    let reporter = start(spooling(&url, dir.path()).durability(Durability::Memory));
    reporter.report(TaskReport::new().id("task-0").result("newer"));
    let platform = back(port);
    let outcome = smol::block_on(reporter.drain(LONG));
    assert!(outcome.is_complete(), "{outcome:?}");
    let both = (Some("0".to_owned()), Some("newer".to_owned()));
    assert_eq!(tasks(&platform)["task-0"], both);
}

#[test]
fn an_outage_fills_the_disk_not_the_memory() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let reporter = start(
        spooling(&url, dir.path())
            .queue_capacity(10)
            .queue_bytes(64 << 10),
    );
    for number in 0..1_000 {
        reporter.report(
            TaskReport::new()
                .id(format!("task-{number}"))
                .input("x".repeat(500)),
        );
    }
    let stats = reporter.stats();
    assert_eq!((stats.pending, stats.spooled), (0, 1_000), "{stats:?}");
    let outcome = reporter.flush_blocking(SHORT);
    assert_eq!(
        (outcome.pending, outcome.spooled),
        (0, 1_000),
        "{outcome:?}"
    );
    assert!(outcome.timed_out);
    assert!(
        reporter.stats().pending_bytes < 128 << 10,
        "{:?}",
        reporter.stats()
    );
    let platform = back(port);
    let outcome = reporter.flush_blocking(LONG);
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(tasks(&platform).len(), 1_000);
    let stats = reporter.stats();
    assert_eq!((stats.delivered, stats.spooled), (1_000, 0), "{stats:?}");
    assert_eq!(stats.dropped.total(), 0);
}

#[test]
fn a_spool_that_is_full_leaves_reports_in_memory_and_counts_them() {
    for durability in [Durability::Process, Durability::Disk] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let builder = spooling(&url, dir.path()).durability(durability);
        let reporter = start(builder.spool_bytes(2_000));
        report_much(&reporter);
        let stats = reporter.stats();
        assert!(stats.not_spooled > 0 && stats.spooled > 0, "{stats:?}");
        assert_eq!(stats.pending, stats.not_spooled, "{stats:?}");
        assert_eq!(stats.pending + stats.spooled, 20, "{stats:?}");
        // The reports on disk may take a moment until they are safe.
        until(|| {
            let not_persisted = reporter.persisted_blocking(SHORT).unwrap_err();
            not_persisted.pending == stats.pending
        });
        let platform = back(port);
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(tasks(&platform).len(), 20);
        assert_eq!(reporter.persisted_blocking(SHORT), Ok(()));
    }
}

#[test]
fn what_a_full_spool_does_not_take_at_the_end_is_lost_as_without_one() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let builder = spooling(&url, dir.path()).durability(Durability::Memory);
    let reporter = start(builder.spool_bytes(2_000));
    report_much(&reporter);
    let stats = reporter.stats();
    assert_eq!((stats.pending, stats.not_spooled), (20, 0), "{stats:?}");
    let outcome = reporter.shutdown_blocking(SHORT);
    assert!(outcome.spooled > 0 && outcome.dropped > 0, "{outcome:?}");
    assert_eq!(outcome.spooled + outcome.dropped, 20, "{outcome:?}");
    let stats = reporter.stats();
    assert_eq!(stats.dropped.shut_down, outcome.dropped, "{stats:?}");
    let platform = back(port);
    drained(&url, dir.path());
    assert_eq!(tasks(&platform).len() as u64, outcome.spooled);
}

/// More than a spool of 2,000 bytes holds.
fn report_much(reporter: &Reporter) {
    for number in 0..20 {
        reporter.report(
            TaskReport::new()
                .id(format!("task-{number}"))
                .input("x".repeat(500)),
        );
    }
}

#[test]
fn a_directory_that_cannot_be_used_costs_no_report() {
    for (durability, not_spooled) in [
        (Durability::Memory, 0),
        (Durability::Process, 1),
        (Durability::Disk, 1),
    ] {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "not a directory").unwrap();
        let platform = platform();
        let builder = spooling(platform.url(), &file.join("spool"));
        let reporter = start(builder.durability(durability));
        reporter.report(TaskReport::new().id("task-0"));
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(reporter.stats().not_spooled, not_spooled);
        assert_eq!(tasks(&platform).len(), 1);
    }
}

#[test]
fn damaged_files_are_put_aside_and_what_can_be_read_of_them_is_delivered() {
    for (durability, way, writer) in [
        (Durability::Memory, "return", "memory"),
        (Durability::Process, "abort", "process"),
        (Durability::Disk, "abort", "disk"),
    ] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        for first in [0, 100] {
            accepted(&mut spools(&url, dir.path(), way, writer, (first, 10)));
        }
        let segments = files(dir.path(), "seg");
        let mut bytes = fs::read(&segments[0]).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        fs::write(&segments[0], bytes).unwrap();
        let noise = "00000000-0000-7000-8000-000000000000.seg";
        let own = own_folder(dir.path());
        fs::write(own.join(noise), "noise").unwrap();
        fs::write(own.join("not ours"), "noise").unwrap();

        let platform = back(port);
        let reporter = start(spooling(&url, dir.path()).durability(durability));
        let outcome = smol::block_on(reporter.drain(LONG));
        assert!(outcome.is_complete(), "{outcome:?}");
        assert_eq!(tasks(&platform).len(), 19, "{durability:?}");
        assert_eq!(reporter.stats().delivered, 19);
        assert_eq!(files_in(&own.join("damaged"), "seg").len(), 2);
        assert!(own.join("not ours").exists());
    }
}

#[test]
fn what_may_not_leave_reaches_no_disk_and_is_rewritten_once() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let reporter = start(spooling(&url, dir.path()).before_send(|report| {
        report.input = report
            .input
            .take()
            .map(|input| input.replace("secret", "***") + "!");
    }));
    reporter.report(TaskReport::new().id("task-0").input("the secret"));
    let segments = files(dir.path(), "seg");
    let bytes = String::from_utf8_lossy(&fs::read(&segments[0]).unwrap()).into_owned();
    assert!(
        bytes.contains("the ***!") && !bytes.contains("secret"),
        "{bytes}"
    );
    let platform = back(port);
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert_eq!(tasks(&platform)["task-0"].0.as_deref(), Some("the ***!"));
}

#[test]
fn the_key_is_in_no_file() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::json(
        404,
        r#"{"detail": "the key xp-test-key is wrong"}"#,
    ));
    let reporter = start(spooling(server.url(), dir.path()));
    reporter.report(TaskReport::new().id("task-0"));
    assert_eq!(refused(&reporter), 1);
    assert_eq!(reporter.dead_letters().len(), 1);
    let mut dirs = vec![dir.path().to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains("xp-test-key"), "{}: {text}", path.display());
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let spool = dir.path().join("a").join("spool");
    let server = Server::always(Answer::json(404, r#"{"detail": "odd"}"#));
    let reporter = start(spooling(server.url(), &spool));
    reporter.report(TaskReport::new().id("task-0"));
    let _ = reporter.flush_blocking(LONG);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let own = own_folder(&spool);
    for dir in [&spool, &own, &own.join("dead")] {
        assert_eq!(mode(dir), 0o700, "{}", dir.display());
    }
    let files = [
        files(&spool, "seg"),
        files(&spool, "ack"),
        files_in(&own.join("dead"), "json"),
    ];
    for file in files.concat() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn reports_for_another_platform_stay_where_they_are() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    accepted(&mut spools(&url, dir.path(), "abort", "process", (0, 3)));
    let other = platform();
    let reporter = start(spooling(other.url(), dir.path()));
    assert!(smol::block_on(reporter.drain(LONG)).is_complete());
    assert_eq!((tasks(&other).len(), reporter.stats().adopted), (0, 0));
    let platform = back(port);
    drained(&url, dir.path());
    assert_eq!(tasks(&platform).len(), 3);
}

#[test]
fn a_report_that_waited_too_long_is_dropped_and_counted() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    accepted(&mut spools(&url, dir.path(), "abort", "process", (0, 3)));
    let platform = back(port);
    let reporter = start(spooling(&url, dir.path()).spool_age(Duration::ZERO));
    assert!(smol::block_on(reporter.drain(LONG)).is_complete());
    let stats = reporter.stats();
    assert_eq!((stats.adopted, stats.dropped.expired), (3, 3), "{stats:?}");
    assert_eq!(tasks(&platform).len(), 0);
}

#[test]
fn what_a_shutdown_leaves_is_delivered_by_the_next_reporter() {
    for durability in [Durability::Memory, Durability::Process, Durability::Disk] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let reporter = start(spooling(&url, dir.path()).durability(durability));
        for number in 0..5 {
            reporter.report(TaskReport::new().id(format!("task-{number}")));
        }
        let outcome = reporter.shutdown_blocking(SHORT);
        assert_eq!((outcome.spooled, outcome.dropped), (5, 0), "{outcome:?}");
        let stats = reporter.stats();
        assert_eq!((stats.spooled, stats.pending), (5, 0), "{stats:?}");
        let platform = back(port);
        drained(&url, dir.path());
        assert_eq!(tasks(&platform).len(), 5, "{durability:?}");
    }
}

#[test]
fn what_is_persisted_is_on_disk() {
    for durability in [Durability::Process, Durability::Disk] {
        let dir = TempDir::new().unwrap();
        let (url, _) = away();
        let reporter = start(spooling(&url, dir.path()).durability(durability));
        assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
        reporter.report(TaskReport::new().id("task-0"));
        assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
        assert_eq!(reporter.stats().spooled, 1);
    }
}

#[test]
fn without_a_spool_what_is_persisted_is_delivered() {
    let (url, port) = away();
    let reporter = start(Reporter::builder().config(config(&url)));
    reporter.report(TaskReport::new().id("task-0"));
    let error = reporter.persisted_blocking(SHORT).unwrap_err();
    assert_eq!(error.pending, 1);
    let told = error.to_string();
    assert!(
        told.contains("1 report is neither on disk nor delivered"),
        "{told}"
    );
    let platform = back(port);
    assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
    assert_eq!(tasks(&platform).len(), 1);
}

#[test]
fn who_asks_whether_reports_are_safe_hears_of_those_that_were_dropped() {
    let (url, _port) = away();
    let reporter = start(Reporter::builder().config(config(&url)).queue_capacity(1));
    reporter.report(TaskReport::new().id("task-0"));
    reporter.report(TaskReport::new().id("task-1"));
    let error = reporter.persisted_blocking(SHORT).unwrap_err();
    assert_eq!((error.pending, error.dropped), (1, 1));
}

#[test]
fn what_is_delivered_leaves_no_file() {
    let dir = TempDir::new().unwrap();
    let platform = platform();
    let reporter = start(spooling(platform.url(), dir.path()));
    for number in 0..100 {
        reporter.report(TaskReport::new());
        reporter.report(TaskReport::new().id(format!("task-{number}")));
    }
    assert!(reporter.shutdown_blocking(LONG).is_complete());
    let left: Vec<_> = fs::read_dir(own_folder(dir.path())).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_oldest_make_room_if_that_is_wanted() {
    let server = Server::always(Answer::json(503, "{}"));
    let builder = Reporter::builder().config(config(server.url()));
    let reporter = start(builder.queue_capacity(10).overflow(Overflow::DropOldest));
    for number in 0..100 {
        reporter.report(TaskReport::new().id(format!("task-{number}")));
    }
    let outcome = reporter.flush_blocking(SHORT);
    assert!(outcome.pending <= 14, "{outcome:?}");
    let stats = reporter.stats();
    assert_eq!(stats.dropped.queue_full + stats.pending, 100, "{stats:?}");
}

#[test]
fn a_report_that_was_refused_can_be_looked_at_retried_and_deleted() {
    for has_spool in [false, true] {
        let dir = TempDir::new().unwrap();
        let is_mended = Arc::new(AtomicBool::new(false));
        let server = Server::start({
            let is_mended = Arc::clone(&is_mended);
            move |_, _| match is_mended.load(Ordering::SeqCst) {
                true => Answer::task(),
                false => Answer::json(422, r#"{"detail": "too odd"}"#),
            }
        });
        let mut builder = Reporter::builder().config(config(server.url()));
        if has_spool {
            builder = builder.spool(dir.path());
        }
        let reporter = start(builder);
        for number in 0..3 {
            reporter.report(TaskReport::new().id(format!("task-{number}")).input("odd"));
        }
        assert_eq!(refused(&reporter), 3);
        let letters: Vec<_> = reporter.dead_letters().collect();
        assert_eq!(letters.len(), 3);
        assert!(
            letters[0].reason.contains("too odd"),
            "{}",
            letters[0].reason
        );
        assert_eq!(letters[0].agent_id, "agent-123");
        assert_eq!(letters[0].report.input.as_deref(), Some("odd"));

        let is = |number: u32| {
            move |letter: &xpander_report::DeadLetter| {
                letter.report.id == Some(format!("task-{number}"))
            }
        };
        assert_eq!(reporter.delete_dead_letters(is(0)), 1);
        is_mended.store(true, Ordering::SeqCst);
        assert_eq!(reporter.retry_dead_letters(is(1)), 1);
        assert!(reporter.flush_blocking(LONG).is_complete());
        let left: Vec<_> = reporter.dead_letters().collect();
        assert_eq!(left.len(), 1);
        assert!(is(2)(&left[0]));
        let stats = reporter.stats();
        assert_eq!(
            (stats.accepted, stats.dead_lettered, stats.delivered),
            (4, 3, 1),
            "{stats:?}"
        );
    }
}

#[test]
fn of_the_reports_that_were_refused_the_last_thousand_are_kept_in_memory() {
    let server = Server::always(Answer::json(422, r#"{"detail": "odd"}"#));
    let reporter = start(Reporter::builder().config(config(server.url())));
    let numbers = || {
        let letters = reporter.dead_letters();
        letters
            .map(|letter| letter.report.input.unwrap().parse().unwrap())
            .collect::<BTreeSet<u64>>()
    };
    let refuse = |those: std::ops::Range<u64>| {
        let dead = those.end;
        for number in those {
            reporter.report(TaskReport::new().input(number.to_string()));
        }
        let _ = reporter.flush_blocking(LONG);
        assert_eq!(reporter.stats().dead_lettered, dead);
    };
    // The first and the last are sent alone, so that the oldest is known.
    refuse(0..1);
    refuse(1..1_000);
    assert_eq!(numbers(), (0..1_000).collect());
    refuse(1_000..1_001);
    assert_eq!(numbers(), (1..1_001).collect());
}

/// A platform that refuses the reports of the agent `gone` until the test mends it.
fn refuses_one_agent() -> (Server, Arc<AtomicBool>) {
    let is_mended = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let is_mended = Arc::clone(&is_mended);
        move |_, request| {
            let is_refused = request.line.contains("/gone/") && !is_mended.load(Ordering::SeqCst);
            match is_refused {
                true => Answer::json(403, r#"{"detail": "no more"}"#),
                false => Answer::task(),
            }
        }
    });
    (server, is_mended)
}

/// Has more reports refused than memory may hold, some of the same tasks, and delivers others.
fn report_for_a_refused_agent(url: &str, dir: &Path) -> Reporter {
    let reporter = start(spooling(url, dir).queue_capacity(40));
    for number in 0..200 {
        let report = TaskReport::new()
            .agent_id("gone")
            .result(number.to_string());
        reporter.report(match number % 3 {
            0 => report.id(format!("task-{}", number % 30)),
            _ => report,
        });
    }
    for _ in 0..20 {
        reporter.report(TaskReport::new());
    }
    until(|| reporter.stats().delivered >= 20);
    let stats = reporter.stats();
    assert_eq!(stats.dropped.total(), 0, "{stats:?}");
    assert_eq!(
        (stats.spooled + stats.merged, stats.dead_lettered),
        (200, 0),
        "{stats:?}"
    );
    reporter
}

#[test]
fn reports_of_a_refused_agent_do_not_take_the_place_of_all_others() {
    let dir = TempDir::new().unwrap();
    let (server, is_mended) = refuses_one_agent();
    let reporter = report_for_a_refused_agent(&server.url(), dir.path());
    let _ = reporter.shutdown_blocking(SHORT);
    is_mended.store(true, Ordering::SeqCst);
    let next = drained(&server.url(), dir.path());
    let stats = next.stats();
    assert_eq!(stats.delivered + stats.merged, stats.adopted, "{stats:?}");
    assert!(stats.adopted >= 150, "{stats:?}");
}

#[test]
fn reports_of_an_agent_that_is_no_longer_refused_arrive_without_a_restart() {
    let dir = TempDir::new().unwrap();
    let (server, is_mended) = refuses_one_agent();
    let reporter = report_for_a_refused_agent(&server.url(), dir.path());
    is_mended.store(true, Ordering::SeqCst);
    let outcome = smol::block_on(reporter.drain(LONG));
    assert!(outcome.is_complete(), "{outcome:?} {:?}", reporter.stats());
    let stats = reporter.stats();
    assert_eq!(stats.delivered + stats.merged, 220, "{stats:?}");
    assert_eq!((stats.spooled, stats.oldest_age), (0, None), "{stats:?}");
    for task in (0..30).step_by(3) {
        let id = format!("task-{task}");
        let sent = server.requests().into_iter();
        let bodies = sent.map(|request| serde_json::from_str::<TaskReport>(&request.body).unwrap());
        let mut results = bodies.filter(|body| body.id.as_deref() == Some(&*id));
        let last = (0..200).rfind(|number| number % 30 == task).unwrap();
        let result = results.next_back().and_then(|body| body.result);
        assert_eq!(result, Some(last.to_string()), "{id}");
    }
}

#[test]
fn whoever_asks_after_a_shutdown_is_answered_at_once() {
    for durability in [Durability::Memory, Durability::Process, Durability::Disk] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let reporter = start(spooling(&url, dir.path()).durability(durability));
        for number in 0..5 {
            reporter.report(TaskReport::new().id(format!("task-{number}")));
        }
        assert_eq!(reporter.shutdown_blocking(SHORT).spooled, 5);
        for _ in 0..2 {
            for outcome in [
                reporter.shutdown_blocking(LONG),
                reporter.flush_blocking(LONG),
                smol::block_on(reporter.drain(LONG)),
            ] {
                assert_eq!((outcome.spooled, outcome.pending), (5, 0), "{outcome:?}");
            }
        }
        reporter.report(TaskReport::new());
        assert_eq!(reporter.stats().dropped.shut_down, 1);
        let platform = back(port);
        drained(&url, dir.path());
        assert_eq!(tasks(&platform).len(), 5, "{durability:?}");
    }
}

#[test]
fn a_refused_report_that_cannot_be_accepted_again_stays_where_it_is() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::json(422, r#"{"detail": "odd"}"#));
    let reporter = start(spooling(server.url(), dir.path()));
    reporter.report(TaskReport::new().id("task-0"));
    assert_eq!(refused(&reporter), 1);
    let _ = reporter.shutdown_blocking(LONG);
    assert_eq!(reporter.retry_dead_letters(|_| true), 0);
    assert_eq!(reporter.dead_letters().len(), 1);
}

#[test]
fn a_report_that_was_refused_and_is_kept_in_memory_only_is_not_persisted() {
    let server = Server::always(Answer::json(422, r#"{"detail": "odd"}"#));
    let reporter = start(Reporter::builder().config(config(server.url())));
    reporter.report(TaskReport::new().id("task-0"));
    let error = reporter.persisted_blocking(LONG).unwrap_err();
    assert_eq!((error.pending, error.dropped), (0, 1), "{error}");
}

#[test]
fn an_older_report_read_late_does_not_overwrite_a_newer_one_of_this_process() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    accepted(&mut spools(&url, dir.path(), "abort", "process", (0, 50)));
    // The memory is so small that reports of ended processes are read long after its own.
    let reporter = start(spooling(&url, dir.path()).queue_capacity(2));
    reporter.report(TaskReport::new().id("task-49").input("newer"));
    let platform = back(port);
    assert!(smol::block_on(reporter.drain(LONG)).is_complete());
    let tasks = tasks(&platform);
    assert_eq!(tasks.len(), 50);
    assert_eq!(tasks["task-49"].0.as_deref(), Some("newer"));
}

#[test]
fn reports_for_whose_places_there_was_no_room_are_delivered_by_the_same_program() {
    let is_mended = Arc::new(AtomicBool::new(false));
    let mended = Arc::clone(&is_mended);
    let server = Server::start(move |_, request| {
        let is_refused = request.line.contains("/refused/") && !mended.load(Ordering::Relaxed);
        match is_refused {
            true => Answer::json(403, r#"{"detail": "not yours"}"#),
            false => Answer::task(),
        }
    });
    let dir = TempDir::new().unwrap();
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .spool(dir.path())
        // A quarter of it is for positions, enough for about 60 reports.
        .queue_bytes(50_000)
        .build()
        .unwrap();
    const REFUSED: u64 = 500;
    // An agent whose reports are delivered, so that those of the other agent are parked.
    for number in 0..REFUSED {
        reporter.report(TaskReport::new().agent_id("good"));
        let report = TaskReport::new()
            .agent_id("refused")
            .id(format!("t-{number}"));
        reporter.report(report.input("x".repeat(500)));
    }
    until(|| reporter.stats().delivered == REFUSED);
    assert_eq!(reporter.stats().spooled, REFUSED);
    is_mended.store(true, Ordering::Relaxed);
    until(|| {
        let _ = reporter.flush_blocking(Duration::from_millis(50));
        reporter.stats().delivered == 2 * REFUSED
    });
    let stats = reporter.stats();
    assert_eq!(
        (stats.spooled, stats.pending, stats.dead_lettered),
        (0, 0, 0)
    );
    assert_eq!(xpander_report_tests::waiting(dir.path()), 0);
}
