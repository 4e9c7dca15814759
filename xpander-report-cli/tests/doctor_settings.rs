//! The findings of `xpander-report doctor` in the settings and in the spool.

use std::fs;

use crate::support::doctor::{ALL_RIGHT, doctor, variables};
use crate::support::spools::{leave_two, nowhere, worker};
use crate::support::{Said, run};
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use xpander_report::TaskReport;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{delivered, platform, refused, until};

mod settings {
    use super::*;

    #[test]
    fn that_are_missing_are_all_named_with_what_to_do() {
        let said = run(&["doctor"], &[]).ends_with(1);
        said.says("ok base_url https://inbound.xpander.ai (default)");
        said.says("WRONG api_key not set");
        said.says("XPANDER_API_KEY, or use --api-key-file");
        said.says("WRONG agent_id not set");
        said.says("2 things are wrong: api_key, agent_id.");
        said.says("- platform not asked: a setting is wrong");
    }

    #[test]
    fn say_where_they_come_from() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, "0123456789abcdef").unwrap();
        let key = key.to_str().unwrap();
        let arguments = [
            "doctor",
            "--base-url",
            "http://127.0.0.1:1",
            "--api-key-file",
            key,
        ];
        let more = [
            ("IS_STG", "true"),
            ("XPANDER_REPORT_ALLOW_HTTP", "lab.example"),
            ("XPANDER_ORGANIZATION_ID", ""),
        ];
        let said = run(&arguments, &variables("https://other.example", &more)).ends_with(1);
        said.says("ok base_url http://127.0.0.1:1 (--base-url)");
        said.says("ok api_key 16 characters, the last are cdef (--api-key-file)");
        said.says("ok agent_id agent-123 (XPANDER_AGENT_ID)");
        said.says("ok organization_id not set (XPANDER_ORGANIZATION_ID is empty)");
        said.says("ok allow_http lab.example (XPANDER_REPORT_ALLOW_HTTP)");
        said.says("ok disabled false (default)");

        let staging = run(&["doctor"], &[("IS_STG", "true")]).ends_with(1);
        staging.says("ok base_url https://inbound.stg.xpander.ai (IS_STG)");
    }

    #[test]
    fn that_hold_reports_back_are_pointed_out() {
        let platform = platform();
        let off = [("XPANDER_REPORT_DISABLED", "true")];
        let said = doctor(&platform.url(), &off).ends_with(1);
        said.says("WRONG disabled true (XPANDER_REPORT_DISABLED) Nothing is reported.");
        let less = [
            ("XPANDER_REPORT_CAPTURE_CONTENT", "no"),
            ("XPANDER_REPORT_SCRUB", "off"),
            ("XPANDER_REPORT_TARGETS", "my_app"),
            ("XPANDER_REPORT_ROLLUP", "their_crate"),
        ];
        let said = doctor(&platform.url(), &less).ends_with(0);
        said.says("note capture_content false (XPANDER_REPORT_CAPTURE_CONTENT)");
        said.says(
            "note scrub false (XPANDER_REPORT_SCRUB) Secrets in inputs, results and errors are \
             not redacted.",
        );
        said.says("note targets my_app (XPANDER_REPORT_TARGETS)");
        said.says(
            "note rollup their_crate (XPANDER_REPORT_ROLLUP) Inside another run, the runs of \
             these functions count in that run.",
        );
    }

    #[test]
    fn that_are_malformed_say_what_is_wrong() {
        for (variable, value, says) in [
            (
                "XPANDER_REPORT_DISABLED",
                "maybe",
                "WRONG disabled not set (XPANDER_REPORT_DISABLED)",
            ),
            (
                "XPANDER_REPORT_DISABLED",
                "maybe",
                "neither `true` nor `false`",
            ),
            (
                "XPANDER_BASE_URL",
                "ftp://x",
                "`ftp` is not a supported scheme",
            ),
            ("XPANDER_BASE_URL", "", "set but empty"),
            (
                "XPANDER_BASE_URL",
                "https://me:hunter2@x",
                "contains a user name or password",
            ),
            (
                "XPANDER_BASE_URL",
                "https://x?api_key=hunter2",
                "`https://x` is followed by a query or a fragment",
            ),
            (
                "XPANDER_BASE_URL",
                "https://x:99999#hunter2",
                "https://x:99999 is not a valid address",
            ),
            (
                "XPANDER_BASE_URL",
                "https://agent-controller.example",
                "WRONG organization_id",
            ),
            (
                "XPANDER_API_KEY",
                "two words",
                "a character that no key contains",
            ),
        ] {
            let said = doctor("http://127.0.0.1:1", &[(variable, value)]).ends_with(1);
            said.says(says);
            said.does_not_say("hunter2");
            said.does_not_say("two words");
        }
    }

    #[test]
    fn do_not_show_a_short_key() {
        let said = doctor(
            "http://127.0.0.1:1",
            &[("XPANDER_API_KEY", "fifteen-keyxyzq")],
        );
        said.says("ok api_key 15 characters (XPANDER_API_KEY)");
        said.does_not_say("zq");
    }

    #[test]
    fn do_not_steer_the_terminal() {
        let said = doctor(
            "http://127.0.0.1:1",
            &[("XPANDER_AGENT_ID", "a\u{1b}[2Jb\nc")],
        );
        said.says(r"agent_id a\u{1b}[2Jb c (XPANDER_AGENT_ID)");
    }

    #[test]
    fn without_an_agent_the_key_is_tried_all_the_same() {
        let server = Server::start(|_, request| match request.line.as_str() {
            "HEAD /" => Answer::json(200, ""),
            line => {
                assert!(line.starts_with("GET /agent-execution/"), "{line}");
                Answer::json(401, r#"{"detail": "who?"}"#)
            }
        });
        let said = doctor(&server.url(), &[("XPANDER_AGENT_ID", "")]).ends_with(1);
        said.says("WRONG answer the platform answered 401: who?");
        let platform = platform();
        let url = platform.url();
        let alone = variables(&url, &[("XPANDER_AGENT_ID", "")]);
        let said = run(&["doctor", "--send"], &alone).ends_with(1);
        said.says("ok answer the platform accepts the key");
        said.says("- test report not sent: no agent is set");
        said.says("One thing is wrong: agent_id.");
    }
}

