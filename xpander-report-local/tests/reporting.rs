//! A report becomes a task that can be read back.

use crate::support::{get, platform, post, report};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use xpander_report_local::TaskStatus;

#[test]
fn a_report_is_answered_with_its_task() {
    let platform = platform();
    let before = Timestamp::now();
    let task = report(
        &platform,
        r#"{"id":"job-1","input":"Summarise","llm_response":{"id":"r"},"tokens":{"completion_tokens":380,
           "prompt_tokens":2140,"cache_read_tokens":10,"cache_write_tokens":20,"total_tokens":1},
           "is_success":true,"result":"Grew","duration":4.7,"used_tools":["search","fetch"]}"#,
    );
    let after = Timestamp::now();

    assert_eq!(task["id"], "job-1");
    assert_eq!(task["agent_id"], "a");
    assert_eq!(task["organization_id"], "local");
    let input = json!({"text": "Summarise", "files": [], "attachments": [], "user": null, "principal": null});
    assert_eq!(task["input"], input);
    assert_eq!(task["status"], "completed");
    assert_eq!(task["result"], "Grew");
    assert_eq!(task["duration"], 4.7);
    assert_eq!(task["used_tools"], json!(["search", "fetch"]));
    let tokens = json!({"completion_tokens": 380, "prompt_tokens": 2140, "cache_read_tokens": 10,
                        "cache_write_tokens": 20, "total_tokens": 2520});
    assert_eq!(task["tokens"], tokens);
    assert_eq!(task["source"], "sdk");
    assert_eq!(task["background_auth_eligible"], false);
    assert!(task.get("configuration").is_none());

    let time = |field: &str| task[field].as_str().unwrap().parse::<Timestamp>().unwrap();
    let created = time("created_at");
    // Times are kept to the microsecond.
    assert!(before - SignedDuration::from_micros(1) <= created && created <= after);
    assert_eq!(
        (time("updated_at"), time("finished_at")),
        (created, created)
    );
    assert_eq!(
        created.duration_since(time("started_at")),
        SignedDuration::from_millis(4700)
    );
}

#[test]
fn the_status_is_the_same_task() {
    let platform = platform();
    let task = report(&platform, r#"{"id":"job-1","input":"in"}"#);
    let status = get(&platform, "/agent-execution/job-1/status");
    assert_eq!((status.status, status.json()), (200, task));

    let missing = get(&platform, "/agent-execution/job-2/status");
    assert!(missing.detail(404).as_str().unwrap().contains("job-2"));
}

#[test]
fn a_report_without_an_id_gets_one() {
    let platform = platform();
    for body in [r"{}", r#"{"id":null}"#, r#"{"id":""}"#] {
        let id = report(&platform, body)["id"].as_str().unwrap().to_owned();
        assert_eq!((id.len(), &id[14..15]), (36, "7"), "{body} made {id}");
    }
    assert_eq!(platform.tasks().unwrap().len(), 3);
}

#[test]
fn an_empty_report_is_a_completed_task() {
    let platform = platform();
    let task = report(&platform, "{}");
    assert_eq!(task["status"], "completed");
    assert_eq!(task["input"]["text"], json!(null));
    for field in ["result", "duration", "tokens"] {
        assert_eq!(task[field], json!(null), "{field}");
    }
    assert_eq!(task["used_tools"], json!([]));
}

#[test]
fn a_failure_is_a_failed_task_with_its_reason() {
    let platform = platform();
    let task = report(
        &platform,
        r#"{"is_success":false,"result":"429 Too Many Requests"}"#,
    );
    assert_eq!(task["status"], "failed");
    assert_eq!(task["result"], "429 Too Many Requests");
}

#[test]
fn unknown_fields_are_ignored() {
    let platform = platform();
    let task = report(
        &platform,
        r#"{"result":"x","model":{"name":["y"]},"created_at":"1999-01-01"}"#,
    );
    assert_eq!(task["result"], "x");
    assert_ne!(&task["created_at"].as_str().unwrap()[..4], "1999");
}

#[test]
fn the_raw_response_is_kept_byte_for_byte() {
    let platform = platform();
    let response =
        r#"{ "z": 1180591620717411303424, "a" : [1.10, 1e2, -0], "é":"\u00e9\n" , "m":null }"#;
    report(
        &platform,
        &format!(r#"{{"id":"t","llm_response": {response} }}"#),
    );
    assert_eq!(
        platform.task("t").unwrap().unwrap().llm_response.as_deref(),
        Some(response)
    );
    assert_eq!(
        platform.tasks().unwrap()[0].llm_response.as_deref(),
        Some(response)
    );
    assert_eq!(get(&platform, "/tasks/t/response").body, response);

    for scalar in ["\"text\"", "false", "0", "[]"] {
        report(
            &platform,
            &format!(r#"{{"id":"t","llm_response":{scalar}}}"#),
        );
        assert_eq!(
            platform.task("t").unwrap().unwrap().llm_response.as_deref(),
            Some(scalar)
        );
    }
}

#[test]
fn missing_token_counts_are_zero_and_wild_ones_are_accepted() {
    let platform = platform();
    let task = report(
        &platform,
        r#"{"tokens":{"completion_tokens":null,"prompt_tokens":7}}"#,
    );
    let tokens = json!({"completion_tokens": 0, "prompt_tokens": 7, "cache_read_tokens": 0,
                        "cache_write_tokens": 0, "total_tokens": 7});
    assert_eq!(task["tokens"], tokens);

    let wild = r#"{"tokens":{"completion_tokens":1180591620717411303424,"prompt_tokens":5,
                   "cache_read_tokens":-1180591620717411303424,"cache_write_tokens":3.0}}"#;
    let tokens = report(&platform, wild)["tokens"].clone();
    assert_eq!(tokens["completion_tokens"], i64::MAX);
    assert_eq!(tokens["total_tokens"], i64::MAX);
    assert_eq!(tokens["cache_read_tokens"], i64::MIN);
    assert_eq!(tokens["cache_write_tokens"], 3);
    // Sums over such counts must not break the page either.
    report(&platform, wild);
    assert_eq!(get(&platform, "/").status, 200);
}

#[test]
fn any_duration_is_survived() {
    let platform = platform();
    for duration in [
        "3",
        "1e-07",
        "0.1",
        "-5.5",
        "1e300",
        "1180591620717411303424",
    ] {
        report(
            &platform,
            &format!(r#"{{"id":"{duration}","duration":{duration}}}"#),
        );
        assert_eq!(
            platform.task(duration).unwrap().unwrap().duration,
            duration.parse().ok()
        );
        assert_eq!(get(&platform, &format!("/tasks/{duration}")).status, 200);
    }
    assert_eq!(get(&platform, "/").status, 200);
}

#[test]
fn records_are_read_newest_first() {
    let platform = platform();
    post(
        &platform,
        "/agent-execution/a/report_task",
        r#"{"id":"1","is_success":false}"#,
    );
    post(
        &platform,
        "/org-1/agent-execution/b/report_task",
        r#"{"id":"2","used_tools":["x"]}"#,
    );
    report(&platform, r#"{"id":"1"}"#);

    let tasks = platform.tasks().unwrap();
    let ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["2", "1"]);
    assert_eq!(tasks[0].organization_id, "org-1");
    assert_eq!(tasks[0].agent_id, "b");
    assert_eq!(tasks[0].used_tools, ["x"]);
    assert_eq!(tasks[1].status, TaskStatus::Completed);
    assert_eq!(platform.task("3").unwrap(), None);
}
