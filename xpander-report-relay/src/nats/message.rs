//! Reports as messages.

use std::time::{SystemTime, UNIX_EPOCH};

use async_nats::HeaderMap;
use async_nats::jetstream::message::PublishMessage;
use axum::body::Bytes;
use serde::{Deserialize, Serialize};

/// What a message says of itself, as JSON in this header.
const HEAD: &str = "Xpander-Report";
/// What a dead letter says besides.
const REFUSAL: &str = "Xpander-Dead-Letter";
/// The longest reason of a dead letter, in characters.
const MAX_REASON: usize = 1_000;

/// Which report a message is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) agent: String,
    pub(super) task: String,
    /// Where it stands among those of its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<String>,
    /// Of a parked report: when it was accepted, in seconds since 1970. Others have the server's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) accepted_at: Option<u64>,
    /// Of a parked report: its place in the order of all reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<(u64, u64)>,
}

/// Why a report is a dead letter, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) reason: String,
    /// In seconds since 1970.
    pub(super) refused_at: u64,
}

impl Head {
    pub(super) fn of(headers: Option<&HeaderMap>) -> Option<Self> {
        read(headers, HEAD)
    }
}

impl Refusal {
    pub(super) fn new(reason: &str, refused_at: u64) -> Self {
        Self {
            reason: reason.chars().take(MAX_REASON).collect(),
            refused_at,
        }
    }

    pub(super) fn of(headers: Option<&HeaderMap>) -> Option<Self> {
        read(headers, REFUSAL)
    }
}

fn read<T: for<'a> Deserialize<'a>>(headers: Option<&HeaderMap>, name: &str) -> Option<T> {
    let value = headers?.get(name)?;
    serde_json::from_str(value.as_str()).ok()
}

/// A message that the server stores once, however often it is sent with this id.
pub(super) fn message(head: Option<&Head>, id: &str, payload: &Bytes) -> PublishMessage {
    let message = PublishMessage::build()
        .payload(payload.clone())
        .message_id(id);
    match head.map(serde_json::to_string) {
        Some(Ok(head)) => message.header(HEAD, head.as_str()),
        // A text is always JSON.
        Some(Err(_)) | None => message,
    }
}

/// A dead letter.
pub(super) fn letter(
    head: Option<&Head>,
    refusal: &Refusal,
    id: &str,
    payload: &Bytes,
) -> PublishMessage {
    let message = message(head, id, payload);
    match serde_json::to_string(refusal) {
        Ok(refusal) => message.header(REFUSAL, refusal.as_str()),
        Err(_) => message,
    }
}

/// Where the forwarder is asked to delete the data of a task.
pub(super) const PURGE_SUBJECT: &str = "xpander.relay.purge";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Purge {
    pub(super) task: String,
}

/// The time as messages carry it, in seconds since 1970.
pub(super) fn seconds_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_kind_come_back_as_they_were() {
        for id in [
            "plain",
            "with space ",
            "two\nlines\r\n",
            "grün ☂",
            "\"}",
            "\0",
        ] {
            let head = Head {
                agent: id.to_owned(),
                task: id.to_owned(),
                ..Head::default()
            };
            let mut headers = HeaderMap::new();
            let json = serde_json::to_string(&head).expect("JSON");
            headers.insert(HEAD, json.as_str());
            assert_eq!(Head::of(Some(&headers)), Some(head));
        }
        assert_eq!(Head::of(None), None);
        assert_eq!(Head::of(Some(&HeaderMap::new())), None);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let refusal = Refusal::new(&"ü".repeat(5_000), 7);
        assert_eq!(refusal.reason.chars().count(), MAX_REASON);
    }
}
