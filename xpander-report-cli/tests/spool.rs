//! `xpander-report spool`, run as its users run it, on a directory that programs use.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::https::serve;
use crate::support::spools::{leave_two, nowhere, worker};
use crate::support::terminal::{in_a_terminal, type_into};
use crate::support::{KEY, Said, run, run_with_input};
use tempfile::TempDir;
use xpander_report::TaskReport;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, away, back, own_folder, platform, refused};

fn spool(dir: &Path, url: &str, arguments: &[&str]) -> Said {
    let variables = [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_REPORT_SPOOL_DIR", dir.to_str().unwrap()),
    ];
    run(&[&["spool"], arguments].concat(), &variables)
}

#[test]
fn what_waits_is_listed_and_shown_also_while_a_program_has_it() {
    let dir = TempDir::new().unwrap();
    let url = nowhere();
    leave_two(&url, dir.path());
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    list.says("2 reports wait, left behind, ");
    list.says(&format!("for {url}"));
    let show = spool(dir.path(), &url, &["show"]).ends_with(0);
    show.says("order-1 agent-123 2");
    show.says("first order-2");
    let one = spool(dir.path(), &url, &["show", "order-2"]).ends_with(0);
    one.says("result done");
    let json = spool(dir.path(), &url, &["show", "order-2", "--json"]).ends_with(0);
    let shown: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(shown["report"]["input"], "second\u{1b}[2J");

    let reporter = worker(&url, dir.path());
    reporter.report(TaskReport::new().id("order-3"));
    let list = spool(dir.path(), &url, &["list", "--json"]).ends_with(0);
    let listed: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(listed["waiting"], 3);
    let files = listed["files"].as_array().unwrap();
    let own = files.iter().find(|file| file["waiting"] == 1).unwrap();
    assert_eq!(own["is_in_use"], true);
}

#[test]
fn what_was_left_behind_is_delivered_on_request() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    leave_two(&url, dir.path());
    let waits = spool(dir.path(), &url, &["drain", "--timeout", "100ms"]).ends_with(75);
    waits.says("0 reports are delivered. 2 reports wait in");
    waits.complains("Connection refused");

    let platform = back(port);
    let drained = spool(dir.path(), &url, &["drain"]).ends_with(0);
    drained.says("2 reports are delivered.");
    assert_eq!(platform.tasks().unwrap().len(), 2);
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    assert_eq!(list.words(), "0 reports wait.");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_go_without_certificate_authorities_waits_for_them() {
    let dir = TempDir::new().unwrap();
    let server = serve("localhost", 4000, r#"{"id": "order"}"#);
    leave_two(&server.url, dir.path());
    let variables = [
        ("XPANDER_BASE_URL", server.url.as_str()),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_REPORT_SPOOL_DIR", dir.path().to_str().unwrap()),
        ("SSL_CERT_FILE", "/no/such/file"),
    ];
    let waits = run(&["spool", "drain", "--timeout", "100ms"], &variables).ends_with(75);
    waits.says("0 reports are delivered. 2 reports wait in");
    waits.complains("SSL_CERT_FILE=/no/such/file has no certificate authorities");
    run(&["spool", "list"], &variables)
        .ends_with(0)
        .says("2 reports wait, left behind, ");
}

#[test]
fn what_is_for_another_platform_stays_and_is_told() {
    let dir = TempDir::new().unwrap();
    let url = nowhere();
    leave_two(&url, dir.path());
    let other = platform();
    let drained = spool(dir.path(), &other.url(), &["drain"]).ends_with(0);
    drained.says("0 reports are delivered. 2 reports wait in");
    drained.says(&format!("for {url}."));
    assert!(other.tasks().unwrap().is_empty());
}

#[test]
fn what_was_refused_is_shown_and_sent_again_on_request() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(|before, _| match before {
        0 | 1 => Answer::json(404, r#"{"detail": "no such agent"}"#),
        _ => Answer::task(),
    });
    let reporter = worker(&server.url(), dir.path());
    reporter.report(TaskReport::new().id("order-1"));
    reporter.report(TaskReport::new().id("order-2"));
    assert_eq!(refused(&reporter), 2);
    drop(reporter);
    let shown = spool(dir.path(), &server.url(), &["show", "--dead"]).ends_with(0);
    shown.says("no such agent");
    spool(dir.path(), &server.url(), &["show", "order-9", "--dead"])
        .ends_with(1)
        .complains("there is no report of task order-9");
    let elsewhere = spool(dir.path(), &nowhere(), &["retry-dead", "--timeout", "0"]).ends_with(0);
    elsewhere.says("0 reports are sent again. 2 reports stay that another platform refused");
    let again = spool(dir.path(), &server.url(), &["retry-dead", "order-1"]).ends_with(0);
    again.says("1 report is sent again. 1 report is delivered.");
    let list = spool(dir.path(), &server.url(), &["list"]).ends_with(0);
    list.says("0 reports wait, 1 was refused (see `spool show --dead`).");
}

#[test]
fn what_a_living_worker_has_is_left_to_it() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    leave_two(&url, dir.path());
    // A reporter of another platform, which does not take over these reports.
    let living = worker(&nowhere(), dir.path());
    living.report(TaskReport::new().id("order-3"));
    let platform = back(port);
    let drained = spool(dir.path(), &url, &["drain"]).ends_with(0);
    drained.says(
        "2 reports are delivered. 1 report waits in files of a running program, which delivers them.",
    );
    assert_eq!(platform.tasks().unwrap().len(), 2);
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    list.says("1 report waits, in use");

    let waits = living.shutdown_blocking(Duration::ZERO);
    assert_eq!((waits.spooled, waits.dropped), (1, 0), "{waits:?}");
}

