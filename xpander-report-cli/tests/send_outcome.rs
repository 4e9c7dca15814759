//! The output and the exit codes of `xpander-report send`.

use crate::support::https::serve;
use crate::support::send::{file, only, send, variables};
use crate::support::{KEY, Said, run};
use serde_json::{Value, json};
use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

mod a_proxy {
    use super::*;

    #[test]
    fn never_sees_the_key_over_plain_http_to_a_private_host() {
        let proxy = Server::always(Answer::task());
        let url = proxy.url();
        let proxies = [("HTTP_PROXY", url.as_str()), ("ALL_PROXY", url.as_str())];
        for private in [
            "http://platform.invalid.internal",
            "http://nobody.localhost:1",
            "http://localhost.:1",
            "https://localhost.:1",
        ] {
            run(&["send"], &[&variables(private)[..], &proxies].concat()).ends_with(75);
        }
        assert!(proxy.requests().is_empty());

        // A host may be allowed by name.
        let allowed = [("XPANDER_REPORT_ALLOW_HTTP", "lab.example")];
        let lab = variables("http://lab.example");
        run(&["send"], &[&lab[..], &proxies, &allowed].concat()).ends_with(0);
        assert_eq!(proxy.requests().len(), 1);
    }
}

mod the_exit_code {
    use super::*;

    #[track_caller]
    fn of(answer: Answer) -> Said {
        let server = Server::always(answer);
        let said = send(&server.url(), &["--input", "a"]);
        assert_eq!(
            server.requests().len(),
            1,
            "one request, whatever the answer is"
        );
        assert_eq!(said.out, "");
        said
    }

