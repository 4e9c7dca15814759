//! `xpander-report send`, run as its users run it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails panics"
)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{KEY, Said, program, run, run_with_input};
use tempfile::TempDir;
use xpander_report_local::{LocalPlatform, TaskRecord, TaskStatus};
use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

const RESPONSE: &str = r#"{"id": "msg_1", "model": "claude-opus-4-6", "stop_reason": "tool_use",
    "content": [{"type": "text", "text": "Hello!"}, {"type": "tool_use", "id": "1", "name": "search", "input": {}}],
    "usage": {"input_tokens": 12, "output_tokens": 6, "cache_read_input_tokens": 3}}"#;

fn variables(url: &str) -> [(&str, &str); 3] {
    [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_AGENT_ID", "agent-123"),
    ]
}

fn send(url: &str, arguments: &[&str]) -> Said {
    run(&[&["send"], arguments].concat(), &variables(url))
}

fn send_input(url: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> Said {
    run_with_input(&[&["send"], arguments].concat(), &variables(url), input)
}

/// The one task that arrived.
fn only(platform: &LocalPlatform) -> TaskRecord {
    let [task] = <[_; 1]>::try_from(platform.tasks().unwrap()).expect("one task");
    task
}

/// The body of the one request that the arguments cause.
fn body(arguments: &[&str]) -> Value {
    let server = Server::always(Answer::task());
    send(&server.url(), arguments).ends_with(0);
    let [request] = <[_; 1]>::try_from(server.requests()).expect("one request");
    serde_json::from_str(&request.body).unwrap()
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

mod a_report {
    use super::*;

    #[test]
    fn carries_every_parameter_of_the_call() {
        let platform = platform();
        let arguments = [
            "--id",
            "order/7",
            "--agent-id",
            "calculator",
            "--input",
            "2 + 2",
            "--llm-response",
            "[1e400]",
            "--result",
            "4",
            "--failed",
            "--duration",
            "4.7",
            "--tool",
            "add",
            "--tool",
            "-check",
            "--prompt-tokens",
            "12",
            "--completion-tokens",
            "3",
            "--cache-read-tokens",
            "2",
            "--cache-write-tokens",
            "1",
        ];
        let said = send(&platform.url(), &arguments).ends_with(0);
        assert_eq!(
            said.out,
            format!(
                "reported task order/7 (failed), see {}/tasks/order%2F7\n",
                platform.url()
            )
        );
        assert_eq!(said.err, "");

        let task = only(&platform);
        assert_eq!(
            (task.id.as_str(), task.agent_id.as_str()),
            ("order/7", "calculator")
        );
        assert_eq!(task.input.as_deref(), Some("2 + 2"));
        assert_eq!(task.result.as_deref(), Some("4"));
        assert_eq!(task.status, TaskStatus::Failed);
        assert_eq!(task.duration, Some(4.7));
        assert_eq!(task.used_tools, ["add", "-check"]);
        assert_eq!(task.llm_response.as_deref(), Some("[1e400]"));
        let tokens = task.tokens.unwrap();
        assert_eq!(
            serde_json::to_value(tokens).unwrap(),
            json!({"prompt_tokens": 12, "completion_tokens": 3, "cache_read_tokens": 2,
                "cache_write_tokens": 1, "total_tokens": 15})
        );
    }

    #[test]
    fn of_nothing_is_the_platforms_defaults() {
        assert_eq!(
            body(&[]),
            json!({"id": null, "input": null, "llm_response": null, "tokens": null, "is_success": true,
                "result": null, "duration": 0.0, "used_tools": []})
        );
    }

    #[test]
    fn with_the_same_id_updates_the_task() {
        let platform = platform();
        send(&platform.url(), &["--id", "job-1", "--input", "a"]).ends_with(0);
        send(&platform.url(), &["--id", "job-1", "--result", "b"]).ends_with(0);
        let task = only(&platform);
        assert_eq!(task.input.as_deref(), Some("a"));
        assert_eq!(task.result.as_deref(), Some("b"));
    }

    #[test]
    fn goes_to_the_history_of_an_agent_where_there_is_no_page() {
        let server = Server::always(Answer::task());
        let said = send(&format!("{}/org-1", server.url()), &[]).ends_with(0);
        assert_eq!(
            said.out,
            format!(
                "reported task t-1 (completed), in the history of the agent agent-123 at {}/org-1\n",
                server.url()
            )
        );
    }

    #[test]
    fn may_take_its_time_with_units() {
        assert_eq!(body(&["--duration", "1m 30s"])["duration"], json!(90.0));
        assert_eq!(body(&["--duration", "250ms"])["duration"], json!(0.25));
        for nonsense in ["-1", "NaN", "inf", "soon", "", "2 months", "1e300"] {
            send("http://127.0.0.1:1", &[&format!("--duration={nonsense}")]).ends_with(2);
        }
    }

    #[test]
    fn leaves_its_content_here_where_that_is_said() {
        let server = Server::always(Answer::task());
        let url = server.url();
        let variables = [
            &variables(&url)[..],
            &[("XPANDER_REPORT_CAPTURE_CONTENT", "false")],
        ]
        .concat();
        run(
            &[
                "send",
                "--input",
                "a",
                "--result",
                "b",
                "--llm-response",
                RESPONSE,
            ],
            &variables,
        )
        .ends_with(0);
        let body: Value = serde_json::from_str(&server.requests()[0].body).unwrap();
        assert_eq!(
            (&body["input"], &body["result"], &body["llm_response"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        assert_eq!(body["tokens"]["prompt_tokens"], 12);

        let unclear = [("XPANDER_REPORT_CAPTURE_CONTENT", "nope")];
        let variables = [&variables[..3], &unclear].concat();
        run(&["send", "--input", "a"], &variables)
            .ends_with(2)
            .complains("XPANDER_REPORT_CAPTURE_CONTENT");
        assert_eq!(server.requests().len(), 1);
    }

    #[test]
    fn secrets_stay_here_unless_the_environment_says_otherwise() {
        let server = Server::always(Answer::task());
        let url = server.url();
        let input = ["send", "--input", r#"{"password":"hunter2"}"#];
        run(&input, &variables(&url)).ends_with(0);
        let off = [("XPANDER_REPORT_SCRUB", "false")];
        run(&input, &[&variables(&url)[..], &off].concat()).ends_with(0);
        let unclear = [("XPANDER_REPORT_SCRUB", "nope")];
        run(&input, &[&variables(&url)[..], &unclear].concat())
            .ends_with(2)
            .complains("XPANDER_REPORT_SCRUB");
        let inputs: Vec<_> = server
            .requests()
            .iter()
            .map(|request| request.body.contains("hunter2"))
            .collect();
        assert_eq!(inputs, [false, true]);
    }
}

mod content {
    use super::*;

    #[test]
    fn is_a_text_a_file_or_standard_input() {
        let folder = tempfile::tempdir().unwrap();
        let prompt = format!("@{}", file(&folder, "prompt.txt", "line 1\nline 2 – ü\n"));
        let server = Server::always(Answer::task());
        for input in ["-", "@-"] {
            send_input(
                &server.url(),
                &[
                    "--input",
                    &prompt,
                    "--result",
                    input,
                    "--llm-response",
                    "{}",
                ],
                "from standard input\n",
            )
            .ends_with(0);
        }
        for request in server.requests() {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            assert_eq!(body["input"], "line 1\nline 2 – ü\n");
            assert_eq!(body["result"], "from standard input\n");
            assert_eq!(body["llm_response"], json!({}));
        }
    }

    #[test]
    fn may_begin_with_an_at_sign_or_a_hyphen() {
        let body = body(&["--input", "@@home", "--result", "--failed"]);
        assert_eq!(body["input"], "@home");
        assert_eq!(body["result"], "--failed");
        assert_eq!(body["is_success"], true);
    }

    #[test]
    fn of_a_mebibyte_travels_whole() {
        let long = "ä".repeat(1 << 20);
        let server = Server::always(Answer::task());
        send_input(&server.url(), &["--result", "-"], &long).ends_with(0);
        let body: Value = serde_json::from_str(&server.requests()[0].body).unwrap();
        assert_eq!(body["result"], json!(long));
    }

    #[test]
    fn that_cannot_be_read_is_said_and_nothing_is_sent() {
        let server = Server::always(Answer::task());
        let folder = tempfile::tempdir().unwrap();
        let binary = format!("@{}", file(&folder, "a.bin", b"ab\xff"));
        let here = format!("@{}", folder.path().display());
        for (arguments, complaint) in [
            (
                ["--input", "@/no/such/file"],
                "--input @/no/such/file: No such file",
            ),
            (["--input", "@/no/such/file"], "written with two: @@"),
            (["--result", &binary], "is not UTF-8 text"),
            (["--result", &here], "--result @"),
            (["--llm-response", "Hello!"], "--llm-response is not JSON"),
            (["--llm-response", ""], "--llm-response is not JSON"),
        ] {
            send(&server.url(), &arguments)
                .ends_with(2)
                .complains(complaint);
        }
        send_input(&server.url(), &["--input", "-", "--result", "-"], "a")
            .ends_with(2)
            .complains("only one of --input, --llm-response and --result can be -");
        assert!(server.requests().is_empty());
    }
}

mod a_providers_response {
    use super::*;

    #[test]
    fn tells_what_is_not_given() {
        let body = body(&["--llm-response", RESPONSE]);
        assert_eq!(body["result"], "Hello!");
        assert_eq!(body["used_tools"], json!(["search"]));
        assert_eq!(body["is_success"], true);
        assert_eq!(
            body["tokens"],
            json!({"prompt_tokens": 12, "completion_tokens": 6, "cache_read_tokens": 3,
                "cache_write_tokens": 0, "total_tokens": 18})
        );
        assert_eq!(
            body["llm_response"],
            serde_json::from_str::<Value>(RESPONSE).unwrap()
        );
        assert_eq!(
            body["id"],
            Value::Null,
            "the id stays the platform's to make"
        );
    }

    #[test]
    fn does_not_go_over_what_is_given() {
        let body = body(&[
            "--llm-response",
            RESPONSE,
            "--result",
            "mine",
            "--tool",
            "own",
            "--completion-tokens",
            "99",
        ]);
        assert_eq!(body["result"], "mine");
        assert_eq!(body["used_tools"], json!(["own"]));
        assert_eq!(body["tokens"]["completion_tokens"], 99);
        assert_eq!(body["tokens"]["prompt_tokens"], 12);
    }

    #[test]
    fn that_is_a_failure_marks_the_task_as_failed() {
        let error = r#"{"error": {"message": "You are out of credit.", "type": "billing"}}"#;
        let failed = body(&["--llm-response", error]);
        assert_eq!(failed["is_success"], false);
        assert!(
            failed["result"]
                .as_str()
                .unwrap()
                .contains("You are out of credit.")
        );
        assert_eq!(
            body(&["--llm-response", error, "--succeeded"])["is_success"],
            true
        );
    }

    #[test]
    fn may_stand_behind_a_mark_that_an_editor_put_there() {
        let marked = format!("\u{feff}{RESPONSE}");
        assert_eq!(body(&["--llm-response", &marked])["result"], "Hello!");
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

    #[test]
    fn is_2_for_a_wrong_configuration() {
        let none = run(&["send"], &[]).ends_with(2);
        none.complains("set the environment variable XPANDER_API_KEY, or use --api-key-file");
        let key = [("XPANDER_API_KEY", KEY)];
        let no_agent = run(&["send", "--base-url", "http://127.0.0.1:1"], &key).ends_with(2);
        no_agent.complains("set the environment variable XPANDER_AGENT_ID, or use --agent-id");
        run(&["send", "--base-url", "ftp://x.example"], &key)
            .ends_with(2)
            .complains("`ftp` is no scheme");
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
            let mut program = program(flags, &variables(&platform.url()));
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
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

#[test]
fn a_script_that_tries_again_makes_one_task() {
    if !Path::new("/bin/sh").exists() {
        return;
    }
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
