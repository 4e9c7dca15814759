//! The requests of the official Python SDK, and the fields that it requires in answers.

use serde_json::Value;
use xpander_report_local::LocalPlatform;

use super::{Answer, send};

/// A request with the headers that the SDK's HTTP client adds.
pub(crate) fn sdk(platform: &LocalPlatform, method: &str, path: &str, body: &str) -> Answer {
    let host = platform.address().to_string();
    let mut headers = vec![
        ("Host", host.as_str()),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", "python-httpx/0.28.1"),
        ("x-api-key", "xp-key"),
    ];
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    send(
        platform,
        &format!("{method} {path}"),
        &headers,
        body.as_bytes(),
    )
}

/// A task as the SDK's model requires it.
#[track_caller]
pub(crate) fn task(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let task = answer.json();
    for field in [
        "id",
        "agent_id",
        "organization_id",
        "created_at",
        "source",
        "status",
    ] {
        assert!(task[field].is_string(), "{field} of {task}");
    }
    assert!(
        task["input"].is_object() && task["input"]["files"].is_array(),
        "{task}"
    );
    assert!(task["background_auth_eligible"].is_boolean(), "{task}");
    assert_eq!(task.get("configuration"), None);
    task
}

pub(crate) const NOTHING: &str = r#"{"id":null,"input":null,"llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#;

pub(crate) fn report(id: &str, result: &str) -> String {
    format!(
        r#"{{"id":"{id}","input":"question","llm_response":null,"tokens":null,"is_success":true,"result":"{result}","duration":0.0,"used_tools":[]}}"#
    )
}
