//! The result of a call for each kind of answer.

use std::time::Duration;

use xpander_report::{Client, Error, Task, TaskReport, TaskStatus};
use xpander_report_tests::config;
use xpander_report_tests::server::{Answer, Server};

fn report(answer: Answer) -> Result<Task, Error> {
    let server = Server::always(answer);
    let config = config(server.url()).timeout(Duration::from_millis(500));
    Client::new(config.build().unwrap()).report_external_task_blocking(&TaskReport::new())
}

fn status(answer: Answer) -> (u16, String, Option<Duration>) {
    match report(answer).unwrap_err() {
        Error::Status(error) => (error.status, error.detail, error.retry_after),
        other => panic!("{other}"),
    }
}

#[test]
fn a_task_is_read_whole_and_unknown_fields_stay_readable() {
    let task = report(Answer::json(
        201,
        r#"{"id":"t","agent_id":"a","organization_id":"o","input":{"text":"q","files":[]},
            "created_at":"2026-01-02T03:04:05Z","status":"failed","result":"r","duration":1.5,
            "finished_at":1767323045,"tokens":{"prompt_tokens":7,"completion_tokens":3},
            "used_tools":["x"],"title":"T","score":1180591620717411303424}"#,
    ))
    .unwrap();
    assert_eq!((task.id.as_str(), task.agent_id.as_str()), ("t", "a"));
    assert_eq!(task.organization_id, "o");
    assert_eq!(task.input.text.as_deref(), Some("q"));
    assert_eq!(task.input.other["files"].get(), "[]");
    assert_eq!(task.status, Some(TaskStatus::Failed));
    assert_eq!(task.result.as_deref(), Some("r"));
    assert_eq!(task.duration, Some(1.5));
    assert_eq!(task.finished_at.as_deref(), Some("1767323045"));
    assert_eq!(task.tokens.unwrap().total_tokens(), 10);
    assert_eq!(task.used_tools, ["x"]);
    assert_eq!(task.other["title"].get(), r#""T""#);
    assert_eq!(task.other["score"].get(), "1180591620717411303424");
}

#[test]
fn a_task_with_the_required_fields_only_is_enough() {
    for created_at in [
        r#""2026-01-02""#,
        r#""2026-01-02T03:04:05""#,
        "1767323045.5",
    ] {
        let task = report(Answer::json(
            200,
            format!(
                r#"{{"id":"t","agent_id":"a","organization_id":"o","input":{{}},"created_at":{created_at}}}"#
            ),
        ))
        .unwrap();
        assert_eq!(task.status, None);
        assert_eq!(task.created_at, created_at.trim_matches('"'));
    }
}

