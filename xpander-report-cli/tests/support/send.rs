use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use xpander_report_local::{LocalPlatform, TaskRecord};
use xpander_report_tests::server::{Answer, Server};

use super::{KEY, Said, run, run_with_input};

pub(crate) const RESPONSE: &str = r#"{"id": "msg_1", "model": "claude-opus-4-6", "stop_reason": "tool_use",
    "content": [{"type": "text", "text": "Hello!"}, {"type": "tool_use", "id": "1", "name": "search", "input": {}}],
    "usage": {"input_tokens": 12, "output_tokens": 6, "cache_read_input_tokens": 3}}"#;

pub(crate) fn variables(url: &str) -> [(&str, &str); 3] {
    [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_AGENT_ID", "agent-123"),
    ]
}

pub(crate) fn send(url: &str, arguments: &[&str]) -> Said {
    run(&[&["send"], arguments].concat(), &variables(url))
}

pub(crate) fn send_input(url: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> Said {
    run_with_input(&[&["send"], arguments].concat(), &variables(url), input)
}

/// The one task that arrived.
pub(crate) fn only(platform: &LocalPlatform) -> TaskRecord {
    let [task] = <[_; 1]>::try_from(platform.tasks().unwrap()).expect("one task");
    task
}

/// The body of the only request that the arguments cause.
pub(crate) fn body(arguments: &[&str]) -> Value {
    let server = Server::always(Answer::task());
    send(&server.url(), arguments).ends_with(0);
    let [request] = <[_; 1]>::try_from(server.requests()).expect("one request");
    serde_json::from_str(&request.body).unwrap()
}

pub(crate) fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
