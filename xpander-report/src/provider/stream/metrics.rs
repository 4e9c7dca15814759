//! What Bedrock says an invocation took, whichever model it was.

use crate::provider::document::Node;
use crate::provider::key::Key;
use crate::provider::usage::Usage;

keys! {
    CACHE_READ_INPUT_TOKEN_COUNT CACHE_WRITE_INPUT_TOKEN_COUNT INPUT_TOKEN_COUNT
    OUTPUT_TOKEN_COUNT
}

/// The field that holds it.
pub(super) const METRICS: &str = "amazon-bedrock-invocationMetrics";

pub(super) const METRICS_KEY: Key = Key::named(METRICS);

/// The tokens that it took.
pub(super) fn usage(metrics: &Node<'_>) -> Usage {
    let count = |key: Key| metrics[key].count();
    Usage {
        prompt: count(INPUT_TOKEN_COUNT),
        completion: count(OUTPUT_TOKEN_COUNT),
        cache_read: count(CACHE_READ_INPUT_TOKEN_COUNT).unwrap_or(0),
        cache_write: count(CACHE_WRITE_INPUT_TOKEN_COUNT).unwrap_or(0),
        ..Usage::default()
    }
}
