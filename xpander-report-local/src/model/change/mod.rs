//! A change of a task: the checked content of a request, and how it is merged.

pub(crate) mod differences;
mod merge;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::model::charge::Charge;
use crate::model::revision::RevisionKind;
use crate::model::task::{TaskStatus, Tokens};

/// Fields that are stored only to be returned.
pub(crate) type Details = BTreeMap<String, Box<RawValue>>;

/// The content of a request. `None` keeps the stored value.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: RevisionKind,
    pub(crate) id: Option<String>,
    pub(crate) status: Option<TaskStatus>,
    pub(crate) internal_status: Option<String>,
    pub(crate) input: Option<String>,
    pub(crate) result: Option<String>,
    /// The JSON text as it was sent, without the surrounding whitespace.
    pub(crate) llm_response: Option<String>,
    /// The costs of the responses in it.
    pub(crate) charges: Vec<Charge>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) used_tools: Option<Vec<String>>,
    /// Seconds.
    pub(crate) duration: Option<f64>,
    pub(crate) source: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) details: Details,
    /// The request's body as it was sent.
    pub(crate) body: String,
}

impl Change {
    pub(crate) const fn new(kind: RevisionKind, body: String) -> Self {
        Self {
            kind,
            id: None,
            status: None,
            internal_status: None,
            input: None,
            result: None,
            llm_response: None,
            charges: Vec::new(),
            tokens: None,
            used_tools: None,
            duration: None,
            source: None,
            title: None,
            details: BTreeMap::new(),
            body,
        }
    }

    /// A request to stop a task; it has no body.
    pub(crate) fn stop(id: String) -> Self {
        Self {
            id: Some(id),
            status: Some(TaskStatus::Stopped),
            ..Self::new(RevisionKind::Stop, String::new())
        }
    }
}
