//! The spool's directory may be shared: which of its files a program uses, and what it does when they are removed.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use xpander_report::{Durability, Reporter, SpoolDirectory, TaskReport};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, back, config, own_folder, refused, waiting};

fn spooling(url: impl Into<String>, dir: &Path) -> Reporter {
    let builder = Reporter::builder().config(config(url));
    builder.spool(dir).build().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Leaves this many reports behind. Returns their folder.
fn leave(url: &str, dir: &Path, reports: u64) -> PathBuf {
    let reporter = spooling(url, dir);
    for number in 0..reports {
        reporter.report(TaskReport::new().id(format!("left-{number}")));
    }
    assert_eq!(
        reporter
            .shutdown_blocking(std::time::Duration::ZERO)
            .spooled,
        reports
    );
    own_folder(dir)
}

/// The reports that a platform receives from the spool. A reporter of another test may still know the port.
fn drained(dir: &Path, url: &str, port: u16) -> usize {
    let platform = back(port);
    let reporter = spooling(url, dir);
    let outcome = smol::block_on(reporter.drain(LONG));
    assert!(outcome.is_complete(), "{outcome:?}");
    let tasks = platform.tasks().unwrap();
    let left = tasks.iter().filter(|task| task.id.starts_with("left-"));
    left.count()
}

#[test]
fn a_volume_that_others_may_write_to_works_because_the_folder_in_it_is_ours() {
    for volume in [0o755, 0o770, 0o777, 0o1777] {
        let dir = TempDir::new().unwrap();
        set_mode(dir.path(), volume);
        let (url, port) = away();
        let own = leave(&url, dir.path(), 2);
        assert_eq!(mode(&own), 0o700, "{volume:o}");
        assert_eq!(drained(dir.path(), &url, port), 2, "{volume:o}");
    }
}

#[test]
fn a_folder_that_a_volume_gave_to_a_group_is_closed_again_and_used() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let own = leave(&url, dir.path(), 2);
    set_mode(&own, 0o770);
    assert_eq!(drained(dir.path(), &url, port), 2);
    assert_eq!(mode(&own), 0o700);
}

#[test]
fn a_folder_that_everybody_may_write_to_is_not_used_and_costs_no_report() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let own = leave(&url, dir.path(), 2);
    set_mode(&own, 0o777);
    let reporter = spooling(&url, dir.path());
    reporter.report(TaskReport::new().id("new"));
    let stats = reporter.stats();
    assert_eq!((stats.not_spooled, stats.pending, stats.spooled), (1, 1, 0));
    let error = SpoolDirectory::is_usable(dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("every user can write to"),
        "{error}"
    );
    let platform = back(port);
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn a_link_in_the_place_of_the_folder_is_not_followed() {
    let dir = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let (url, _) = away();
    let own = leave(&url, dir.path(), 1);
    fs::remove_dir_all(&own).unwrap();
    symlink(elsewhere.path(), &own).unwrap();
    let reporter = spooling(&url, dir.path());
    reporter.report(TaskReport::new());
    let stats = reporter.stats();
    assert_eq!((stats.not_spooled, stats.spooled), (1, 0), "{stats:?}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_file_of_its_own_is_neither_read_nor_written() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    let own = leave(&url, dir.path(), 1);
    let other = TempDir::new().unwrap();
    let theirs = leave(&url, other.path(), 5);
    let segment = fs::read_dir(&theirs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let names = ["0.seg", "1.seg", "2.seg"].map(|name| own.join(name));
    symlink(&segment, &names[0]).unwrap();
    fs::hard_link(&segment, &names[1]).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&names[2])
            .status()
            .unwrap()
            .success()
    );
    // The file that would record its deliveries.
    let before = "somebody's";
    let text = other.path().join("text");
    fs::write(&text, before).unwrap();
    let left = fs::read_dir(&own).unwrap().map(|file| file.unwrap().path());
    for segment in left.filter(|file| file.extension().is_some_and(|it| it == "seg")) {
        symlink(&text, segment.with_extension("ack")).unwrap();
    }

    let platform = back(port);
    let reporter = spooling(&url, dir.path());
    let outcome = smol::block_on(reporter.drain(std::time::Duration::from_secs(1)));
    assert!(outcome.timed_out, "what is left is told: {outcome:?}");
    assert_eq!(platform.tasks().unwrap().len(), 1);
    assert_eq!(fs::read_to_string(&text).unwrap(), before);
    assert!(segment.exists());
}

#[test]
fn what_somebody_removes_is_written_again_before_it_is_said_to_be_persisted() {
    for durability in [Durability::Process, Durability::Disk] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        let builder = Reporter::builder().config(config(&url)).spool(dir.path());
        let reporter = builder
            .durability(durability)
            .queue_capacity(10)
            .build()
            .unwrap();
        let report = |from: u64, to: u64| {
            for number in from..to {
                reporter.report(TaskReport::new().id(format!("task-{number}")));
            }
        };
        // More reports than are read into memory.
        report(0, 50);
        assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
        fs::remove_dir_all(dir.path()).unwrap();
        report(50, 100);
        assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
        assert_eq!(waiting(dir.path()), 100, "{durability:?}");

        // One of its files, too.
        let segments = fs::read_dir(own_folder(dir.path())).unwrap();
        for file in segments {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
        assert_eq!(waiting(dir.path()), 100, "{durability:?}");
        let platform = back(port);
        assert!(reporter.flush_blocking(LONG).is_complete());
        assert_eq!(platform.tasks().unwrap().len(), 100);
        let stats = reporter.stats();
        assert_eq!((stats.delivered, stats.adopted), (100, 0), "{stats:?}");
    }
}

