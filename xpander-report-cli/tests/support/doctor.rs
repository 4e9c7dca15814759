use xpander_report_tests::server::{Answer, Server};

use super::{KEY, Said, run};

pub(crate) const ALL_RIGHT: &str = "Nothing is wrong.";

pub(crate) fn variables<'a>(url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", KEY),
        ("XPANDER_AGENT_ID", "agent-123"),
    ];
    // If a variable is set twice, the later value counts.
    [&usual, more].concat()
}

pub(crate) fn doctor(url: &str, more: &[(&str, &str)]) -> Said {
    run(&["doctor"], &variables(url, more))
}

pub(crate) fn agent() -> Answer {
    Answer::json(
        200,
        r#"{"id": "agent-123", "name": "Sums", "organization_id": "org-1"}"#,
    )
}

/// The output for a server with this answer.
pub(crate) fn of(answer: Answer) -> Said {
    let server = Server::start(move |_, request| match request.line.as_str() {
        "HEAD /" => Answer::json(200, ""),
        "GET /agents/agent-123" => answer.clone(),
        line => Answer::json(500, format!("doctor asked for {line}")),
    });
    doctor(&server.url(), &[])
}
