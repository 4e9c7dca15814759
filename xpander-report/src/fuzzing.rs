//! What the targets in `fuzz/` call. Only a build with `--cfg xpander_fuzzing` has it.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};

use super::platform::api;
use super::spool;
use crate::platform::error::Error;
use crate::report::agent::Agent;
use crate::report::task::Task;

/// Takes in a segment and its acks that another process left behind: lines, of which those that begin with a `+`
/// are the texts of records, the others bytes as they are.
pub fn adopt(segment: &[u8], acks: &[u8]) {
    spool::fuzzing::adopt(segment, acks);
}

/// Takes what a server says to be the platform's answer.
pub fn answer(status: u16, header: &[u8], body: &[u8], key: &str) {
    const LONGEST: Duration = Duration::from_secs(600);
    let Ok(status) = StatusCode::from_u16(status) else {
        return;
    };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        headers.insert(RETRY_AFTER, value.clone());
        headers.insert(LOCATION, value);
    }
    let check = |error: &Error| {
        let text = format!("{error:?} {}", error.with_sources());
        assert!(!text.contains(key), "the key is in an error: {text}");
        assert!(error.retry_after().is_none_or(|wait| wait <= LONGEST));
    };
    match api::answer(status, &headers, body.to_vec(), key.into()) {
        Err(error) => check(&error),
        Ok(answer) => {
            let (task, agent) = (answer.decode::<Task>(), answer.decode::<Agent>());
            for error in [
                task.as_ref().err(),
                agent.as_ref().err(),
                answer.check().as_ref().err(),
            ] {
                error.into_iter().for_each(check);
            }
        }
    }
}
