//! `xpander-report tasks`, run as its users run it, against the local platform and one that is not.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::support::terminal::{in_a_terminal, type_into};
use crate::support::{KEY, Said, program, run};
use serde_json::{Value, json};
use xpander_report::{Client, TaskReport, Tokens};
use xpander_report_local::LocalPlatform;
use xpander_report_tests::config;
use xpander_report_tests::server::{Answer, Server};

const AGENT: (&str, &str) = ("XPANDER_AGENT_ID", "agent-123");

fn tasks(url: &str, arguments: &[&str]) -> Said {
    let variables = [("XPANDER_BASE_URL", url), ("XPANDER_API_KEY", KEY), AGENT];
    run(&[&["tasks"], arguments].concat(), &variables)
}

/// Without an agent.
fn tasks_of_all(url: &str, arguments: &[&str]) -> Said {
    let variables = [("XPANDER_BASE_URL", url), ("XPANDER_API_KEY", KEY)];
    run(&[&["tasks"], arguments].concat(), &variables)
}

fn chat(model: &str) -> Value {
    json!({"object": "chat.completion", "model": model, "service_tier": "default",
           "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
           "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}})
}

fn report(platform: &LocalPlatform, agent: &str, task: &TaskReport) {
    let config = config(platform.url()).agent_id(agent).build().unwrap();
    Client::new(config)
        .report_external_task_blocking(task)
        .unwrap();
}

/// A local platform with four tasks of two agents.
fn platform() -> LocalPlatform {
    let platform = xpander_report_tests::platform();
    let priced = TaskReport::new()
        .id("priced")
        .input("What grew?")
        .result("Revenue grew by a fifth")
        .duration(std::time::Duration::from_millis(4_700))
        .used_tools(["web_search"])
        .tokens(Tokens::new(1_000, 100).cache_read(200))
        .llm_response(chat("gpt-4o-mini"));
    report(&platform, "agent-123", &priced);
    let failed = TaskReport::new()
        .id("broken one")
        .input("Fix it")
        .is_success(false)
        .result("rate limited: 429\nTry later");
    report(&platform, "agent-123", &failed);
    let hostile = TaskReport::new()
        .id("hostile")
        .input("\u{1b}[2J\u{202e}gone")
        .result("\u{1b}]0;owned\u{7}");
    report(&platform, "agent-123", &hostile);
    let other = TaskReport::new().id("other").llm_response(chat("my-own"));
    report(&platform, "someone-else", &other);
    platform
}

/// The ids that were listed, from the plain columns.
fn ids(said: &Said) -> Vec<&str> {
    let rows = said.out.lines();
    rows.map(|row| row.split(' ').nth(6).unwrap()).collect()
}

mod list {
    use super::*;

    #[test]
    fn names_the_failed_ones() {
        let platform = platform();
        let said = tasks(&platform.url(), &["list", "--failed", "--since", "1h"]).ends_with(0);
        assert_eq!(ids(&said), ["broken\\u{20}one"]);
        said.says("rate limited: 429 Try later");
        assert_eq!(said.err, "");
    }

    #[test]
    fn has_plain_columns_where_it_is_read_by_a_program() {
        let platform = platform();
        let said = tasks(&platform.url(), &["list"]).ends_with(0);
        assert_eq!(
            ids(&said),
            ["hostile", "broken\\u{20}one", "priced"],
            "newest first"
        );
        let row: Vec<&str> = said
            .out
            .lines()
            .last()
            .unwrap()
            .split(' ')
            .skip(1)
            .collect();
        // 1000 × 0.15 and 100 × 0.6 millionths of a dollar
        assert_eq!(
            row.join(" "),
            "completed 4.7 1000 100 0.00021 priced agent-123 gpt-4o-mini Revenue grew by a fifth"
        );
        let failed = said.out.lines().nth(1).unwrap();
        let (_, failed) = failed.split_once(' ').unwrap();
        assert!(failed.starts_with("failed - "), "{failed}");
    }

    #[test]
    fn takes_the_filters_of_the_page() {
        let platform = platform();
        let url = platform.url();
        for (arguments, expected) in [
            (&["--status", "completed"][..], &["hostile", "priced"][..]),
            (&["--tool", "web_search"], &["priced"]),
            (&["--model", "gpt-4o-mini"], &["priced"]),
            (&["--search", "reven* fifth"], &["priced"]),
            (&["--limit", "1"], &["hostile"]),
            (&["--all-agents", "--model", "my-own"], &["other"]),
            (&["--agent-id", "someone-else"], &["other"]),
        ] {
            let said = tasks(&url, &[&["list"], arguments].concat()).ends_with(0);
            assert_eq!(ids(&said), expected, "{arguments:?}");
        }
        let said = tasks_of_all(&url, &["list"]).ends_with(0);
        assert_eq!(ids(&said).len(), 4);
        let none = tasks(&url, &["list", "--model", "my-own"]).ends_with(3);
        assert_eq!((none.out.as_str(), none.err.as_str()), ("", ""));
        tasks(&url, &["list", "--status", "broken"])
            .ends_with(2)
            .complains("invalid value 'broken'");
        tasks(&url, &["list", "--since", "1x"]).ends_with(2);
    }

    #[test]
    fn prints_json_as_the_platform_gives_it_with_the_cost() {
        let platform = platform();
        let said = tasks(&platform.url(), &["list", "--json"]).ends_with(0);
        let tasks: Vec<Value> = said
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(tasks.len(), 3);
        assert_eq!(
            (&tasks[2]["id"], &tasks[2]["cost_usd"]),
            (&json!("priced"), &json!(0.00021))
        );
        assert_eq!(
            (&tasks[1]["status"], &tasks[1]["cost_usd"]),
            (&json!("failed"), &Value::Null)
        );
    }

    #[test]
    fn reads_as_many_pages_as_it_needs() {
        let platform = xpander_report_tests::platform();
        for number in 0..120 {
            let task = TaskReport::new().id(format!("n{number}"));
            report(&platform, "agent-123", &task);
        }
        let said = tasks(&platform.url(), &["list", "--limit", "110"]).ends_with(0);
        let listed = ids(&said);
        assert_eq!((listed.len(), listed[0], listed[109]), (110, "n119", "n10"));
    }

    #[test]
    fn in_a_terminal_is_for_people_and_nothing_steers_it() {
        let platform = platform();
        let url = platform.url();
        let variables = [
            ("XPANDER_BASE_URL", url.as_str()),
            ("XPANDER_API_KEY", KEY),
            AGENT,
            ("TZ", "UTC"),
        ];
        let Some(terminal) = in_a_terminal(&["tasks", "list"], &variables) else {
            return;
        };
        let said = type_into(terminal, "");
        said.says("✓ completed");
        said.says("4.7 s 1000 → 100 $ 0.0002 gpt-4o-mini agent-123 priced");
        said.says("What grew? → Revenue grew by a fifth");
        said.says("✕ failed");
        said.says("\\u{1b}[2J\\u{202e}gone");
    }

    #[test]
    fn follows_what_comes_and_what_changes_its_status() {
        let platform = platform();
        let url = platform.url();
        let variables = [
            ("XPANDER_BASE_URL", url.as_str()),
            ("XPANDER_API_KEY", KEY),
            AGENT,
        ];
        let mut running = program(&["tasks", "list", "--follow", "--json"], &variables)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let mut next =
            || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
        let first: Vec<Value> = (0..3).map(|_| next()["id"].clone()).collect();
        assert_eq!(
            first,
            ["priced", "broken one", "hostile"],
            "the newest last"
        );
        report(&platform, "agent-123", &TaskReport::new().id("new"));
        assert_eq!(next()["id"], "new");
        report(
            &platform,
            "agent-123",
            &TaskReport::new().id("new").is_success(false),
        );
        let changed = next();
        assert_eq!(
            (&changed["id"], &changed["status"]),
            (&json!("new"), &json!("failed"))
        );
        running.kill().unwrap();
        running.wait().unwrap();
    }

    #[test]
    fn follows_every_task_of_a_burst_and_no_old_one() {
        let platform = xpander_report_tests::platform();
        for number in 0..60 {
            let task = TaskReport::new().id(format!("old{number}"));
            report(&platform, "agent-123", &task);
        }
        let url = platform.url();
        let arguments = ["tasks", "list", "-n", "1", "--follow"];
        let variables = [
            ("XPANDER_BASE_URL", url.as_str()),
            ("XPANDER_API_KEY", KEY),
            AGENT,
        ];
        let mut running = program(&arguments, &variables).spawn().unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let mut next = || {
            let line = lines.next().unwrap().unwrap();
            line.split(' ').nth(6).unwrap().to_owned()
        };
        assert_eq!(next(), "old59");
        let ids: Vec<String> = (0..200).map(|number| format!("new{number}")).collect();
        let client = Client::new(config(&url).build().unwrap());
        for id in &ids {
            let task = TaskReport::new().id(id);
            client.report_external_task_blocking(&task).unwrap();
        }
        let followed: Vec<String> = ids.iter().map(|_| next()).collect();
        assert_eq!(followed, ids);
        running.kill().unwrap();
        running.wait().unwrap();
    }

    #[test]
    fn takes_the_status_error_for_a_failure() {
        let platform = platform();
        let server = platform.url();
        let mut connection = TcpStream::connect(server.strip_prefix("http://").unwrap()).unwrap();
        let body = r#"{"status":"error"}"#;
        write!(
            connection,
            "PATCH /agent-execution/priced/update HTTP/1.1\r\nhost: localhost\r\nx-api-key: any\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        io::copy(&mut connection, &mut io::sink()).unwrap();
        let said = tasks(&server, &["list", "--failed"]).ends_with(0);
        assert_eq!(ids(&said), ["broken\\u{20}one", "priced"]);
    }

    #[test]
    fn shows_the_models_of_a_run_that_used_several() {
        let platform = xpander_report_tests::platform();
        let both = json!([chat("gpt-4o"), chat("claude-sonnet-4-5")]);
        let task = TaskReport::new().id("both").llm_response(both);
        report(&platform, "agent-123", &task);
        let url = platform.url();
        let arguments = ["list", "--model", "claude-sonnet-4-5"];
        let said = tasks(&url, &arguments).ends_with(0);
        said.says(" both agent-123 gpt-4o,\\u{20}claude-sonnet-4-5 ");
        let said = tasks(&url, &[&arguments[..], &["--json"]].concat()).ends_with(0);
        let listed: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(listed["model"], "gpt-4o, claude-sonnet-4-5");
        let said = tasks(&url, &["show", "both"]).ends_with(0);
        said.says("Model gpt-4o, claude-sonnet-4-5");
    }
}

mod show {
    use super::*;

    #[test]
    fn shows_what_is_known_of_one_task() {
        let platform = platform();
        let said = tasks(&platform.url(), &["show", "priced"]).ends_with(0);
        for words in [
            "Task priced",
            "Status ✓ completed",
            "Took 4.7 s",
            "Tokens 1000 in, 100 out, 200 from the cache",
            "Model gpt-4o-mini",
            "Cost $ 0.0002",
            "Tools web_search",
            "Input What grew?",
            "Result Revenue grew by a fifth",
        ] {
            said.says(words);
        }
        let failed = tasks(&platform.url(), &["show", "broken one"]).ends_with(0);
        failed.says("Cost not known");
        assert!(
            failed
                .out
                .ends_with("Reason\n  rate limited: 429\n  Try later\n"),
            "{}",
            failed.out
        );
        tasks(&platform.url(), &["show", "hostile"]).ends_with(0);
    }

    #[test]
    fn gives_json_and_the_raw_response() {
        let platform = platform();
        let said = tasks(&platform.url(), &["show", "priced", "--json"]).ends_with(0);
        let task: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(task["cost_usd"], 0.00021);
        let said = tasks(&platform.url(), &["show", "priced", "--raw"]).ends_with(0);
        assert_eq!(said.out, format!("{}\n", chat("gpt-4o-mini")));
        tasks(&platform.url(), &["show", "hostile", "--raw"])
            .ends_with(3)
            .complains("No response of the task \"hostile\" was reported.");
        tasks(&platform.url(), &["show", "nobody"])
            .ends_with(3)
            .complains("There is no task \"nobody\"");
    }
}

mod open {
    use super::*;

    #[test]
    fn knows_the_address_of_the_local_platforms_page() {
        let platform = platform();
        let said = tasks(&platform.url(), &["open", "broken one", "--print"]).ends_with(0);
        assert_eq!(said.out.trim(), platform.task_url("broken one"));
        tasks(&platform.url(), &["open", "nobody", "--print"]).ends_with(3);
        let of_other = format!("{}/org-1", platform.url());
        tasks(&of_other, &["open", "priced", "--print"]).ends_with(3);
    }
}

/// A platform other than the local one: its lists have few fields, and its only filter is the status.
mod elsewhere {
    use super::*;

    fn listed(number: usize) -> Value {
        let at = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(number as i64);
        json!({"id": format!("t{number}"), "agent_id": "agent-123", "organization_id": "o",
               "status": if number.is_multiple_of(2) { "completed" } else if number % 10 == 9 { "error" } else { "failed" },
               "created_at": at.to_string(), "result": format!("result {number}")})
    }

    /// The value of a parameter of a request.
    fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.map(|(_, value)| value)
    }

    /// With this many tasks, each a minute older than the one before. Tasks 3, 13, … used a tool.
    fn platform(many: usize) -> Server {
        Server::start(move |_, request| {
            let target = request.line.split(' ').nth(1).unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let number = |name: &str, default: usize| {
                parameter(query, name).map_or(default, |value| value.parse().unwrap())
            };
            if let Some(id) = path.strip_prefix("/agent-execution/t") {
                let id = id.strip_suffix("/status").unwrap();
                let Ok(number) = id.parse::<usize>() else {
                    return Answer::json(404, r#"{"detail": "Task not found"}"#);
                };
                let mut task = listed(number);
                task["input"] = json!({"text": "Why?"});
                task["used_tools"] = if number % 10 == 3 {
                    json!(["search"])
                } else {
                    json!([])
                };
                return Answer::json(200, task.to_string());
            }
            if path == "/agent-execution/executions/history/agent-123" {
                let (page, per_page) = (number("page", 1), number("per_page", 20));
                let status = parameter(query, "status");
                let all = (0..many).map(listed);
                let page: Vec<Value> = all
                    .filter(|task| status.is_none_or(|status| task["status"] == status))
                    .skip((page - 1) * per_page)
                    .take(per_page)
                    .collect();
                return Answer::json(200, Value::from(page).to_string());
            }
            Answer::json(404, r#"{"detail": "Not Found"}"#)
        })
    }

    #[test]
    fn what_the_platform_does_not_filter_is_filtered_here_and_that_is_said() {
        let server = platform(120);
        let url = server.url();
        let said = tasks(&url, &["list", "--failed", "--since", "10m"]).ends_with(0);
        assert_eq!(
            ids(&said),
            ["t1", "t3", "t5", "t7", "t9"],
            "9 has the status error"
        );
        said.complains(
            "The platform has no filter for --since: its newest 60 tasks were filtered here.",
        );
        let said = tasks(&url, &["list", "--tool", "search", "--limit", "3"]).ends_with(0);
        assert_eq!(ids(&said), ["t3", "t13", "t23"]);
        said.complains("no filter for --tool");
        let said = tasks(&url, &["list", "--search", "RESULT 117"]).ends_with(0);
        assert_eq!(ids(&said), ["t117"]);
        let said = tasks(&url, &["list", "--limit", "1"]).ends_with(0);
        assert_eq!(
            said.err, "",
            "nothing to say where nothing is filtered here"
        );
        assert!(
            said.out.contains(" failed ")
                || said
                    .out
                    .contains(" completed - - - - t0 agent-123 - result 0")
        );
    }

    #[test]
    fn no_more_than_a_bounded_number_of_tasks_is_looked_at() {
        let server = platform(2_000);
        let url = server.url();
        tasks(&url, &["list", "--tool", "nothing"])
            .ends_with(3)
            .complains("its newest 200 tasks were filtered here.");
        let lists = server.requests().into_iter();
        let lists = lists.filter(|request| request.line.contains("history"));
        assert!(lists.count() <= 5);
        tasks(&url, &["list", "--since", "1m"])
            .ends_with(0)
            .complains("its newest 500 tasks were filtered here.");
    }

    #[test]
    fn every_task_is_listed_where_nothing_is_filtered_here() {
        let server = platform(1_200);
        let url = server.url();
        let said = tasks(&url, &["list", "-n", "1000"]).ends_with(0);
        assert_eq!((ids(&said).len(), said.err.as_str()), (1_000, ""));
        let said = tasks(&url, &["list", "-n", "600", "--status", "completed"]).ends_with(0);
        assert_eq!((ids(&said).len(), said.err.as_str()), (600, ""));
    }

    #[test]
    fn a_platform_that_ignores_the_status_is_named_with_the_number_of_tasks() {
        let server = Server::start(|_, request| {
            let page: usize = parameter(&request.line, "page").unwrap().parse().unwrap();
            let tasks: Vec<Value> = (page * 50 - 50..page * 50).map(listed).collect();
            Answer::json(200, Value::from(tasks).to_string())
        });
        let said = tasks(&server.url(), &["list", "-n", "1000", "--failed"]).ends_with(0);
        assert_eq!(ids(&said).len(), 250);
        said.complains(
            "The platform has no filter for --failed: its newest 500 tasks were filtered here.",
        );
        tasks(&server.url(), &["list", "--status", "stopped"])
            .ends_with(3)
            .complains("no filter for --status: its newest 500 tasks were filtered here.");
    }

    #[test]
    fn following_says_when_more_tasks_come_than_it_reads() {
        let server = Server::start(|before, _| {
            let tasks: Vec<Value> = (0..if before == 0 { 1 } else { 50 })
                .map(|number| {
                    let mut task = listed(0);
                    task["id"] = json!(format!("{before}-{number}"));
                    task["updated_at"] = json!(jiff::Timestamp::now().to_string());
                    task
                })
                .collect();
            Answer::json(200, Value::from(tasks).to_string())
        });
        let url = server.url();
        let variables = [
            ("XPANDER_BASE_URL", url.as_str()),
            ("XPANDER_API_KEY", KEY),
            AGENT,
        ];
        let mut running = program(&["tasks", "list", "--follow"], &variables)
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(running.stderr.take().unwrap()).lines();
        assert_eq!(
            errors.next().unwrap().unwrap(),
            "More than 5000 tasks are new: the oldest of them are skipped."
        );
        running.kill().unwrap();
        running.wait().unwrap();
    }

    #[test]
    fn a_relay_has_no_tasks_and_says_where_they_are() {
        let relay = Server::always(Answer::json(
            404,
            r#"{"detail": "There is nothing at GET /v1/tasks. This is a relay: it accepts and delivers reports."}"#,
        ));
        let url = relay.url();
        for arguments in [&["list"][..], &["show", "t1"], &["open", "t1"]] {
            tasks(&url, arguments)
                .ends_with(1)
                .complains("this address is that of a relay, which only accepts and delivers");
        }
        tasks_of_all(&url, &["list"])
            .ends_with(1)
            .complains("--base-url or XPANDER_BASE_URL");
    }

    #[test]
    fn what_it_does_not_give_is_said() {
        let server = platform(3);
        let url = server.url();
        tasks(&url, &["list", "--model", "gpt-4o"])
            .ends_with(2)
            .complains("this platform does not list the models of tasks");
        tasks(&url, &["show", "t1", "--raw"])
            .ends_with(1)
            .complains("this platform does not return the raw responses of tasks");
        tasks(&url, &["open", "t1"])
            .ends_with(1)
            .complains("the address of the task's page on this platform is unknown");
        tasks(&url, &["show", "tx"])
            .ends_with(3)
            .complains("Task not found");
        tasks_of_all(&url, &["list"])
            .ends_with(2)
            .complains("set the agent with --agent-id or XPANDER_AGENT_ID");
        let said = tasks(&url, &["show", "t1"]).ends_with(0);
        said.says("Reason result 1");
        said.does_not_say("Cost");
    }

    #[test]
    fn the_exit_code_says_whether_to_try_again() {
        for (status, code) in [(401, 1), (403, 1), (429, 75), (503, 75)] {
            let server = Server::always(Answer::json(status, r#"{"detail": "No."}"#));
            tasks(&server.url(), &["list"])
                .ends_with(code)
                .complains("No.");
        }
        let server = Server::always(Answer::json(200, "[1, 2]"));
        tasks(&server.url(), &["list"])
            .ends_with(1)
            .complains("the platform's record of a task could not be read");
        run(&["tasks", "list"], &[])
            .ends_with(2)
            .complains("XPANDER_API_KEY");
    }
}