#[test]
fn what_cannot_be_written_again_is_not_persisted() {
    let dir = TempDir::new().unwrap();
    let (url, _) = away();
    let spool = dir.path().join("spool");
    let reporter = spooling(&url, &spool);
    reporter.report(TaskReport::new().id("task-0"));
    assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
    fs::remove_dir_all(&spool).unwrap();
    fs::write(&spool, "in the way").unwrap();
    let error = reporter
        .persisted_blocking(std::time::Duration::from_millis(100))
        .unwrap_err();
    assert_eq!(error.pending, 1, "{error}");
    assert!(error.to_string().contains("the spool: "), "{error}");
    fs::remove_file(&spool).unwrap();
    assert_eq!(reporter.persisted_blocking(LONG), Ok(()));
    assert_eq!(waiting(&spool), 1);
}

/// The size of all files of a spool.
fn bytes(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let sizes = entries.map(|path| match path.is_dir() {
        true => bytes(&path),
        false => fs::metadata(&path).unwrap().len(),
    });
    sizes.sum()
}

#[test]
fn what_was_refused_takes_a_quarter_of_the_spool_and_the_oldest_make_room() {
    const BYTES: u64 = 400_000;
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::json(422, r#"{"detail": "too odd"}"#));
    let builder = Reporter::builder().config(config(server.url()));
    let reporter = builder
        .spool(dir.path())
        .spool_bytes(BYTES)
        .build()
        .unwrap();
    for number in 0..50 {
        reporter.report(
            TaskReport::new()
                .id(format!("task-{number}"))
                .input("x".repeat(9_000)),
        );
        assert_eq!(refused(&reporter), number + 1);
    }
    let kept: Vec<_> = reporter
        .dead_letters()
        .map(|letter| letter.report.id.unwrap())
        .collect();
    let (count, last) = (kept.len() as u64, kept.last().unwrap());
    assert_eq!(last, "task-49");
    assert_eq!(
        kept[0],
        format!("task-{}", 50 - count),
        "the newest are kept"
    );
    let stats = reporter.stats();
    assert_eq!(stats.dead_letters_dropped, 50 - count, "{stats:?}");
    let held = bytes(&own_folder(dir.path()).join("dead"));
    assert!(held <= BYTES / 4 && held > BYTES / 8, "{held}");
}

#[test]
fn a_letter_that_is_larger_than_all_that_may_be_kept_stays_in_memory() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::json(422, r#"{"detail": "too odd"}"#));
    let builder = Reporter::builder().config(config(server.url()));
    let reporter = builder
        .spool(dir.path())
        .spool_bytes(100_000)
        .build()
        .unwrap();
    reporter.report(TaskReport::new().id("task-0").input("x".repeat(40_000)));
    assert_eq!(refused(&reporter), 1);
    assert_eq!(reporter.dead_letters().len(), 1);
    assert!(!own_folder(dir.path()).join("dead").exists());
}

#[test]
fn a_report_that_waits_does_not_let_what_was_delivered_grow() {
    const BYTES: u64 = 1_600_000;
    let dir = TempDir::new().unwrap();
    let server = Server::start(|_, request| match request.line.contains("/gone/") {
        true => Answer::json(403, r#"{"detail": "no more"}"#),
        false => Answer::task(),
    });
    let builder = Reporter::builder().config(config(server.url()));
    let reporter = builder
        .spool(dir.path())
        .spool_bytes(BYTES)
        .build()
        .unwrap();
    reporter.report(TaskReport::new().agent_id("gone").id("waits"));
    for round in 0..20 {
        for number in 0..250 {
            reporter.report(TaskReport::new().id(format!("task-{round}-{number}")));
        }
        xpander_report_tests::until(|| reporter.stats().delivered == (round + 1) * 250);
        // So often is a segment abandoned with its ack file.
        let outcome = smol::block_on(reporter.drain(std::time::Duration::ZERO));
        assert_eq!(outcome.pending, 0, "{outcome:?}");
        let held = bytes(dir.path());
        assert!(held <= BYTES, "{held} in round {round}");
    }
    let acks = fs::read_dir(own_folder(dir.path())).unwrap();
    let acks = acks.map(|file| file.unwrap().path());
    let acks = acks.filter(|file| file.extension().is_some_and(|it| it == "ack"));
    let acks: u64 = acks.map(|file| fs::metadata(file).unwrap().len()).sum();
    // A sixteenth is for acks of removed segments, besides the acks of the current segment.
    assert!(acks <= BYTES / 16 + 200_000, "{acks}");
    assert_eq!(waiting(dir.path()), 1);
}

#[test]
fn what_is_no_file_of_its_own_keeps_no_dead_letter_off_the_disk() {
    let dir = TempDir::new().unwrap();
    let server = Server::always(Answer::json(422, r#"{"detail": "too odd"}"#));
    let refuse_one = || {
        let reporter = spooling(server.url(), dir.path());
        reporter.report(TaskReport::new());
        assert_eq!(refused(&reporter), 1);
    };
    let files = || {
        let dead = own_folder(dir.path()).join("dead");
        let files = fs::read_dir(dead).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|file| file.is_file()).count()
    };
    refuse_one();
    assert_eq!(files(), 1);
    for odd in ["dead/0.json", "damaged/1.seg"] {
        fs::create_dir_all(own_folder(dir.path()).join(odd)).unwrap();
    }
    refuse_one();
    assert_eq!(files(), 2);
}
