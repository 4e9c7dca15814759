//! A stream's whole body, as it was recorded: which way of streaming it is, its first bytes say.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::reader::StreamReader;
use super::{event_stream, server_sent};
use crate::provider::answer::answer;
use crate::provider::document::BYTE_ORDER_MARK;
use crate::provider::response::ProviderResponse;
use crate::provider::tape::Tape;
use crate::provider::vocabulary;

/// What a response says, and its JSON.
type Read = (ProviderResponse, String);

/// Whether the recording is that of a stream whose end has come, for those who mark it.
pub(crate) fn has_end(recording: &[u8]) -> bool {
    recording.trim_ascii_end().ends_with(b"[DONE]")
}

/// Reads the body of a provider's answer, streamed or not, as far as it came: what it says, and the one
/// response that it makes. `None` if it is nothing that this library knows.
pub(crate) fn read_stream(recording: &[u8]) -> Option<Read> {
    if event_stream::is_one(recording) {
        return events(|take| event_stream::each(recording, take));
    }
    let text = match str::from_utf8(recording) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(recording),
    };
    let text = text.trim_start_matches(BYTE_ORDER_MARK).trim_start();
    if text.starts_with('{') {
        one(text).or_else(|| events(|take| text.lines().for_each(take)))
    } else if text.starts_with('[') {
        events(|take| each_item(text, take)).or_else(|| one(text))
    } else {
        events(|take| server_sent::each(text, |name, data| each_value(name, data, take)))
    }
}

/// Reads a list of what a provider streamed.
pub(in crate::provider) fn read_list(json: &str) -> Option<ProviderResponse> {
    let list = json.trim_start();
    let (says, _) = list
        .starts_with('[')
        .then(|| events(|take| each_item(list, take)))??;
    Some(says)
}

fn one(json: &str) -> Option<Read> {
    let says = vocabulary::read(json, |document, _| answer(document, true))??;
    Some((says, json.trim().to_owned()))
}

fn events(each: impl FnOnce(&mut dyn FnMut(&str))) -> Option<Read> {
    let mut stream = StreamReader::default();
    let mut failed = None;
    each(&mut |event| {
        stream.push(event);
        if failed.is_none() && stream.error.is_some() {
            failed = Some(event.to_owned());
        }
    });
    let error = stream.error.clone();
    stream
        .finish()
        .or_else(|| one(&failed?).or_else(|| one(&format!(r#"{{"error":{}}}"#, error?))))
}

/// Gemini gives a list where no other way of streaming was asked for.
fn each_item(list: &str, take: &mut dyn FnMut(&str)) {
    let mut rest = list.strip_prefix('[').unwrap_or(list);
    loop {
        let mut items = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let Some(Ok(item)) = items.next() else {
            return;
        };
        take(item.get());
        rest = rest[items.byte_offset()..].trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// What one event holds. Some servers leave out the empty line between two.
fn each_value(name: &str, data: Cow<'_, str>, take: &mut dyn FnMut(&str)) {
    // Replicate's text, as it is.
    let mut tape = Tape::default();
    let mut is_object = || {
        let event = tape.read(&data);
        event.is_some_and(|event| event.fields().next().is_some())
    };
    if name == "output" && !is_object() {
        let text = serde_json::Value::from(&*data);
        return take(&format!(r#"{{"event":"output","data":{text}}}"#));
    }
    if name == "error" {
        let event = tape.read(&data);
        if event.is_none_or(|event| event.error().is_none()) {
            return take(&error(&data));
        }
    }
    // Only what stood in several lines was put together.
    match data {
        Cow::Owned(lines) if serde_json::from_str::<IgnoredAny>(&lines).is_err() => {
            lines.lines().for_each(take);
        }
        data => take(&data),
    }
}

/// An error that only the event's name calls so.
fn error(data: &str) -> String {
    let what = match serde_json::from_str::<IgnoredAny>(data) {
        Ok(_) => data.to_owned(),
        Err(_) => serde_json::Value::from(data).to_string(),
    };
    format!(r#"{{"error":{what}}}"#)
}
