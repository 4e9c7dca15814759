//! Each kind of inner run, inside each kind of outer run.

use std::time::Duration;

use serde_json::Value;
use xpander_report::{Reporter, current_task, external_task};
use xpander_report_tests::config;
use xpander_report_tests::server::{Answer, Server};

use super::chat;

/// The row of each task in the history.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    input: String,
    tokens: Option<u64>,
    responses: usize,
}

fn rows(server: &Server) -> Vec<Row> {
    let requests = server.requests();
    let rows = requests.iter().map(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        Row {
            input: body["input"].as_str().unwrap().to_owned(),
            tokens: body["tokens"]["total_tokens"].as_u64(),
            responses: match &body["llm_response"] {
                Value::Null => 0,
                Value::Array(several) => several.len(),
                _ => 1,
            },
        }
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| a.input.cmp(&b.input));
    rows
}

/// The rows as text, such as `inner 10/1, outer -/0`: tokens, then responses.
fn table(server: &Server) -> String {
    let rows = rows(server).into_iter().map(|row| {
        let tokens = row
            .tokens
            .map_or("-".to_owned(), |tokens| tokens.to_string());
        format!("{} {tokens}/{}", row.input, row.responses)
    });
    rows.collect::<Vec<_>>().join(", ")
}

macro_rules! inner {
    ($($name:ident($($key:tt)*);)*) => {$(
        /// Calls a model, and returns its response.
        #[external_task($($key)*)]
        async fn $name(_call: &str) -> Value {
            chat("1", "Hello!")
        }
    )*};
}

inner! {
    own_task(reporter = reporter());
    rolled_up(reporter = reporter(), rollup);
    off(reporter = Reporter::disabled());
    excluded(reporter = reporter());
    sampled_out(reporter = reporter(), sample = 0.0);
    failures_only(reporter = reporter(), sample = 0.0, keep_failures);
}

thread_local! {
    static REPORTER: std::cell::RefCell<Option<Reporter>> = const { std::cell::RefCell::new(None) };
}

fn reporter() -> Reporter {
    REPORTER.with_borrow(|reporter| reporter.clone().unwrap())
}

async fn call(kind: &str) -> Value {
    match kind {
        "own task" => own_task("inner").await,
        "rollup" => rolled_up("inner").await,
        "off" => off("inner").await,
        "excluded" => excluded("inner").await,
        "sampled out" => sampled_out("inner").await,
        _ => failures_only("inner").await,
    }
}

#[external_task(reporter = reporter(), input = "outer")]
async fn returns_it(kind: &str) -> Value {
    call(kind).await
}

#[external_task(reporter = reporter(), input = "outer")]
async fn returns_a_text(kind: &str) -> String {
    let response = call(kind).await;
    response["choices"][0]["message"]["content"].to_string()
}

#[external_task(reporter = reporter(), input = "outer")]
async fn declares_it(kind: &str) {
    let response = call(kind).await;
    current_task().llm_response(&response);
}

#[external_task(reporter = reporter(), input = "outer")]
async fn fails(kind: &str) -> Result<Value, String> {
    call(kind).await;
    Err("the answer is no JSON".to_owned())
}

#[external_task(reporter = reporter(), input = "outer")]
async fn is_cancelled(kind: &str) {
    call(kind).await;
    std::future::pending().await
}

fn run(kind: &str, outer: &str) -> String {
    let server = Server::always(Answer::task());
    let builder = Reporter::builder()
        .config(config(server.url()))
        .except(["nested_runs::matrix::excluded"]);
    let reporter = builder.build().unwrap();
    REPORTER.set(Some(reporter.clone()));
    smol::block_on(async {
        match outer {
            "returns the response" => drop(returns_it(kind).await),
            "returns a text" => drop(returns_a_text(kind).await),
            "declares it again" => declares_it(kind).await,
            "fails" => drop(fails(kind).await),
            _ => drop(smol::future::poll_once(is_cancelled(kind)).await),
        }
    });
    let outcome = reporter.flush_blocking(Duration::from_secs(10));
    assert_eq!(outcome.pending, 0);
    table(&server)
}

/// Checks five outer runs: they return the response, return a text, declare the response, fail, or are cancelled.
fn check(kind: &str, expected: [&str; 5]) {
    let outer = [
        "returns the response",
        "returns a text",
        "declares it again",
        "fails",
        "is cancelled",
    ];
    for (outer, expected) in outer.into_iter().zip(expected) {
        assert_eq!(run(kind, outer), expected, "{kind}, {outer}");
    }
}

#[test]
fn a_task_of_its_own_counts_its_response_and_the_outer_one_does_not() {
    check("own task", ["inner 10/1, outer -/0"; 5]);
}

#[test]
fn a_run_that_is_rolled_up_counts_in_the_outer_one() {
    check("rollup", ["outer 10/1"; 5]);
}

#[test]
fn a_run_that_nobody_takes_leaves_its_response_to_who_hands_it_over() {
    let unseen = "outer -/0";
    let seen = "outer 10/1";
    for kind in ["off", "excluded", "sampled out"] {
        check(kind, [seen, unseen, seen, unseen, unseen]);
    }
}

#[test]
fn a_run_that_is_reported_only_if_it_fails_counts_in_the_outer_one_otherwise() {
    check("failures only", ["outer 10/1"; 5]);
}