mod the_spool_directory {
    use super::*;

    #[test]
    fn is_shown_and_may_be_one_that_is_not_there_yet() {
        let platform = platform();
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("a/b");
        for directory in [folder.path(), &new] {
            let directory = directory.to_str().unwrap();
            let said =
                doctor(&platform.url(), &[("XPANDER_REPORT_SPOOL_DIR", directory)]).ends_with(0);
            said.says(&format!("ok spool {directory} (XPANDER_REPORT_SPOOL_DIR)"));
        }
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "nothing is left there"
        );
    }

    #[test]
    fn that_cannot_be_written_is_wrong() {
        let platform = platform();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let below = file.join("spool");
        for directory in [&file, &below] {
            let variables = [("XPANDER_REPORT_SPOOL_DIR", directory.to_str().unwrap())];
            let said = doctor(&platform.url(), &variables).ends_with(1);
            said.says("WRONG spool");
            said.says("It is not writable");
        }
    }
}

mod what_waits_in_the_spool {
    use std::path::Path;

    use super::*;

    fn doctor_of(url: &str, dir: &Path) -> Said {
        doctor(url, &[("XPANDER_REPORT_SPOOL_DIR", dir.to_str().unwrap())])
    }

    /// The time that follows these words.
    #[track_caller]
    fn time_after(said: &Said, words: &str) -> Timestamp {
        let found = said.words();
        let (_, found) = found.split_once(words).expect(words);
        let time: String = found.trim_start().chars().take(19).collect();
        format!("{time}Z").parse().expect(found)
    }

    #[test]
    fn is_told_with_the_age_of_the_oldest() {
        let platform = platform();
        let dir = TempDir::new().unwrap();
        let before = Timestamp::now() - 1.second();
        leave_two(&platform.url(), dir.path());
        let said = doctor_of(&platform.url(), dir.path()).ends_with(0);
        said.says("note spooled reports 2 reports wait, the oldest since ");
        let since = time_after(&said, "the oldest since");
        assert!(before <= since && since <= Timestamp::now(), "{since}");
        said.says(
            "2 are in files that no running program uses; `xpander-report spool drain` delivers \
             them. See `xpander-report spool list`.",
        );
        said.does_not_say("refused");
        said.says(ALL_RIGHT);
    }

