//! The report that `xpander-report send` makes of its arguments.

use crate::support::run;
use crate::support::send::{RESPONSE, body, file, only, send, send_input, variables};
use serde_json::{Value, json};
use xpander_report_local::TaskStatus;
use xpander_report_tests::platform;
use xpander_report_tests::server::{Answer, Server};

mod a_report {
    use super::*;

    #[test]
    fn is_shown_at_an_address_that_leads_a_browser_to_its_page() {
        let platform = platform();
        for id in [".", "..", "~tilde"] {
            let said = send(&platform.url(), &["--id", id]).ends_with(0);
            said.says(&format!("see {}", platform.task_url(id)));
        }
    }

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