#[test]
fn statuses_and_values_that_are_not_known_yet_cost_nothing() {
    let task = report(Answer::json(
        200,
        r#"{"id":"t","agent_id":"a","organization_id":"o","input":{},"created_at":"x",
            "status":"hibernating","tokens":{"prompt_tokens":-5},"duration":"long","used_tools":null}"#,
    ))
    .unwrap();
    assert_eq!(task.status, Some(TaskStatus::Other("hibernating".into())));
    assert_eq!((task.tokens, task.duration), (None, None));
    assert_eq!(task.other["tokens"].get(), r#"{"prompt_tokens":-5}"#);
    assert_eq!(task.other["duration"].get(), r#""long""#);
}

#[test]
fn an_error_carries_the_status_and_the_servers_detail() {
    for code in [400, 401, 403, 404, 413, 500, 503] {
        let answer = Answer::json(code, r#"{"detail":"that was wrong"}"#);
        assert_eq!(status(answer), (code, "that was wrong".to_owned(), None));
    }
}

#[test]
fn a_list_of_details_is_shown_as_it_came() {
    let answer = Answer::json(
        422,
        r#"{"detail":[{"loc":["body","duration"],"msg":"bad"}]}"#,
    );
    let (code, detail, _) = status(answer);
    assert_eq!(code, 422);
    assert_eq!(detail, r#"[{"loc":["body","duration"],"msg":"bad"}]"#);
}

#[test]
fn an_error_without_a_detail_shows_the_start_of_its_body() {
    let long = "<html>".to_owned() + &"é".repeat(10_000);
    let (_, detail, _) = status(Answer::Http(502, vec![], long));
    assert!(
        detail.starts_with("<html>é") && detail.chars().count() < 2_000,
        "{detail}"
    );
}

#[test]
fn retry_after_is_read_and_not_believed_beyond_ten_minutes() {
    for (header, expected) in [
        ("7", Some(7)),
        ("86400", Some(600)),
        ("99999999999999999999", None),
        ("Tue, 31 Dec 2999 23:59:59 GMT", Some(600)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("soon", None),
    ] {
        let answer = Answer::json(429, "{}").header("retry-after", header);
        assert_eq!(status(answer).2, expected.map(Duration::from_secs));
    }
}

#[test]
fn a_redirect_is_not_followed_and_the_key_stays_here() {
    let elsewhere = Server::always(Answer::task());
    let answer = Answer::json(302, "").header("location", elsewhere.url());
    let (code, detail, _) = status(answer);
    assert_eq!(code, 302);
    assert!(detail.contains("is not followed"), "{detail}");
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn nonsense_with_a_good_status_is_an_undecodable_answer() {
    for body in [
        "<html>login</html>",
        "",
        "[]",
        "7",
        r#"{"id":"t"}"#,
        r#"{"id":"#,
    ] {
        match report(Answer::json(200, body)).unwrap_err() {
            Error::Decode(error) => assert_eq!(error.body, body),
            other => panic!("{body}: {other}"),
        }
    }
}

#[test]
fn a_missing_field_is_named() {
    let answer = Answer::json(
        200,
        r#"{"id":"t","agent_id":"a","input":{},"created_at":"x"}"#,
    );
    let error = report(answer).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("organization_id"), "{source}");
}

#[test]
fn broken_connections_and_broken_http_are_transport_errors() {
    for answer in [
        Answer::Hangup,
        Answer::Bytes("nonsense\r\n\r\n"),
        Answer::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":"),
    ] {
        match report(answer.clone()).unwrap_err() {
            Error::Transport(error) => assert!(!error.is_timeout, "{answer:?}"),
            other => panic!("{answer:?}: {other}"),
        }
    }
}

#[test]
fn no_answer_is_a_timeout() {
    match report(Answer::Silence).unwrap_err() {
        Error::Transport(error) => assert!(error.is_timeout, "{error}"),
        other => panic!("{other}"),
    }
}

#[test]
fn nobody_listening_is_a_transport_error_that_names_the_address() {
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = Client::new(config(format!("http://{address}")).build().unwrap());
    let error = client
        .report_external_task_blocking(&TaskReport::new())
        .unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(error.is_retryable());
}

#[test]
fn which_failures_are_worth_a_retry() {
    for code in [408, 425, 429, 500, 502, 503, 504, 302] {
        assert!(
            report(Answer::json(code, "{}")).unwrap_err().is_retryable(),
            "{code}"
        );
    }
    // Errors of the platform, which have a `detail`, and of other servers.
    let theirs = [
        "",
        "{}",
        "<html>404 page not found</html>",
        r#"{"error": "no"}"#,
    ];
    for code in [400, 401, 403, 404, 405, 407, 409, 421, 422, 423, 451, 499] {
        let answer = Answer::json(code, r#"{"detail": "no"}"#);
        assert!(!report(answer).unwrap_err().is_retryable(), "{code}");
        for body in theirs {
            let error = report(Answer::json(code, body)).unwrap_err();
            assert!(error.is_retryable(), "{code} {body}");
        }
    }
    for body in theirs {
        let error = report(Answer::json(413, body)).unwrap_err();
        assert!(!error.is_retryable(), "what is too large stays so: {body}");
    }
}

#[test]
fn the_key_is_in_no_error() {
    for answer in [
        Answer::Hangup,
        Answer::json(500, "{}"),
        Answer::json(200, "{}"),
        // A server may echo the key.
        Answer::json(400, r#"{"detail":"xp-test-key is no key"}"#),
        Answer::json(400, r#"{"detail":["xp-test-key"]}"#),
        Answer::json(500, "xp-test-key"),
        Answer::json(200, "xp-test-key"),
        Answer::json(302, "").header("location", "http://127.0.0.1:1/xp-test-key"),
    ] {
        let error = report(answer).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("xp-test-key"),
            "{error:?}"
        );
    }
}
