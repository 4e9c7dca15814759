//! The rule by which a change is merged into the stored task.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Details};
use crate::model::charge;
use crate::model::revision::RevisionKind;
use crate::model::task::{TaskRecord, TaskStatus};

impl Change {
    /// Null keeps the stored value. So do a duration of 0 and an empty list of tools: clients send them for
    /// unknown.
    pub(crate) fn merge_into(&mut self, task: &mut TaskRecord, now: Timestamp) {
        let before = task.status;
        if let Some(status) = self.status {
            task.status = status;
        }
        // The input of a creation or a report is more exact than that of metrics.
        if self.kind != RevisionKind::Metrics || task.input.is_none() {
            keep(&mut task.input, &mut self.input);
        }
        keep(&mut task.internal_status, &mut self.internal_status);
        keep(&mut task.result, &mut self.result);
        if self.llm_response.is_some() {
            task.charges = std::mem::take(&mut self.charges);
            task.models = charge::models(&task.charges);
            task.cost = charge::total(&task.charges);
        }
        keep(&mut task.llm_response, &mut self.llm_response);
        keep(&mut task.tokens, &mut self.tokens);
        keep(&mut task.source, &mut self.source);
        keep(&mut task.title, &mut self.title);
        if let Some(tools) = self.used_tools.take_if(|tools| !tools.is_empty()) {
            task.used_tools = tools;
        }
        match self.duration {
            Some(0.0) if task.duration.is_some() => {}
            Some(seconds) => task.duration = Some(seconds),
            None => {}
        }
        merge_details(task, std::mem::take(&mut self.details));
        task.updated_at = now;
        self.move_times(task, before, now);
    }

    fn move_times(&self, task: &mut TaskRecord, before: TaskStatus, now: Timestamp) {
        if task.status.is_final() {
            let ends = self.kind == RevisionKind::Report || task.status != before;
            if ends || task.finished_at.is_none() {
                task.finished_at = Some(now);
            }
            if task.started_at.is_none() {
                task.started_at = Some(started(now, task.duration));
            }
        } else {
            task.finished_at = None;
            if task.status == TaskStatus::Pending {
                task.started_at = None;
            } else if task.started_at.is_none() {
                task.started_at = Some(now);
            }
        }
    }
}

fn keep<T>(stored: &mut Option<T>, said: &mut Option<T>) {
    if said.is_some() {
        *stored = said.take();
    }
}

fn merge_details(task: &mut TaskRecord, said: Details) {
    if said.is_empty() {
        return;
    }
    let mut details = task
        .details
        .as_deref()
        .and_then(|details| serde_json::from_str::<Details>(details).ok())
        .unwrap_or_default();
    details.extend(said);
    task.details = serde_json::to_string(&details).ok();
}

/// When the run began. A duration that is out of range counts as unknown.
fn started(finished: Timestamp, duration: Option<f64>) -> Timestamp {
    duration
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .and_then(|duration| finished.checked_sub(duration).ok())
        .and_then(|started| Timestamp::from_microsecond(started.as_microsecond()).ok())
        .unwrap_or(finished)
}
