//! `xpander-report doctor`, run as its users run it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails panics"
)]

mod support;

use std::fs;

use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use support::spools::{leave_two, nowhere, worker};
use support::{KEY, Said, run};
use tempfile::TempDir;
use xpander_report::TaskReport;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, platform};

const ALL_RIGHT: &str = "Nothing is wrong.";

fn variables<'a>(url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_AGENT_ID", "agent-123"),
    ];
    // Of two values of one variable the later counts.
    [&usual, more].concat()
}

fn doctor(url: &str, more: &[(&str, &str)]) -> Said {
    run(&["doctor"], &variables(url, more))
}

fn agent() -> Answer {
    Answer::json(
        200,
        r#"{"id": "agent-123", "name": "Sums", "organization_id": "org-1"}"#,
    )
}

/// What it says of a server that answers the call like this.
fn of(answer: Answer) -> Said {
    let server = Server::start(move |_, request| match request.line.as_str() {
        "HEAD /" => Answer::json(200, ""),
        "GET /agents/agent-123" => answer.clone(),
        line => Answer::json(500, format!("doctor asked for {line}")),
    });
    doctor(&server.url(), &[])
}

mod a_platform_that_answers {
    use super::*;

    #[test]
    fn is_all_right_and_stays_as_it_is() {
        let server = Server::start(|_, request| match request.line.as_str() {
            "GET /agents/agent-123" => {
                assert_eq!(request.header("x-api-key"), Some(KEY));
                agent()
            }
            line => {
                assert_eq!(line, "HEAD /");
                assert_eq!(
                    request.header("x-api-key"),
                    None,
                    "the key goes where it must"
                );
                Answer::json(404, "")
            }
        });
        let said = doctor(&server.url(), &[]).ends_with(0);
        said.says(ALL_RIGHT);
        said.says("ok answer the platform takes the key and has the agent Sums, agent-123");
        said.does_not_say("WRONG");
        assert_eq!(said.err, "");
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn that_is_local_and_new_makes_the_agent_itself() {
        let platform = platform();
        let said = doctor(&platform.url(), &[]).ends_with(0);
        said.says("it makes the agent agent-123 with its first report");
        said.says("ok clock as the platform's");
        assert!(platform.tasks().unwrap().is_empty());
    }

    #[test]
    fn gets_a_test_report_if_asked() {
        let platform = platform();
        let url = platform.url();
        let said = run(&["doctor", "--send"], &variables(&url, &[])).ends_with(0);
        let [task] = <[_; 1]>::try_from(platform.tasks().unwrap()).expect("one task");
        said.says(&format!(
            "ok test report the task {} arrived and was read back",
            task.id
        ));
        said.says(&format!("see {url}/tasks/{}", task.id));
        assert_eq!(task.agent_id, "agent-123");
        said.says(ALL_RIGHT);
        doctor(&url, &[])
            .ends_with(0)
            .says("has the agent agent-123");
    }

    #[test]
    fn but_keeps_no_reports_is_found_by_the_test_report() {
        let server = Server::start(|_, request| match request.line.as_str() {
            "GET /agents/agent-123" => agent(),
            "POST /agent-execution/agent-123/report_task" => Answer::task(),
            _ => Answer::json(404, r#"{"detail": "no such task"}"#),
        });
        let url = server.url();
        let said = run(&["doctor", "--send"], &variables(&url, &[])).ends_with(1);
        said.says("WRONG test report the task t-1 was sent, but cannot be read back");
        said.says("no such task");
    }

    #[test]
    fn but_takes_no_reports_is_found_by_the_test_report() {
        let server = Server::start(|_, request| match request.line.as_str() {
            "GET /agents/agent-123" => agent(),
            "POST /agent-execution/agent-123/report_task" => {
                Answer::json(403, r#"{"detail": "read only"}"#)
            }
            _ => Answer::json(404, ""),
        });
        let url = server.url();
        let said = run(&["doctor", "--send"], &variables(&url, &[])).ends_with(1);
        said.says("WRONG test report the platform answered 403: read only");
    }

    #[test]
    fn in_another_time_is_noted() {
        let server = Server::start(|_, request| match request.line.as_str() {
            "HEAD /" => Answer::json(200, "").header("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            _ => agent(),
        });
        let said = doctor(&server.url(), &[]).ends_with(0);
        said.says("note clock");
        said.says("s ahead of the platform's");
    }

    #[test]
    fn in_no_time_is_not_asked_again() {
        for head in [
            Answer::Bytes("220 mail.example ESMTP\r\n"),
            Answer::Hangup,
            Answer::json(200, "").header("date", "yesterday"),
        ] {
            let server = Server::start(move |_, request| match request.line.as_str() {
                "HEAD /" => head.clone(),
                _ => agent(),
            });
            doctor(&server.url(), &[])
                .ends_with(0)
                .does_not_say("clock");
        }
    }
}

mod an_answer {
    use super::*;

    #[test]
    fn of_401_is_about_the_key() {
        let said = of(Answer::json(401, r#"{"detail": "Invalid API key"}"#)).ends_with(1);
        said.says("WRONG answer the platform answered 401: Invalid API key");
        said.says("does not know the key");
        said.says("One thing is wrong: answer.");
    }

    #[test]
    fn of_403_is_about_what_the_key_may() {
        let said = of(Answer::json(403, r#"{"detail": "Forbidden"}"#)).ends_with(1);
        said.says("May it use the agent `agent-123`");
    }

    #[test]
    fn of_404_is_about_the_agent() {
        let said = of(Answer::json(404, r#"{"detail": "Agent not found"}"#)).ends_with(1);
        said.says("no agent `agent-123` for this key");
    }

    #[test]
    fn of_trouble_says_that_reports_wait() {
        for status in [429, 500, 503] {
            of(Answer::json(status, "{}"))
                .ends_with(1)
                .says("has trouble. Reports wait");
        }
    }

    #[test]
    fn that_no_platform_gives_is_said_so() {
        let page = || "<!doctype html><title>Log in</title>".to_owned();
        for answer in [
            Answer::Http(200, Vec::new(), page()),
            Answer::Http(404, Vec::new(), page()),
            Answer::Http(403, Vec::new(), page()),
            Answer::json(302, "").header("location", "https://login.example/"),
            Answer::json(200, "[]"),
        ] {
            of(answer)
                .ends_with(1)
                .says("is not the platform: another server");
        }
        of(Answer::json(418, "{}"))
            .ends_with(1)
            .says("Is the address right?");
    }

    #[test]
    fn that_breaks_off_is_said() {
        let said = of(Answer::Hangup).ends_with(1);
        said.says("WRONG answer the request to http://127.0.0.1");
    }

    #[test]
    fn does_not_steer_the_terminal_and_is_not_endless() {
        let long = "\\u001b[31m\\u202e".repeat(200);
        let said = of(Answer::json(400, format!(r#"{{"detail": "{long}"}}"#))).ends_with(1);
        said.says(r"\u{1b}[31m\u{202e}");
        assert!(said.out.len() < 6_000, "{}", said.out.len());
    }
}

mod a_platform_that_cannot_be_reached {
    use super::*;

    #[test]
    fn because_nothing_listens_is_said() {
        let said = doctor("http://127.0.0.1:1", &[]).ends_with(1);
        said.says("WRONG connection 127.0.0.1:1: Connection refused");
        said.says("xpander-report local");
        said.says("- answer not asked: no connection");
    }

    #[test]
    fn because_its_name_is_unknown_is_said() {
        let said = doctor("https://platform.invalid", &[]).ends_with(1);
        said.says("WRONG name platform.invalid has no address");
    }

    #[test]
    fn through_a_proxy_is_said_without_its_password() {
        let proxy = [("HTTPS_PROXY", "http://me:secret@127.0.0.1:1")];
        let said = doctor("https://platform.example", &proxy).ends_with(1);
        said.says("ok proxy http://127.0.0.1:1/ (HTTPS_PROXY)");
        said.says("WRONG connection 127.0.0.1:1: Connection refused");
        said.does_not_say("secret");
        said.does_not_say("me:");
    }

    #[test]
    fn by_a_proxy_that_refuses_is_said() {
        let proxy = Server::always(Answer::Http(407, Vec::new(), String::new()));
        let url = proxy.url().replace("http://", "http://me:secret@");
        let said = doctor("https://platform.example", &[("ALL_PROXY", &url)]).ends_with(1);
        said.says("(ALL_PROXY)");
        said.says("WRONG answer the request to https://platform.example failed");
        said.says("Does the proxy let this address pass?");
        said.does_not_say("secret");
    }
}

mod a_proxy {
    use super::*;

    #[test]
    fn that_does_not_apply_is_named_with_the_reason() {
        let platform = platform();
        let proxy = [("HTTP_PROXY", "http://me:secret@127.0.0.1:1")];
        let said = doctor(&platform.url(), &proxy).ends_with(0);
        said.says("ok proxy none (the platform is on this machine)");
        said.does_not_say("secret");

        let excepted = [
            ("https_proxy", "http://me:secret@127.0.0.1:1"),
            ("NO_PROXY", "invalid"),
        ];
        let said = doctor("https://platform.invalid", &excepted).ends_with(1);
        said.says("ok proxy none (https_proxy does not apply to this address)");
        said.says("WRONG name platform.invalid");
        said.does_not_say("secret");
    }

    #[test]
    fn that_is_none_shows_no_password_either() {
        let proxy = [("HTTPS_PROXY", "me:se cret@@::")];
        let said = doctor("https://platform.invalid", &proxy).ends_with(1);
        said.says("HTTPS_PROXY does not apply");
        said.does_not_say("cret");
    }
}

mod tls {
    use super::support::https::{Https, serve};
    use super::*;

    const AGENT: &str = r#"{"id": "agent-123"}"#;

    /// What it says where the server's certificate is among those that are trusted.
    fn trusting(server: &Https) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trusted.pem");
        fs::write(&file, &server.certificate).unwrap();
        doctor(&server.url, &[("SSL_CERT_FILE", file.to_str().unwrap())])
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn with_a_trusted_certificate_is_all_right() {
        let said = trusting(&serve("localhost", 4000, AGENT)).ends_with(0);
        said.says("ok name localhost is ");
        said.says("ok tls TLSv1.3, the certificate is trusted");
        said.says("note clock");
        said.says("has the agent agent-123");
    }

    #[test]
    fn with_an_unknown_certificate_says_what_to_add() {
        let said = doctor(&serve("localhost", 4000, AGENT).url, &[]).ends_with(1);
        said.says("WRONG tls invalid peer certificate");
        said.says("does not trust the certificate");
        said.says("- answer not asked: no connection");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn with_an_old_certificate_asks_for_the_clock() {
        let said = trusting(&serve("localhost", 2001, AGENT)).ends_with(1);
        said.says("WRONG tls invalid peer certificate");
        said.says("Is the clock right?");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn with_anothers_certificate_asks_for_the_address() {
        let said = trusting(&serve("other.example", 4000, AGENT)).ends_with(1);
        said.says("The certificate is for another name");
    }

    #[test]
    fn that_is_none_asks_for_scheme_and_port() {
        let server = Server::always(agent());
        let said = doctor(&server.url().replace("http:", "https:"), &[]).ends_with(1);
        said.says("WRONG tls ");
        said.says("Are the scheme and the port right?");
    }
}

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
        ];
        let said = doctor(&platform.url(), &less).ends_with(0);
        said.says("note capture_content false (XPANDER_REPORT_CAPTURE_CONTENT)");
        said.says(
            "note scrub false (XPANDER_REPORT_SCRUB) \
             Secrets in inputs, results and errors are sent as they are.",
        );
        said.says("note targets my_app (XPANDER_REPORT_TARGETS)");
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
            ("XPANDER_BASE_URL", "ftp://x", "`ftp` is no scheme"),
            ("XPANDER_BASE_URL", "", "set but empty"),
            (
                "XPANDER_BASE_URL",
                "https://me:hunter2@x",
                "holds a user name or password",
            ),
            (
                "XPANDER_BASE_URL",
                "https://agent-controller.example",
                "WRONG organization_id",
            ),
            (
                "XPANDER_API_KEY",
                "two words",
                "a character that no key has",
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
        said.says("ok answer the platform takes the key");
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
            said.says("It cannot be written");
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
            "2 are in files that no running program has; `xpander-report spool drain` delivers \
             what is there. See `xpander-report spool list`.",
        );
        said.does_not_say("refused");
        said.says(ALL_RIGHT);
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
        assert_eq!(reporter.flush_blocking(LONG).delivered, 1);
        let delivered = Timestamp::now();
        reporter.report(TaskReport::new().id("order-2"));
        let said = doctor_of(&url, dir.path()).ends_with(1);
        said.says("note spooled reports 1 report waits, since ");
        let since = time_after(&said, "1 report waits, since");
        assert!(since.as_second() >= delivered.as_second(), "{since}");
        said.does_not_say("no running program has");
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
        for id in ["order-1", "order-2"] {
            reporter.report(TaskReport::new().id(id));
            assert_eq!(reporter.flush_blocking(LONG).dropped, 1);
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

#[test]
fn the_help_says_what_it_shows_of_the_key() {
    let help = run(&["doctor", "--help"], &[]).ends_with(0);
    help.says("Of the key it shows how long it is, and the last four characters of one that has 16 or more");
    help.does_not_say("never shown");
}

#[test]
fn the_findings_are_json_for_machines() {
    let url = platform();
    let url = url.url();
    let said = run(
        &["doctor", "--json"],
        &variables(&url, &[("HTTP_PROXY", "http://a:b@c")]),
    );
    let said = said.ends_with(0);
    assert_eq!(said.out.lines().count(), 1);
    let found: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found["ok"], true);
    let of = |list: &str, name: &str| -> Value {
        let findings = found[list].as_array().unwrap();
        findings
            .iter()
            .find(|finding| finding["name"] == name)
            .unwrap()
            .clone()
    };
    let base = of("settings", "base_url");
    assert_eq!(
        (&base["says"], &base["source"]),
        (&url.as_str().into(), &"XPANDER_BASE_URL".into())
    );
    assert_eq!(of("settings", "targets")["says"], Value::Null);
    assert_eq!(of("checks", "answer")["outcome"], "ok");

    let said = run(&["doctor", "--json"], &[]).ends_with(1);
    let found: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found["ok"], false);
    assert_eq!(found["settings"][2]["outcome"], "wrong");
    assert_eq!(found["checks"][0]["outcome"], "skipped");
}

#[test]
fn a_wrong_argument_is_no_diagnosis() {
    run(&["doctor", "--api-key-file", "/no/such/file"], &[]).ends_with(2);
    run(&["doctor", "--sent"], &[]).ends_with(2);
}
