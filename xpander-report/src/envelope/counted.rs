//! Which provider responses a task has counted, so that no other one counts them again.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::provider::response::ProviderResponse;

/// How many responses are remembered, the latest.
const MAX_COUNTED: usize = 10_000;

/// The identity of a response that may arrive in several ways.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity {
    /// The hash of the provider's id.
    id: Option<u64>,
    model: Option<u64>,
    /// The hash of the text, tokens and tools; of the bytes if there is neither text nor tokens.
    content: u64,
    /// The hash of the provider's id; of the bytes if there is no id.
    exact: u64,
}

impl Identity {
    pub(super) fn new(raw: &str, says: Option<&ProviderResponse>) -> Self {
        let content = says.filter(|says| says.tokens.is_some() || says.result.is_some());
        let id = says.and_then(|says| says.id.as_ref()).map(hash);
        Self {
            id,
            model: says.and_then(|says| says.model.as_ref()).map(hash),
            content: match content {
                Some(says) => hash((
                    says.tokens.map(|tokens| tokens.total_tokens()),
                    &says.result,
                    &says.used_tools,
                )),
                None => hash(raw),
            },
            exact: id.unwrap_or_else(|| hash(raw)),
        }
    }

    /// A value that only copies of the response share.
    pub(super) fn exact(&self) -> u64 {
        self.exact
    }

    fn is(&self, other: &Self) -> bool {
        if let (Some(id), Some(other)) = (self.id, other.id) {
            return id == other;
        }
        let is_other_model =
            matches!((self.model, other.model), (Some(model), Some(other)) if model != other);
        self.content == other.content && !is_other_model
    }
}

/// The responses that were counted elsewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted(VecDeque<Identity>);

impl Counted {
    pub(super) fn add(&mut self, identity: Identity) {
        if self.0.len() == MAX_COUNTED {
            self.0.pop_front();
        }
        self.0.push_back(identity);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|identity| self.add(*identity));
    }

    /// Removes a counted response with this identity. Returns whether there was one. Each counted response matches only
    /// once.
    pub(super) fn take(&mut self, identity: &Identity) -> bool {
        let place = self.0.iter().position(|counted| counted.is(identity));
        place
            .and_then(|place| self.0.swap_remove_back(place))
            .is_some()
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
