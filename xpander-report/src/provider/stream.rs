use serde_json::value::RawValue;

use super::ProviderResponse;

/// Puts together what a provider streams.
#[derive(Debug, Default)]
pub(crate) struct StreamReader {}

impl StreamReader {
    /// Takes the next event, as JSON.
    pub(crate) fn push(&mut self, _event: &str) {}

    /// What it all says, and the response that it makes.
    pub(crate) fn finish(self) -> Option<(ProviderResponse, Box<RawValue>)> {
        None
    }
}
