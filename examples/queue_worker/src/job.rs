//! A job of the queue.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text to summarise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    id: String,
    text: String,
}

impl Job {
    /// Makes a job. Of several jobs with the same id, only one is done.
    ///
    /// # Errors
    /// The id is empty or has control characters in it.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Result<Self, BadJob> {
        let (id, text) = (id.into(), text.into());
        if id.trim().is_empty() || id.contains(char::is_control) {
            return Err(BadJob(format!(
                "{id:?} is no id: it needs visible characters, and no control characters"
            )));
        }
        Ok(Self { id, text })
    }

    /// Parses a job in the format of [`to_json`](Self::to_json).
    ///
    /// # Errors
    /// It is not JSON or not a job, or the id is invalid.
    pub fn from_json(json: &[u8]) -> Result<Self, BadJob> {
        let job: Self = serde_json::from_slice(json).map_err(|error| {
            BadJob(format!(
                "{error}; a job is {{\"id\": \"…\", \"text\": \"…\"}}"
            ))
        })?;
        Self::new(job.id, job.text)
    }

    /// The job as JSON.
    ///
    /// # Errors
    /// No known error: both fields are text.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// The id of the job and its task.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Why something is not a job.
#[derive(Debug)]
pub struct BadJob(String);

impl fmt::Display for BadJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadJob {}
