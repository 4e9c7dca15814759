//! The cost of each response of a run.

use serde::{Deserialize, Serialize};

use super::cost::Cost;
use super::text::first_bytes;

/// How many models of one task are counted and can be filtered by.
pub(crate) const MAX_MODELS: usize = 16;

/// Models are distinguished by this many bytes of their names.
pub(crate) const MAX_MODEL_BYTES: usize = 200;

/// The maximum of charges of a task. Beyond it, charges of one kind are merged.
const MAX_CHARGES: usize = 100;

/// The cost of a response, and its basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Charge {
    /// The model that answered, as the provider names it.
    pub model: Option<String>,
    /// Input tokens, cached ones included.
    pub input_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
    /// Input tokens that came from the provider's cache.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache_read_tokens: u64,
    /// Input tokens that were written to the provider's cache.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache_write_tokens: u64,
    /// The tier of service, where it changes the price: `flex`, `priority`, `batch`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tier: Option<String>,
    /// The cost; `None` when it is not known.
    pub cost: Option<Cost>,
    /// The basis of the cost.
    pub basis: Basis,
    /// The number of responses: 1, unless a run has hundreds.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub responses: u32,
}

// A charge is stored with each task, so it is short.

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const fn one() -> u32 {
    1
}

fn is_one(responses: &u32) -> bool {
    *responses == one()
}

/// The basis of a cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Basis {
    /// The provider stated its charge.
    Charged,
    /// The user's own price.
    Own,
    /// A price of the price list.
    List {
        /// The provider's name in the list.
        provider: String,
        /// The model's name in the list.
        model: String,
        /// Whether the provider was guessed from the model's name, since the response does not show it.
        #[serde(default, skip_serializing_if = "is_default")]
        assumed: bool,
        /// Whether it is the usual price, since the list has none of the tier.
        #[serde(default, skip_serializing_if = "is_default")]
        usual: bool,
    },
    /// A local server answered, which costs nothing.
    Local {
        /// The server.
        server: String,
    },
    /// The model has no known price.
    Unknown,
    /// The response contains no usage.
    Unmeasured,
}

impl Charge {
    /// The charge of a response, without a cost yet.
    pub(crate) fn unknown(model: Option<&str>) -> Self {
        Self {
            model: model.map(|model| first_bytes(model, MAX_MODEL_BYTES).to_owned()),
            input_tokens: 0,
            output_tokens: 0,
            cache_read_tokens: 0,
            cache_write_tokens: 0,
            tier: None,
            cost: None,
            basis: Basis::Unknown,
            responses: 1,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.model == other.model
            && self.tier == other.tier
            && self.basis == other.basis
            && self.cost.is_some() == other.cost.is_some()
    }

    fn add(&mut self, other: &Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cache_read_tokens = self
            .cache_read_tokens
            .saturating_add(other.cache_read_tokens);
        self.cache_write_tokens = self
            .cache_write_tokens
            .saturating_add(other.cache_write_tokens);
        self.cost = self
            .cost
            .zip(other.cost)
            .map(|(one, other)| [one, other].into_iter().sum());
        self.responses = self.responses.saturating_add(other.responses);
    }
}

/// The charges as they are stored. If there are many, charges of one kind are merged.
pub(crate) fn gathered(charges: Vec<Charge>) -> Vec<Charge> {
    if charges.len() <= MAX_CHARGES {
        return charges;
    }
    let mut kinds: Vec<Charge> = Vec::new();
    for charge in charges {
        // Beyond this many kinds, the rest is merged into the last one.
        let alike = kinds.iter().position(|kind| kind.is_like(&charge));
        let is_full = kinds.len() == MAX_CHARGES;
        match alike.or(is_full.then_some(MAX_CHARGES - 1)) {
            Some(at) => kinds[at].add(&charge),
            None => kinds.push(charge),
        }
    }
    kinds
}

/// The sum of the charges. `None` when there are none, or a cost is not known.
pub(crate) fn total(charges: &[Charge]) -> Option<Cost> {
    if charges.is_empty() {
        return None;
    }
    charges.iter().map(|charge| charge.cost).sum()
}

/// The models that answered, each once, in their order.
pub(crate) fn models(charges: &[Charge]) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    for model in charges.iter().filter_map(|charge| charge.model.as_ref()) {
        if models.len() < MAX_MODELS && !models.contains(model) {
            models.push(model.clone());
        }
    }
    models
}