#[test]
fn what_was_refused_is_sent_again_also_while_a_worker_lives() {
    let dir = TempDir::new().unwrap();
    let tries = AtomicUsize::new(0);
    let server = Server::start(move |_, request| {
        if request.body.contains("order-1") {
            return match tries.fetch_add(1, Ordering::SeqCst) {
                0 => Answer::json(404, r#"{"detail": "no such agent"}"#),
                _ => Answer::task(),
            };
        }
        // The worker's own report waits until the other one has been sent again.
        match tries.load(Ordering::SeqCst) {
            0 | 1 => Answer::json(503, "{}"),
            _ => Answer::task(),
        }
    });
    let living = worker(&server.url(), dir.path());
    living.report(TaskReport::new().id("order-1"));
    assert_eq!(refused(&living), 1);
    living.report(TaskReport::new().id("order-2"));
    let again = spool(dir.path(), &server.url(), &["retry-dead"]).ends_with(0);
    again.says("1 report is sent again. 1 report is delivered.");
    assert!(living.dead_letters().is_empty());

    let outcome = living.flush_blocking(LONG);
    assert!(!outcome.timed_out, "{outcome:?}");
    let stats = living.stats();
    assert_eq!((stats.delivered, stats.pending, stats.spooled), (1, 0, 0));
}

#[test]
fn the_help_warns_that_a_retried_report_counts_as_new() {
    let help = spool(Path::new("x"), "", &["retry-dead", "--help"]).ends_with(0);
    help.says("A report that is sent again counts as new");
    help.says("It overwrites a newer result of the same task");
}

#[test]
fn nothing_is_deleted_unasked_and_nothing_that_a_program_has() {
    let dir = TempDir::new().unwrap();
    let url = nowhere();
    leave_two(&url, dir.path());
    let reporter = worker("http://127.0.0.1:9", dir.path());
    reporter.report(TaskReport::new().id("order-3"));
    let variables = [("XPANDER_REPORT_SPOOL_DIR", dir.path().to_str().unwrap())];
    run_with_input(&["spool", "purge"], &variables, "y\n")
        .ends_with(2)
        .complains("use --yes");
    let purged = run(&["spool", "purge", "--yes"], &variables).ends_with(0);
    purged.says("Deleted: 2 reports that waited, 0 that had been refused, 0 damaged files.");
    purged.says("1 file stays because a running program uses it.");
    let left = spool(dir.path(), &url, &["list"]).ends_with(0);
    left.says("1 report waits, in use");
}

#[test]
fn whoever_is_asked_decides() {
    let dir = TempDir::new().unwrap();
    let url = nowhere();
    leave_two(&url, dir.path());
    let variables = [("XPANDER_REPORT_SPOOL_DIR", dir.path().to_str().unwrap())];
    for keys in ["n\n", "\n"] {
        let Some(terminal) = in_a_terminal(&["spool", "purge"], &variables) else {
            return;
        };
        let kept = type_into(terminal, keys).ends_with(1);
        kept.says(
            "Delete 2 reports that were not delivered, 0 that were refused and 0 damaged files? \
             [y/N] ",
        );
        kept.says("Nothing is deleted.");
    }
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    list.says("2 reports wait.");
    let terminal = in_a_terminal(&["spool", "purge"], &variables).unwrap();
    let purged = type_into(terminal, "y\n").ends_with(0);
    purged.says("Deleted: 2 reports that waited, 0 that had been refused, 0 damaged files.");
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    assert_eq!(list.words(), "0 reports wait.");
}

/// The only segment in a spool.
fn segment(dir: &Path) -> PathBuf {
    let files = fs::read_dir(own_folder(dir)).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "seg");
    files.find(is_segment).unwrap()
}

/// Flips the lowest bit of each of these bytes of the only segment.
fn damage(dir: &Path, at: impl Fn(usize) -> Range<usize>) {
    let segment = segment(dir);
    let mut bytes = fs::read(&segment).unwrap();
    for byte in at(bytes.len()) {
        bytes[byte] ^= 1;
    }
    fs::write(&segment, bytes).unwrap();
}

#[test]
fn damaged_files_are_told() {
    let dir = TempDir::new().unwrap();
    let url = nowhere();
    leave_two(&url, dir.path());
    damage(dir.path(), |length| length - 10..length - 9);
    let list = spool(dir.path(), &url, &["list"]).ends_with(0);
    list.says("1 report waits, left behind");
    list.says("bytes of it cannot be read");
}

