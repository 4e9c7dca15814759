//! Parsers of single values that the model has types for, beside those of every server.

use serde_json::value::RawValue;
use xpander_report_http::field::{Counts, counts, invalid};
pub(super) use xpander_report_http::field::{id, number, object, text, texts};
use xpander_report_http::reader::Checked;

use crate::model::task::{TaskStatus, Tokens};

pub(super) fn tokens(value: &RawValue, name: &'static str) -> Checked<Tokens> {
    counts(value, name).map(tokens_of)
}

pub(super) fn tokens_of(counts: Counts) -> Tokens {
    let [completion, prompt, cache_read, cache_write] = [
        counts.completion,
        counts.prompt,
        counts.cache_read,
        counts.cache_write,
    ]
    .map(Option::unwrap_or_default);
    Tokens::new(completion, prompt, cache_read, cache_write)
}

pub(super) fn status(value: &RawValue, name: &'static str) -> Checked<TaskStatus> {
    text(value, name).and_then(|word| {
        TaskStatus::from_word(&word).ok_or_else(|| invalid(name, "enum", TaskStatus::EXPECTED))
    })
}
