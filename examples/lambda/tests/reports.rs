//! The platform's task of each invocation at the time when Lambda freezes the function.

#[path = "support/line.rs"]
mod line;
#[path = "support/process.rs"]
mod process;
#[path = "support/runtime_api.rs"]
mod runtime_api;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xpander_report_examples::model::{CONTEXT_WINDOW, ModelEndpoint};
use xpander_report_local::{LocalPlatform, TaskRecord, TaskStatus};

use line::{Line, State};
use sandbox::{AMPLE, Sandbox};

const FUNCTION: &str = env!("CARGO_BIN_EXE_example-lambda");

/// The function, and the services that it calls.
struct Set {
    sandbox: Sandbox,
    platform: LocalPlatform,
    line: Line,
    _model: ModelEndpoint,
}

impl Set {
    async fn up(program: &str) -> Self {
        Self::up_with(program, &[]).await
    }

    async fn up_with(program: &str, environment: &[(&str, &str)]) -> Self {
        let platform = LocalPlatform::builder().port(0).start().unwrap();
        let line = Line::to(platform.address()).await;
        let model = ModelEndpoint::start().await.unwrap();
        let mut variables = process::environment(&model, line.url());
        for (name, value) in environment {
            variables.push((name, (*value).to_owned()));
        }
        Self {
            sandbox: Sandbox::start(program, &variables).await,
            platform,
            line,
            _model: model,
        }
    }

    /// The answer to a question, and the platform's task when the function is frozen.
    async fn ask(&mut self, request_id: &str, question: &str) -> (Value, TaskRecord) {
        let event = json!({"question": question});
        let answer = self.sandbox.invoke(request_id, AMPLE, event).await;
        (answer.body, self.task(request_id))
    }

    fn task(&self, request_id: &str) -> TaskRecord {
        let task = self.platform.task(request_id).unwrap();
        task.expect("the report has arrived before the freeze")
    }
}

fn too_long() -> String {
    "word ".repeat(2 * CONTEXT_WINDOW as usize)
}

#[tokio::test]
async fn every_report_has_arrived_before_its_freeze() {
    let mut set = Set::up(FUNCTION).await;
    for number in 0..20 {
        let id = format!("request-{number}");
        let question = format!("It rains {number} days a month here.");
        let (answer, task) = set.ask(&id, &question).await;

        assert_eq!(task.status, TaskStatus::Completed);
        assert_eq!(task.agent_id, "lambda");
        assert_eq!(task.input.as_ref(), Some(&question));
        assert_eq!(answer, json!({"answer": task.result.unwrap()}));
        let response: Value = serde_json::from_str(&task.llm_response.unwrap()).unwrap();
        let tokens = task.tokens.unwrap();
        assert_eq!(response["usage"]["prompt_tokens"], tokens.prompt_tokens);
        assert_eq!(
            response["usage"]["completion_tokens"],
            tokens.completion_tokens
        );
        assert_eq!(set.platform.revisions(&id).unwrap().len(), 1);
    }
    assert_eq!(set.platform.tasks().unwrap().len(), 20);
}

#[tokio::test]
async fn an_invocation_that_fails_is_a_failed_task_and_a_retry_updates_it() {
    let mut set = Set::up(FUNCTION).await;
    let event = json!({"question": too_long()});
    let answer = set.sandbox.invoke("request-1", AMPLE, event).await;
    assert!(answer.is_error);
    let task = set.task("request-1");
    assert_eq!(task.status, TaskStatus::Failed);
    let reason = task.result.unwrap();
    assert!(reason.contains("maximum context length"), "{reason}");
    assert_eq!(answer.body["errorMessage"], reason);

    let (answer, task) = set.ask("request-1", "Does it rain?").await;
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(answer["answer"], task.result.unwrap());
    assert_eq!(set.platform.tasks().unwrap().len(), 1);
    assert_eq!(set.platform.revisions("request-1").unwrap().len(), 2);
}

#[tokio::test]
async fn a_handler_that_panics_is_a_failed_task_and_the_function_goes_on() {
    let mut set = Set::up(env!("CARGO_BIN_EXE_lambda-that-panics")).await;
    let event = json!({"question": ""});
    let answer = set.sandbox.invoke("request-1", AMPLE, event).await;
    assert!(answer.is_error);
    let said = answer.body["errorMessage"].as_str().unwrap();
    assert!(said.starts_with("Lambda panicked: "), "{said}");
    let task = set.task("request-1");
    assert_eq!(task.status, TaskStatus::Failed);
    let result = task.result.unwrap();
    assert!(result.starts_with("panicked"), "{result}");

    let (answer, task) = set.ask("request-2", "Does it rain?").await;
    assert_eq!(answer, json!({"answer": "Does"}));
    assert_eq!(task.status, TaskStatus::Completed);
}

/// Long enough for a report to arrive before its end.
const SHORT: Duration = Duration::from_secs(2);

const LATE: &str = env!("CARGO_BIN_EXE_lambda-that-is-late");

