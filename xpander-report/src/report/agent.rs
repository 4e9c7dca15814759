use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::object::Record;

/// An agent as the platform knows it.
///
/// Fields that this library does not know are kept as they came in [`other`](Self::other).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Agent {
    /// The agent's id.
    pub id: String,
    /// The organization that the agent belongs to.
    pub organization_id: Option<String>,
    /// The agent's name.
    pub name: Option<String>,
    /// Every other field of the record, byte for byte.
    pub other: BTreeMap<String, Box<RawValue>>,
}

impl<'de> Deserialize<'de> for Agent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut record = Record::deserialize(deserializer)?;
        Ok(Self {
            id: record.required("id")?,
            organization_id: record.optional("organization_id"),
            name: record.optional("name"),
            other: record.rest(),
        })
    }
}

/// Allows `&agent` where an agent id is expected.
impl From<&Agent> for String {
    fn from(agent: &Agent) -> Self {
        agent.id.clone()
    }
}
