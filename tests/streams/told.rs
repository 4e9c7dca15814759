//! Events → their content, and the response that they form.

use serde_json::{Map, Value, json};
use xpander_report::{ProviderResponse, TaskReport, external_task};
use xpander_report_tests::record;

/// The content of a recording, without absent fields. Tokens are those of the prompt, of the completion, read from the
/// cache and written to it.
pub fn told(recording: impl AsRef<[u8]>) -> Option<Value> {
    let response = ProviderResponse::read_stream(recording.as_ref())?;
    let tokens = response.tokens.map(|tokens| {
        json!([
            tokens.prompt_tokens,
            tokens.completion_tokens,
            tokens.cache_read_tokens,
            tokens.cache_write_tokens,
        ])
    });
    let tools = Some(response.used_tools).filter(|tools| !tools.is_empty());
    let fields = [
        ("shape", Some(response.shape.name().into())),
        ("id", response.id.map(Value::from)),
        ("model", response.model.map(Value::from)),
        ("text", response.result.map(Value::from)),
        ("tokens", tokens),
        ("tools", tools.map(Value::from)),
        ("finish", response.finish_reason.map(Value::from)),
        ("failure", response.failure.map(Value::from)),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Some(fields.collect::<Map<_, _>>().into())
}

/// The text so far.
pub fn text(recording: impl AsRef<[u8]>) -> String {
    let response = ProviderResponse::read_stream(recording.as_ref());
    response
        .and_then(|response| response.result)
        .unwrap_or_default()
}

/// The events, one a line.
pub fn events(stream: &str) -> Vec<&str> {
    stream
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

pub fn server_sent(stream: &str) -> String {
    let data = events(stream)
        .into_iter()
        .map(|event| format!("data: {event}\n\n"));
    data.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

pub fn list(stream: &str) -> String {
    format!("[{}]", events(stream).join("\n,\r\n"))
}

/// The same stream in each textual form of recording.
pub fn recordings(stream: &str) -> Vec<String> {
    let events = events(stream);
    let lines = server_sent(stream);
    let pretty = |event: &str| {
        let event = serde_json::from_str::<Value>(event).expect("JSON");
        let event = serde_json::to_string_pretty(&event).expect("JSON");
        event.replace('\n', "\r\ndata:")
    };
    let pretty = events
        .iter()
        .map(|event| format!("event: any\r\nid: 7\r\ndata:{}\r\n\r\n", pretty(event)));
    let crowded = events.iter().map(|event| format!("data: {event}\n"));
    let mut recordings = vec![
        lines.replace('\n', "\r\n"),
        lines.replace('\n', "\r"),
        lines.trim_end().to_owned(),
        format!("\u{feff}: PROCESSING\n\nretry: 3000\n\n{lines}"),
        pretty.collect(),
        crowded.collect(),
        list(stream),
        lines,
    ];
    // A single line is not a stream of lines.
    if events.len() > 1 {
        recordings.push(events.join("\n"));
        recordings.push(events.join("\r\n") + "\r\n\r\n");
    }
    recordings
}

/// The report of a run that returns the events one by one.
pub fn returned(stream: &str) -> TaskReport {
    #[external_task]
    fn run(events: Vec<Value>) -> impl Iterator<Item = Value> {
        events.into_iter()
    }
    let events = events(stream).into_iter();
    let events = events.map(|event| serde_json::from_str(event).expect("JSON"));
    record(|| run(events.collect()).for_each(drop))
}

/// The stream has exactly this content in every recording.
#[track_caller]
pub fn expect(stream: &str, expected: Value) {
    for recording in recordings(stream) {
        assert_eq!(told(&recording).as_ref(), Some(&expected), "{recording}");
    }
}

/// It is also reported as this response.
#[track_caller]
pub fn expect_response(stream: &str, expected: Value, response: Value) {
    let report = returned(stream);
    let made = report.llm_response.expect("it is recognised when returned");
    let made = serde_json::from_str::<Value>(made.get()).expect("JSON");
    assert_eq!(made, response);
    expect(stream, expected);
}