#[test]
fn a_bit_that_is_wrong_costs_a_drain_one_report_which_can_be_recovered() {
    // One byte in the frame of the first report, one in the last report.
    for at in [|_| 66..67, |_| 69..70, |length| length - 3..length - 2] {
        let dir = TempDir::new().unwrap();
        let (url, port) = away();
        leave_two(&url, dir.path());
        damage(dir.path(), at);
        let platform = back(port);
        let drained = spool(dir.path(), &url, &["drain"]).ends_with(65);
        drained.says("1 report is delivered.");
        drained.says("1 file was damaged, and the unreadable parts were set aside");
        assert_eq!(platform.tasks().unwrap().len(), 1);

        let shown = spool(dir.path(), &url, &["recover", "--show"]).ends_with(0);
        shown.says("1 report can be recovered, 0 bytes cannot be read.");
        shown.says("order-");
        let recovered = spool(dir.path(), &url, &["recover"]).ends_with(0);
        recovered.says("1 report waits again");
        spool(dir.path(), &url, &["drain"])
            .ends_with(0)
            .says("1 report is delivered.");
        let tasks = platform.tasks().unwrap();
        let inputs: BTreeSet<_> = tasks.into_iter().map(|task| task.input.unwrap()).collect();
        let expected = ["first", "second\u{1b}[2J"].map(str::to_owned);
        assert_eq!(inputs, BTreeSet::from(expected));
    }
}

#[test]
fn what_cannot_be_told_any_more_stays_until_it_is_deleted() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    leave_two(&url, dir.path());
    damage(dir.path(), |length| length - 200..length);
    let _platform = back(port);
    spool(dir.path(), &url, &["drain"]).ends_with(65);
    for arguments in [&["recover", "--show"][..], &["recover"]] {
        spool(dir.path(), &url, arguments).ends_with(65);
    }
    spool(dir.path(), &url, &["recover"])
        .ends_with(65)
        .says("0 reports wait again.");
    spool(dir.path(), &url, &["list"])
        .ends_with(0)
        .says("1 damaged file is set aside (see `spool recover --show`).");
    spool(dir.path(), &url, &["purge", "--yes"])
        .ends_with(0)
        .says("1 damaged file.");
    spool(dir.path(), &url, &["drain"]).ends_with(0);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_stops_no_command() {
    let dir = TempDir::new().unwrap();
    let (url, port) = away();
    leave_two(&url, dir.path());
    let own = own_folder(dir.path());
    // Even root cannot read it as a file.
    fs::create_dir(own.join("00000000-0000-7000-8000-000000000000.seg")).unwrap();
    fs::create_dir_all(own.join("dead").join("odd.json")).unwrap();
    let names = |said: &Said| {
        said.complains("00000000-0000-7000-8000-000000000000.seg cannot be read");
    };
    let list = spool(dir.path(), &url, &["list"]).ends_with(66);
    list.says("2 reports wait");
    list.complains("dead/odd.json cannot be read");
    names(&list);
    let show = spool(dir.path(), &url, &["show"]).ends_with(66);
    show.says("order-1");
    names(&show);
    spool(dir.path(), &url, &["show", "--dead"])
        .ends_with(66)
        .complains("dead/odd.json cannot be read");

    let platform = back(port);
    let drain = spool(dir.path(), &url, &["drain", "--timeout", "2s"]).ends_with(66);
    drain.says("2 reports are delivered.");
    names(&drain);
    assert_eq!(platform.tasks().unwrap().len(), 2);
    leave_two(&url, dir.path());
    let purge = spool(dir.path(), &url, &["purge", "--yes"]).ends_with(66);
    purge.says("Deleted: ");
    names(&purge);
    let doctor = run(
        &["doctor"],
        &[
            ("XPANDER_BASE_URL", &*url),
            ("XPANDER_API_KEY", KEY),
            ("XPANDER_AGENT_ID", "agent-123"),
            ("XPANDER_REPORT_SPOOL_DIR", dir.path().to_str().unwrap()),
        ],
    );
    doctor.ends_with(1).says("WRONG unreadable file");
}

#[test]
fn a_wrong_directory_is_told_with_what_to_do() {
    let variables = [("", "x"); 0];
    run(&["spool", "list"], &variables)
        .ends_with(2)
        .complains("use --dir, or set the environment variable XPANDER_REPORT_SPOOL_DIR");
    run(&["spool", "list", "--dir", "/does/not/exist"], &variables)
        .ends_with(2)
        .complains("no program has spooled anything there");
    let dir = TempDir::new().unwrap();
    let dir = dir.path().to_str().unwrap();
    run(&["spool", "drain", "--dir", dir], &variables)
        .ends_with(2)
        .complains("XPANDER_API_KEY");
    let disabled = [
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_REPORT_DISABLED", "true"),
    ];
    run(&["spool", "drain", "--dir", dir], &disabled)
        .ends_with(2)
        .complains("XPANDER_REPORT_DISABLED is true");
}
