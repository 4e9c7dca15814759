//! The fields that are read, of all shapes together.

use crate::provider::document::{self, BYTE_ORDER_MARK, Node};
use crate::provider::key::Keys;
use crate::provider::shapes::FORMATS;
use crate::provider::stream::protocols::PROTOCOLS;
use crate::provider::stream::{metrics, protocols};
use crate::provider::{charged, envelope, failure, format, reading, surrogates, usage};

/// The keys that are kept: those of all shapes, and of what reads beside them.
static KEYS: Keys = {
    let mut keys = Keys::none()
        .and(document::KEYS)
        .and(format::KEYS)
        .and(envelope::KEYS)
        .and(failure::KEYS)
        .and(reading::KEYS)
        .and(charged::KEYS)
        .and(usage::KEYS)
        .and(metrics::KEYS)
        .and(protocols::KEYS);
    let mut at = 0;
    while at < FORMATS.len() {
        keys = keys.and(FORMATS[at].keys);
        at += 1;
    }
    let mut at = 0;
    while at < PROTOCOLS.len() {
        keys = keys.and(PROTOCOLS[at].keys);
        at += 1;
    }
    keys
};

/// Looks at a document, and at its JSON as far as it is text; `None` if it is not JSON.
pub(super) fn read<T>(json: &str, look: impl Fn(&Node<'_>, &str) -> T) -> Option<T> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    if let Some(document) = Node::read(json, &KEYS) {
        return Some(look(&document, json));
    }
    let whole = surrogates::replaced(json)?;
    Some(look(&Node::read(&whole, &KEYS)?, &whole))
}
