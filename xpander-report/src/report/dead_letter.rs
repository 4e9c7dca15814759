use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::TaskReport;

/// A report that the platform refused for good, as it was sent.
///
/// Refused are reports that it finds wrong (most of the statuses 4xx). They are kept, those of a reporter
/// with a spool on disk (the last 10,000, in a quarter of the spool's bytes), the others in memory (the last 1,000, up
/// to 16 MiB), until they are [retried](crate::Reporter::retry_dead_letters) or
/// [deleted](crate::Reporter::delete_dead_letters).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// What the platform said.
    pub reason: String,
    /// When it said so.
    pub refused_at: SystemTime,
    /// The address of the platform that said so.
    pub platform: String,
    /// The agent that the report was for.
    pub agent_id: String,
    /// The report.
    pub report: TaskReport,
}

impl DeadLetter {
    /// How many bytes it holds, about.
    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.report.bytes() + self.reason.len()
    }
}

/// Says of a report that was refused whether it is meant.
pub(crate) type Chosen<'a> = &'a mut dyn FnMut(&DeadLetter) -> bool;
