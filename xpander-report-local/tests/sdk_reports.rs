//! Reports and their addresses, as the official Python SDK sends them.

use crate::support::platform;
use crate::support::sdk::{NOTHING, sdk, task};
use serde_json::json;

#[test]
fn a_report_with_every_parameter() {
    let platform = platform();
    let body = r#"{"id":"nightly-7","input":"Sort the mail","llm_response":{"id":"resp-7","choices":[{"index":0,"message":{"role":"assistant","content":"Sorted"}}]},"tokens":{"completion_tokens":21,"prompt_tokens":340,"cache_read_tokens":300,"cache_write_tokens":12,"total_tokens":361},"is_success":true,"result":"Sorted","duration":1.25,"used_tools":["read_mail","move_mail"]}"#;
    let answer = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/mailer/report_task",
        body,
    ));
    assert_eq!(answer["input"]["text"], "Sort the mail");
    assert_eq!(answer["tokens"]["total_tokens"], 361);
    assert_eq!(answer["tokens"]["cache_read_tokens"], 300);
    assert_eq!(answer["used_tools"], json!(["read_mail", "move_mail"]));
    assert_eq!(answer["duration"], 1.25);
    assert_eq!(answer["status"], "completed");
}

#[test]
fn a_report_without_parameters_and_one_with_all_nulls() {
    let platform = platform();
    let nulls = r#"{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":null,"result":null,"duration":null,"used_tools":null}"#;
    for body in [NOTHING, nulls] {
        let answer = task(&sdk(
            &platform,
            "POST",
            "/agent-execution/a/report_task",
            body,
        ));
        assert_eq!(answer["status"], "completed");
        assert_eq!(answer["used_tools"], json!([]));
    }
    assert_eq!(platform.tasks().unwrap().len(), 2);
}

#[test]
fn numbers_of_every_size() {
    let platform = platform();
    for duration in ["1e+22", "1e-07", "0.30000000000000004", "3.0", "null"] {
        let body = NOTHING.replace("0.0", duration);
        let answer = task(&sdk(
            &platform,
            "POST",
            "/agent-execution/a/report_task",
            &body,
        ));
        assert_eq!(
            answer["duration"].as_f64(),
            duration.parse().ok(),
            "{duration}"
        );
    }
    let tokens = r#"{"completion_tokens":1180591620717411303424,"prompt_tokens":-5,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":1180591620717411303419}"#;
    let body = NOTHING.replace(r#""tokens":null"#, &format!(r#""tokens":{tokens}"#));
    let answer = task(&sdk(
        &platform,
        "POST",
        "/agent-execution/a/report_task",
        &body,
    ));
    assert_eq!(answer["tokens"]["prompt_tokens"], -5);
}

#[test]
fn an_organization_and_a_mount_in_front() {
    let platform = platform();
    for (path, organization) in [
        ("/agent-execution/a/report_task", "local"),
        ("//org-1/agent-execution/a/report_task", "org-1"),
        (
            "/agent-controller/org-1/agent-execution/a/report_task",
            "org-1",
        ),
        (
            "/agent-controller//org-1/agent-execution/a/report_task",
            "org-1",
        ),
        (
            "/agent-controller/None/agent-execution/a/report_task",
            "None",
        ),
        ("/agent-execution/None/report_task", "local"),
    ] {
        let answer = task(&sdk(&platform, "POST", path, NOTHING));
        assert_eq!(answer["organization_id"], organization, "{path}");
    }
}

#[test]
fn an_id_that_the_sdk_does_not_encode_is_no_task_of_another_agent() {
    // `a/b c?d` as an agent's id becomes this path and query.
    let platform = platform();
    let answer = sdk(
        &platform,
        "POST",
        "/agent-execution/a/b%20c?d/report_task",
        NOTHING,
    );
    answer.detail(404);
    assert_eq!(platform.tasks().unwrap(), []);
}
