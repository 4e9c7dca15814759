use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use jiff::{SignedDuration, Timestamp};

use super::platform::Platform;
use super::record::Record;
use crate::duration;
use crate::failure::Failure;

/// The filters of the list, the same as on the local platform's page.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Which tasks")]
pub(super) struct Conditions {
    /// Only tasks with this status: pending, executing, paused, error, failed, completed or stopped
    #[arg(long, value_name = "STATUS", conflicts_with = "failed", value_parser = STATUSES)]
    status: Option<String>,

    /// Only failed tasks, which have the status failed or error
    #[arg(long)]
    failed: bool,

    /// Only tasks newer than this, such as 1h or 7d
    #[arg(long, value_name = "AGE", value_parser = duration::with_units)]
    since: Option<Duration>,

    /// Only tasks that used this tool
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    tool: Option<String>,

    /// Only tasks with responses of this model, by the provider's name for it
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    model: Option<String>,

    /// Only tasks with these words in the input or result
    #[arg(long, value_name = "WORDS", value_parser = NonEmptyStringValueParser::new())]
    search: Option<String>,
}

const STATUSES: [&str; 7] = [
    "pending",
    "executing",
    "paused",
    "error",
    "failed",
    "completed",
    "stopped",
];

impl Conditions {
    /// The statuses that match. Empty if each does.
    pub(super) fn statuses(&self) -> Vec<&str> {
        match self.failed {
            true => vec!["failed", "error"],
            false => self.status.as_deref().into_iter().collect(),
        }
    }

    fn has_status(&self, task: &Record) -> bool {
        let statuses = self.statuses();
        statuses.is_empty() || statuses.contains(&task.status())
    }

    /// The creation time of the oldest task to list.
    fn from(&self) -> Option<Timestamp> {
        let since = SignedDuration::try_from(self.since?).ok()?;
        Some(
            Timestamp::now()
                .checked_sub(since)
                .unwrap_or(Timestamp::MIN),
        )
    }

    /// The parameters of a request, apart from the status. A platform ignores those that it does not know.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let from = self.from().map(|from| from.to_string());
        let texts = [
            ("tool", self.tool.as_deref()),
            ("model", self.model.as_deref()),
            ("q", self.search.as_deref()),
            ("from_date", from.as_deref()),
        ];
        let given = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?.to_owned())));
        given.collect()
    }

    /// The flags for which the platform of the task has no filter. `missing` are those that other tasks showed.
    pub(super) fn missing_filters(
        &self,
        task: &Record,
        missing: Vec<&'static str>,
    ) -> Vec<&'static str> {
        if task.is_local() {
            return missing;
        }
        let is_missing = |flag: &str| missing.contains(&flag);
        let lacks_status = !self.has_status(task);
        let flags = [
            (
                "--failed",
                self.failed && lacks_status || is_missing("--failed"),
            ),
            (
                "--status",
                self.status.is_some() && lacks_status || is_missing("--status"),
            ),
            ("--since", self.since.is_some()),
            ("--tool", self.tool.is_some()),
            ("--search", self.search.is_some()),
        ];
        let given = flags.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(flag, _)| flag).collect()
    }

    /// Whether each listed task must be fetched, because lists lack the fields of the filters.
    pub(super) fn needs_whole_tasks(&self) -> bool {
        self.tool.is_some() || self.search.is_some()
    }

    /// Whether a task matches. The local platform has already filtered.
    pub(super) fn select(&self, task: &Record, platform: &Platform) -> Result<bool, Failure> {
        if task.is_local() {
            return Ok(true);
        }
        if self.model.is_some() {
            return Err(Failure::usage(
                "this platform does not list the models of tasks; --model works with the local \
                 platform only",
            ));
        }
        let is_late = |from: Timestamp| task.time("created_at").is_none_or(|at| at >= from);
        if !self.has_status(task) || !self.from().is_none_or(is_late) {
            return Ok(false);
        }
        if !self.needs_whole_tasks() {
            return Ok(true);
        }
        let whole = platform.task(task.id())?;
        let has_tool = |tool: &String| whole.tools().contains(&tool.as_str());
        Ok(self.tool.as_ref().is_none_or(has_tool)
            && self
                .search
                .as_deref()
                .is_none_or(|words| has_words(&whole, words)))
    }
}

/// Whether each word is part of the input or the result, ignoring case.
fn has_words(task: &Record, words: &str) -> bool {
    let texts = [task.input(), task.text("result"), task.text("title")];
    let texts = texts.into_iter().flatten().map(str::to_lowercase);
    let texts: Vec<String> = texts.collect();
    words
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '*']).to_lowercase())
        .all(|word| texts.iter().any(|text| text.contains(&word)))
}