    #[test]
    fn is_told_by_agent_and_since_when() {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|_, request| match request.line.contains("good") {
            true => Answer::task(),
            false => Answer::json(500, ""),
        });
        let url = server.url();
        let reporter = worker(&url, dir.path());
        for (agent, reports) in [("bad", 3), ("good", 4), ("worse", 2)] {
            for _ in 0..reports {
                reporter.report(TaskReport::new().agent_id(agent));
            }
        }
        until(|| reporter.stats().delivered == 4);
        let said = doctor_of(&url, dir.path()).ends_with(1);
        said.says("note spooled reports 5 reports wait, the oldest since ");
        said.says("; 3 of bad since ");
        said.says(" UTC, 2 of worse since ");
        said.does_not_say("of good");
    }

    #[test]
    fn is_not_its_file_that_is_old() {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|before, _| match before {
            0 => Answer::task(),
            _ => Answer::json(503, ""),
        });
        let url = server.url();
        let reporter = worker(&url, dir.path());
        reporter.report(TaskReport::new().id("order-1"));
        assert_eq!(delivered(&reporter), 1);
        let delivered = Timestamp::now();
        reporter.report(TaskReport::new().id("order-2"));
        let said = doctor_of(&url, dir.path()).ends_with(1);
        said.says("note spooled reports 1 report waits, since ");
        let since = time_after(&said, "1 report waits, since");
        assert!(since.as_second() >= delivered.as_second(), "{since}");
        said.does_not_say("no running program uses");
    }

    #[test]
    fn for_another_platform_is_pointed_out() {
        let platform = platform();
        let dir = TempDir::new().unwrap();
        let elsewhere = nowhere();
        leave_two(&elsewhere, dir.path());
        let said = doctor_of(&platform.url(), dir.path()).ends_with(0);
        said.says(&format!("2 are for another platform, {elsewhere}. See"));
        said.does_not_say("spool drain");
    }

    #[test]
    fn and_was_refused_is_told_with_the_newest_reason() {
        let dir = TempDir::new().unwrap();
        let server = Server::start(|before, _| match before {
            0 => Answer::json(404, r#"{"detail": "no such agent"}"#),
            1 => Answer::json(422, r#"{"detail": "\u001b[2Jtoo\u202e large"}"#),
            _ => Answer::json(200, r#"{"id": "agent-123"}"#),
        });
        let reporter = worker(&server.url(), dir.path());
        for (id, refused_so_far) in [("order-1", 1), ("order-2", 2)] {
            reporter.report(TaskReport::new().id(id));
            assert_eq!(refused(&reporter), refused_so_far);
        }
        drop(reporter);
        let said = doctor_of(&server.url(), dir.path()).ends_with(0);
        said.says("ok spooled reports none");
        said.says("note refused reports 2 reports were refused, the last at ");
        said.says(r"\u{1b}[2Jtoo\u{202e} large");
        said.does_not_say("no such agent");
        said.says("See `xpander-report spool show --dead`");
    }

    #[test]
    fn is_nothing_where_no_program_has_been() {
        let platform = platform();
        let dir = TempDir::new().unwrap();
        doctor_of(&platform.url(), dir.path())
            .ends_with(0)
            .says("ok spooled reports none");
        doctor_of(&platform.url(), &dir.path().join("new"))
            .ends_with(0)
            .says("ok spooled reports none; no program has spooled anything there");
        doctor(&platform.url(), &[])
            .ends_with(0)
            .does_not_say("spooled reports");
    }

    #[test]
    fn is_counted_also_when_it_is_much() {
        let platform = platform();
        let dir = TempDir::new().unwrap();
        let before = Timestamp::now() - 1.second();
        let reporter = worker(&nowhere(), dir.path());
        let long = "x".repeat(1 << 20);
        for _ in 0..20 {
            reporter.report(TaskReport::new().input(&long));
        }
        let said = doctor_of(&platform.url(), dir.path()).ends_with(0);
        said.says("20 reports wait, the oldest since about ");
        let since = time_after(&said, "the oldest since about");
        assert!(before <= since && since <= Timestamp::now(), "{since}");
    }
}