    #[test]
    fn is_1_for_what_the_platform_refuses() {
        for status in [400, 401, 403, 404, 409, 413, 422] {
            let said = of(Answer::json(status, r#"{"detail": "No, thank you."}"#)).ends_with(1);
            assert_eq!(
                said.err,
                format!("error: the platform answered {status}: No, thank you.\n")
            );
        }
    }

    #[test]
    fn is_75_for_what_may_work_later() {
        for status in [408, 425, 429, 500, 502, 503] {
            let said = of(Answer::json(status, r#"{"detail": "Not now."}"#)).ends_with(75);
            said.complains("Not now.; try again later\n");
        }
        let busy = Answer::json(429, "{}").header("retry-after", "7");
        of(busy).ends_with(75).complains("try again in 7 s\n");
        of(Answer::Hangup).ends_with(75);
        of(Answer::Bytes(
            "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{",
        ))
        .ends_with(75);
        of(Answer::Http(
            200,
            Vec::new(),
            "<html>Log in</html>".to_owned(),
        ))
        .ends_with(75)
        .complains("could not be read");
        of(Answer::json(302, "").header("location", "https://login.example"))
            .ends_with(75)
            .complains("a redirect to https://login.example");
    }

    #[test]
    fn is_75_where_nobody_listens() {
        send("http://127.0.0.1:1", &[])
            .ends_with(75)
            .complains("Connection refused");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn is_2_for_https_on_a_system_without_certificate_authorities() {
        let server = serve("localhost", 4000, "{}");
        let folder = tempfile::tempdir().unwrap();
        let empty = file(&folder, "empty.pem", "");
        let none = [("SSL_CERT_FILE", empty.as_str())];
        let said = run(&["send"], &[&variables(&server.url)[..], &none].concat()).ends_with(2);
        said.complains(&format!(
            "SSL_CERT_FILE={empty} has no certificate authorities"
        ));
        said.complains("install the package ca-certificates");
        assert!(!said.err.contains("try again"), "{}", said.err);

        // Plain http has no certificates.
        let platform = platform();
        run(
            &["send"],
            &[&variables(&platform.url())[..], &none].concat(),
        )
        .ends_with(0);
    }

    #[test]
    fn is_2_for_a_wrong_configuration() {
        let none = run(&["send"], &[]).ends_with(2);
        none.complains("set the environment variable XPANDER_API_KEY, or use --api-key-file");
        let key = [("XPANDER_API_KEY", KEY)];
        let no_agent = run(&["send", "--base-url", "http://127.0.0.1:1"], &key).ends_with(2);
        no_agent.complains("set the environment variable XPANDER_AGENT_ID, or use --agent-id");
        run(&["send", "--base-url", "ftp://x.example"], &key)
            .ends_with(2)
            .complains("`ftp` is not a supported scheme");
        run(&["send", "--base-url", "http://public.example"], &key)
            .ends_with(2)
            .complains("plain http");
    }

    #[test]
    fn is_2_for_wrong_arguments() {
        let url = "http://127.0.0.1:1";
        for arguments in [
            &["--prompt-tokens", "-1"][..],
            &["--prompt-tokens", "many"],
            &["--failed", "--succeeded"],
            &["--id", ""],
            &["--agent-id", ""],
            &["--tokens", "3"],
            &["text"],
        ] {
            send(url, arguments).ends_with(2);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn is_74_if_the_answer_cannot_be_printed() {
        let platform = platform();
        for flags in [&["send", "--id", "a"][..], &["send", "--id", "a", "--json"]] {
            let mut program = crate::support::program(flags, &variables(&platform.url()));
            let full = std::fs::File::options()
                .write(true)
                .open("/dev/full")
                .unwrap();
            let said = Said::from(program.stdout(full).output().unwrap()).ends_with(74);
            said.complains("the platform has the report as task a");
        }
        assert_eq!(only(&platform).id, "a");
    }

    #[test]
    fn codes_are_in_the_help() {
        let help = run(&["send", "--help"], &[]).ends_with(0);
        for line in [
            "0 the platform has",
            "1 the platform refuses",
            "2 an argument",
            "74 ",
            "75 no answer",
        ] {
            help.says(line);
        }
    }
}

mod the_key {
    use super::*;

    #[test]
    fn may_be_in_a_file() {
        let server = Server::always(Answer::task());
        let folder = tempfile::tempdir().unwrap();
        let key = file(&folder, "key", "key-in-a-file\n");
        send(&server.url(), &["--api-key-file", &key]).ends_with(0);
        assert_eq!(
            server.requests()[0].header("x-api-key"),
            Some("key-in-a-file")
        );
    }

    #[test]
    fn in_a_file_that_cannot_be_used_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let empty = file(&folder, "empty", " \n");
        for (key, complaint) in [
            (
                "/no/such/file",
                "--api-key-file /no/such/file: No such file",
            ),
            (&empty, "it is empty"),
        ] {
            send("http://127.0.0.1:1", &["--api-key-file", key])
                .ends_with(2)
                .complains(complaint);
        }
    }

    #[test]
    fn is_not_shown_if_a_server_sends_it_back() {
        let server = Server::always(Answer::json(
            401,
            format!(r#"{{"detail": "{KEY} is wrong"}}"#),
        ));
        send(&server.url(), &[])
            .ends_with(1)
            .complains("*** is wrong");
    }
}

mod what_is_printed {
    use super::*;

    const TASK: &str = r#"{"id": "t-1", "agent_id": "a", "organization_id": "o", "status": "hibernating",
        "input": {"text": "hi", "files": ["x"]}, "created_at": 1767323045, "weight": 12345678901234567890123,
        "title": "csi \u009b31m esc \u001b[31m bidi "}"#;

    #[test]
    fn as_json_is_the_platforms_record_on_one_line() {
        let server = Server::always(Answer::json(200, TASK));
        let said = send(&server.url(), &["--json"]).ends_with(0);
        assert_eq!(said.out.lines().count(), 1);
        let printed: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(printed["status"], "hibernating");
        assert_eq!(printed["input"], json!({"text": "hi", "files": ["x"]}));
        assert_eq!(printed["title"], "csi \u{9b}31m esc \u{1b}[31m bidi ");
        assert!(
            said.out.contains(r#""weight":12345678901234567890123"#),
            "{}",
            said.out
        );
    }

    #[test]
    fn of_a_real_task_is_all_that_it_has() {
        let platform = platform();
        let said = send(
            &platform.url(),
            &["--json", "--id", "j", "--input", "a\nb", "--tool", "t"],
        )
        .ends_with(0);
        let printed: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(printed["id"], "j");
        assert_eq!(printed["input"]["text"], "a\nb");
        assert_eq!(printed["used_tools"], json!(["t"]));
        assert_eq!(printed["organization_id"], "local");
        assert!(printed["source"].is_string());
    }

    #[test]
    fn does_not_steer_the_terminal() {
        let task = TASK.replace("t-1", r"a\u001b[2J\u202eb\nc");
        let server = Server::always(Answer::json(200, task));
        let said = send(&server.url(), &[]).ends_with(0);
        assert!(
            said.out
                .starts_with(r"reported task a\u{1b}[2J\u{202e}b c (hibernating)"),
            "{}",
            said.out
        );

        let detail = r#"{"detail": "\u001b]0;owned\u0007 \u009b31m"}"#;
        let server = Server::always(Answer::json(400, detail));
        let said = send(&server.url(), &[]).ends_with(1);
        said.complains(r"\u{1b}]0;owned\u{7} \u{9b}31m");
    }
}

#[cfg(unix)]
#[test]
fn a_script_that_tries_again_makes_one_task() {
    let platform = platform();
    let url = platform.url();
    let server = Server::start(move |before, request| match before {
        0 => Answer::Hangup,
        1 => Answer::json(503, "{}"),
        _ => {
            assert!(request.body.contains(r#""id":"night-1""#));
            Answer::task()
        }
    });
    let script = r#"
        tries=0
        until "$PROGRAM" send --id night-1 --input "$(date +%Y)" --result @/dev/null; do
            [ $? -eq 75 ] || exit 9
            tries=$((tries + 1))
        done
        XPANDER_BASE_URL=$LOCAL "$PROGRAM" send --id night-1 --result "tried $tries times"
    "#;
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", script])
        .envs(variables(&server.url()))
        .env("PROGRAM", env!("CARGO_BIN_EXE_xpander-report"))
        .env("LOCAL", &url)
        .output()
        .unwrap();
    Said::from(output).ends_with(0);
    assert_eq!(only(&platform).result.as_deref(), Some("tried 2 times"));
}
