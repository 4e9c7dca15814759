//! Recorded requests of the official Python SDK get the recorded answers. `tests/sdk/run.sh` records it.

use crate::support::platform;
use crate::support::sdk::sdk;
use serde::Deserialize;

const RECORDED: &str = include_str!("support/sdk.jsonl");

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    body: String,
    status: u16,
    id: Option<String>,
    fields: Option<Vec<String>>,
    length: Option<usize>,
}

#[test]
fn what_the_sdk_once_sent_is_answered_as_it_was() {
    let platform = platform();
    // The ids of the recorded answers, and the new ones.
    let mut ids: Vec<(String, String)> = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let mut request: Recorded = serde_json::from_str(line).unwrap();
        for (then, now) in &ids {
            request.path = request.path.replace(then, now);
            request.body = request.body.replace(then, now);
        }
        let answer = sdk(&platform, &request.method, &request.path, &request.body);
        assert_eq!(answer.status, request.status, "{line}: {}", answer.body);
        if let Some(fields) = request.fields {
            let answer = answer.json();
            let mut now: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
            now.sort();
            assert_eq!(now, fields, "{line}");
            if let (Some(then), Some(now)) = (request.id, answer["id"].as_str()) {
                ids.push((then, now.to_owned()));
            }
        }
        if let Some(length) = request.length {
            assert_eq!(
                answer.json().as_array().map(Vec::len),
                Some(length),
                "{line}"
            );
        }
        count += 1;
    }
    assert!(count > 40, "{count}");
}