#[tokio::test]
async fn an_invocation_that_is_killed_at_its_deadline_is_a_failed_task_that_says_so() {
    for way in ["block", "wait"] {
        let mut set = Set::up(LATE).await;
        let event = json!({"question": format!("{way} 60000")});
        set.sandbox.invoke_and_kill("request-1", SHORT, event).await;
        let task = set.task("request-1");
        assert_eq!(task.status, TaskStatus::Failed, "{way}");
        assert_eq!(task.result.as_deref(), Some("deadline"), "{way}");
        assert_eq!(task.input, Some(format!("{way} 60000")));
        let duration = task.duration.unwrap();
        assert!((1.0..2.0).contains(&duration), "{way}: {duration}");
    }
}

#[tokio::test]
async fn an_invocation_that_answers_just_before_its_deadline_is_no_failure() {
    let mut set = Set::up(LATE).await;
    let event = json!({"question": "block -250"});
    let answer = set.sandbox.invoke("request-1", SHORT, event).await;
    assert_eq!(answer.body, json!({"answer": "42"}));
    let event = json!({"question": "wait -1900"});
    set.sandbox.invoke("request-2", SHORT, event).await;
    let task = set.task("request-1");
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(task.result.as_deref(), Some("42"));
    assert_eq!(set.platform.revisions("request-1").unwrap().len(), 2);
}

#[tokio::test]
async fn a_platform_that_does_not_answer_holds_no_response_beyond_its_deadline() {
    let mut set = Set::up(FUNCTION).await;
    set.ask("request-1", "Does it rain?").await;
    set.line.set(State::Silent);
    // The sandbox checks the deadline.
    let event = json!({"question": "Does it snow?"});
    let time = Duration::from_secs(2);
    let answer = set.sandbox.invoke("request-2", time, event).await;
    assert!(!answer.is_error);
    assert_eq!(set.platform.task("request-2").unwrap(), None);

    set.line.set(State::Open);
    set.ask("request-3", "Does it hail?").await;
    assert_eq!(set.task("request-2").status, TaskStatus::Completed);
}

#[tokio::test]
async fn a_platform_that_does_not_answer_holds_no_response_for_long() {
    let mut set = Set::up(FUNCTION).await;
    set.line.set(State::Silent);
    let started = Instant::now();
    let event = json!({"question": "Does it snow?"});
    let time = Duration::from_secs(15 * 60);
    let answer = set.sandbox.invoke("request-1", time, event).await;
    assert!(!answer.is_error);
    let held = answer.at - started;
    assert!(held > Duration::from_secs(2), "{held:?}");
    assert!(held < Duration::from_secs(30), "{held:?}");
}

#[tokio::test]
async fn a_report_that_finds_no_platform_arrives_by_the_next_freeze() {
    let mut set = Set::up(FUNCTION).await;
    set.line.set(State::Closed);
    let event = json!({"question": "Does it snow?"});
    let answer = set.sandbox.invoke("request-1", AMPLE, event).await;
    assert!(!answer.is_error);
    assert_eq!(set.platform.task("request-1").unwrap(), None);

    set.line.set(State::Open);
    set.ask("request-2", "Does it rain?").await;
    let task = set.task("request-1");
    assert_eq!(task.status, TaskStatus::Completed);
    assert_eq!(task.input.as_deref(), Some("Does it snow?"));
}

#[tokio::test]
async fn connections_that_end_during_a_freeze_cost_no_report() {
    let mut set = Set::up(FUNCTION).await;
    for (number, end) in [State::Closed, State::Reset].into_iter().enumerate() {
        set.ask(&format!("before-{number}"), "Does it rain?").await;
        set.line.cut(end).await;
        let id = format!("after-{number}");
        let (_, task) = set.ask(&id, "Does it snow?").await;
        assert_eq!(task.status, TaskStatus::Completed);
        assert_eq!(set.platform.revisions(&id).unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_event_that_asks_nothing_is_an_error_without_a_task() {
    let mut set = Set::up(FUNCTION).await;
    for event in [json!({}), json!([]), json!({"question": 7})] {
        let answer = set.sandbox.invoke("request-1", AMPLE, event).await;
        assert!(answer.is_error, "{answer:?}");
    }
    assert_eq!(set.platform.tasks().unwrap(), []);
    set.ask("request-2", "Does it rain?").await;
}

#[tokio::test]
async fn without_reports_it_answers_all_the_same() {
    let off = [("XPANDER_REPORT_DISABLED", "true")];
    let half = [("XPANDER_API_KEY", "")];
    for environment in [off, half] {
        let mut set = Set::up_with(FUNCTION, &environment).await;
        let event = json!({"question": "Does it rain?"});
        let answer = set.sandbox.invoke("request-1", AMPLE, event).await;
        assert_eq!(answer.body, json!({"answer": "Does it rain?"}));
        assert_eq!(set.platform.tasks().unwrap(), []);
    }
}
