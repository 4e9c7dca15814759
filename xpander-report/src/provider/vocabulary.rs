//! The fields that are read, of all shapes together.

use crate::provider::document::{self, Node};
use crate::provider::key::{Key, Keys};
use crate::provider::shapes::FORMATS;
use crate::provider::stream::protocols::PROTOCOLS;
use crate::provider::stream::{metrics, protocols};
use crate::provider::{envelope, failure, format, reading, usage};

/// The keys that are kept: those of all shapes, and of what reads beside them.
static KEYS: Keys = {
    let mut keys = Keys::none()
        .and(document::KEYS)
        .and(format::KEYS)
        .and(envelope::KEYS)
        .and(failure::KEYS)
        .and(reading::KEYS)
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

/// Reads a document; `None` if it is not JSON.
pub(super) fn read(json: &str) -> Option<Node<'_>> {
    Node::read(json, &KEYS)
}

/// The key that a field's name is, if any shape reads it.
pub(super) fn key(name: &str) -> Option<Key> {
    KEYS.get(name)
}
