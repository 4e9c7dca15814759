//! A finished report: what memory holds, what the spool stores and what a request sends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::redaction::{cut_content, cut_raw};
use super::sequence::Sequence;
use super::stamps::{Fields, ReportField, Stamps};
use crate::report::TaskReport;
use crate::report::task_id::TaskId;

/// A report after `prepare`. Nothing changes it any more but merging with other reports of its task, and the cut of
/// one that the platform finds too large.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) id: TaskId,
    /// The id came from the program, so that there may be more reports of the task, in other processes too.
    pub(crate) is_named: bool,
    pub(crate) stamps: Stamps,
    /// With its id and its agent.
    pub(crate) report: TaskReport,
}

/// What the platform has of a task: a report that comes late must not undo it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivered {
    stamps: Stamps,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_success: Option<bool>,
    agent_id: Option<String>,
}

impl Outgoing {
    /// The report, which has its agent, with this place in the order of all reports.
    pub(crate) fn new(
        mut report: TaskReport,
        id: TaskId,
        is_named: bool,
        sequence: Sequence,
    ) -> Self {
        if report.id.is_none() {
            report.id = Some(id.to_string());
        }
        // Both are sent as the platform's word for it.
        report.llm_response.take_if(|raw| raw.get() == "null");
        report.duration.take_if(|seconds| *seconds == 0.0);
        Self {
            stamps: Stamps::new(sequence, said_by(&report)),
            id,
            is_named,
            report,
        }
    }

    /// A report that was read from disk, with its id and its agent.
    pub(crate) fn stored(mut report: TaskReport, is_named: bool, stamps: Stamps) -> Self {
        let id = report.id.take().filter(|id| !id.is_empty());
        let id = id.map_or_else(|| stamps.sequence().id(), TaskId::from);
        let outgoing = Self::new(report, id, is_named, stamps.sequence());
        let said = outgoing.stamps.fields();
        Self {
            stamps: stamps.checked(said),
            ..outgoing
        }
    }

    pub(crate) fn sequence(&self) -> Sequence {
        self.stamps.sequence()
    }

    pub(crate) fn agent_id(&self) -> &str {
        self.report.agent_id.as_deref().unwrap_or_default()
    }

    /// Makes one of two reports of a task, by the platform's rule for updates: of each field the newer one counts that
    /// says something. It does not matter which is merged into which.
    pub(crate) fn merge(&mut self, other: Self) {
        let goes_before = self.stamps.behind(&other.stamps);
        let is_said = |field| self.stamps.says(field) || other.stamps.says(field);
        let has_duration = is_said(ReportField::Duration);
        let (report, newer) = (&mut self.report, other.report);
        if other.stamps.sequence() > self.stamps.sequence() {
            report.is_success = newer.is_success;
            report.agent_id = newer.agent_id;
        }
        // None is sent as 0, which goes before a number that JSON cannot hold.
        if goes_before.has(ReportField::Duration) || !has_duration && newer.duration.is_none() {
            report.duration = newer.duration;
        }
        if goes_before.has(ReportField::Input) {
            report.input = newer.input;
        }
        if goes_before.has(ReportField::LlmResponse) {
            report.llm_response = newer.llm_response;
        }
        if goes_before.has(ReportField::Tokens) {
            report.tokens = newer.tokens;
        }
        if goes_before.has(ReportField::Result) {
            report.result = newer.result;
        }
        if goes_before.has(ReportField::UsedTools) {
            report.used_tools = newer.used_tools;
        }
        self.is_named |= other.is_named;
        self.stamps.merge(&other.stamps);
    }

    /// Whether all of it is newer than what the platform has.
    pub(crate) fn is_newer_than(&self, delivered: &Delivered) -> bool {
        self.stamps.oldest() > delivered.sequence()
    }

    /// What of this report the platform does not have yet, so that sending it undoes nothing. None: it has all of it.
    pub(crate) fn beneath(mut self, delivered: &Delivered) -> Option<Self> {
        let covered = self.stamps.covered_by(&delivered.stamps);
        self.remove(covered);
        if delivered.stamps.sequence() >= self.sequence() {
            if self.stamps.fields().is_empty() {
                return None;
            }
            self.report.is_success = delivered.is_success;
            self.report.agent_id.clone_from(&delivered.agent_id);
            self.stamps.raise(delivered.stamps.sequence());
        }
        Some(self)
    }

    fn remove(&mut self, fields: Fields) {
        let report = &mut self.report;
        for field in ReportField::ALL {
            match field {
                _ if !fields.has(field) => {}
                ReportField::Input => report.input = None,
                ReportField::LlmResponse => report.llm_response = None,
                ReportField::Tokens => report.tokens = None,
                ReportField::Result => report.result = None,
                ReportField::Duration => report.duration = None,
                ReportField::UsedTools => report.used_tools.clear(),
            }
        }
        self.stamps.remove(fields);
    }

    /// What the platform has once it has taken this report.
    pub(crate) fn delivered(&self) -> Delivered {
        Delivered {
            stamps: self.stamps.clone(),
            is_success: self.report.is_success,
            agent_id: self.report.agent_id.clone(),
        }
    }

    /// Cuts each field of content to so many bytes.
    pub(crate) fn cut(&mut self, max_bytes: usize) {
        let report = &mut self.report;
        for text in [&mut report.input, &mut report.result]
            .into_iter()
            .flatten()
        {
            cut_content(text, max_bytes);
        }
        if let Some(raw) = &mut report.llm_response {
            cut_raw(raw, max_bytes);
        }
    }

    /// How many bytes it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.id.bytes() + self.report.bytes()
    }
}

impl Delivered {
    pub(crate) fn sequence(&self) -> Sequence {
        self.stamps.sequence()
    }

    /// As [`Stamps::redate`] does it.
    pub(crate) fn redate(&mut self, date: impl FnMut(&Sequence) -> Duration) {
        self.stamps.redate(date);
    }

    /// What the platform has once it has taken both, in whatever order.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.sequence() > self.sequence() {
            self.is_success = other.is_success;
            self.agent_id.clone_from(&other.agent_id);
        }
        self.stamps.merge(&other.stamps);
    }
}

/// The fields that a report says. A duration that JSON cannot hold says nothing.
fn said_by(report: &TaskReport) -> Fields {
    let is_said = |field: &ReportField| match field {
        ReportField::Input => report.input.is_some(),
        ReportField::LlmResponse => report.llm_response.is_some(),
        ReportField::Tokens => report.tokens.is_some(),
        ReportField::Result => report.result.is_some(),
        ReportField::Duration => report.duration.is_some_and(f64::is_finite),
        ReportField::UsedTools => !report.used_tools.is_empty(),
    };
    ReportField::ALL.into_iter().filter(is_said).collect()
}

#[cfg(test)]
mod tests;
