//! `xpander-report doctor`, run as its users run it.

use std::fs;

use crate::support::doctor::{ALL_RIGHT, agent, doctor, of, variables};
use crate::support::{KEY, Said, run};
use serde_json::Value;
use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

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
        said.says("`stream_options.include_usage`");
        said.says("ok answer the platform accepts the key and has the agent Sums, agent-123");
        said.does_not_say("WRONG");
        assert_eq!(said.err, "");
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn that_is_local_and_new_makes_the_agent_itself() {
        let platform = platform();
        let said = doctor(&platform.url(), &[]).ends_with(0);
        said.says("the first report creates the agent agent-123");
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
        said.says("the key may use the agent `agent-123`");
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
                .says("answers with an error. Reports wait");
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
                .says("is not the platform. It may be another server");
        }
        of(Answer::json(418, "{}"))
            .ends_with(1)
            .says("Check the address.");
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
        said.says("Check that the proxy allows this address.");
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
    fn is_not_taken_over_plain_http_to_a_private_host() {
        let proxy = [("HTTP_PROXY", "http://127.0.0.1:1")];
        let said = doctor("http://platform.invalid.internal", &proxy).ends_with(1);
        said.says("ok proxy none (plain http to a private host uses no proxy)");
        said.says("WRONG name platform.invalid.internal");
    }

    #[test]
    fn is_shown_without_its_query() {
        let proxy = [("HTTPS_PROXY", "http://127.0.0.1:1/in?key=secret")];
        let said = doctor("https://platform.example", &proxy).ends_with(1);
        said.says("ok proxy http://127.0.0.1:1/ (HTTPS_PROXY)");
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
    use super::*;
    use crate::support::https::{Https, serve};

    const AGENT: &str = r#"{"id": "agent-123"}"#;
    const NO_AUTHORITIES: [(&str, &str); 1] = [("SSL_CERT_FILE", "/no/such/file")];

    /// The output if the server's certificate is trusted.
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
        said.says("Check the clock.");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn with_anothers_certificate_asks_for_the_address() {
        let said = trusting(&serve("other.example", 4000, AGENT)).ends_with(1);
        said.says("The certificate is for another name");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_any_authority_says_which_package_is_missing() {
        let server = serve("localhost", 4000, AGENT);
        let said = doctor(&server.url, &NO_AUTHORITIES).ends_with(1);
        said.says("- tls not checked: see the answer");
        said.says("WRONG answer `certificates` (SSL_CERT_FILE): SSL_CERT_FILE=/no/such/file");
        said.says("has no certificate authorities");
        said.says("install the package ca-certificates");
        said.says("Until then nothing is sent.");
    }

    #[test]
    fn over_plain_http_needs_no_authority() {
        doctor(&platform().url(), &NO_AUTHORITIES).ends_with(0);
    }

    #[test]
    fn that_is_none_asks_for_scheme_and_port() {
        let server = Server::always(agent());
        let said = doctor(&server.url().replace("http:", "https:"), &[]).ends_with(1);
        said.says("WRONG tls ");
        said.says("Check the scheme and the port.");
    }
}

#[test]
fn the_help_says_what_it_shows_of_the_key() {
    let help = run(&["doctor", "--help"], &[]).ends_with(0);
    help.says("It shows the length of the key, and its last four characters if it has 16 or more");
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
