use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::cost::Cost;
use crate::model::sums::Sums;

/// Selects the tasks of the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MetricsQuery {
    /// Only this organization's.
    pub organization_id: Option<String>,
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Only tasks that were created at this time or later.
    pub from: Option<Timestamp>,
    /// Only tasks that were created before this time.
    pub to: Option<Timestamp>,
    /// The time zone of the days; by default this machine's.
    pub time_zone: Option<TimeZone>,
}

impl MetricsQuery {
    /// The metrics of all tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this agent's.
    #[must_use]
    pub fn agent_id(mut self, agent: impl Into<String>) -> Self {
        self.agent_id = Some(agent.into());
        self
    }

    /// Only this organization's.
    #[must_use]
    pub fn organization_id(mut self, organization: impl Into<String>) -> Self {
        self.organization_id = Some(organization.into());
        self
    }

    /// Only tasks that were created at this time or later.
    #[must_use]
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    /// Only tasks that were created before this time.
    #[must_use]
    pub const fn to(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }

    /// The time zone of the days.
    #[must_use]
    pub fn time_zone(mut self, zone: TimeZone) -> Self {
        self.time_zone = Some(zone);
        self
    }
}

/// The metrics of a range of time. They cover the stored tasks only: a deleted task no longer counts.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// The totals of all tasks.
    pub total: MetricTotals,
    /// Each day of the range, even without tasks. An open range starts at the first day with tasks and ends
    /// at the last.
    pub days: Vec<DayMetrics>,
    /// Each hour of the only day with tasks. Empty when several days have tasks.
    pub hours: Vec<HourMetrics>,
    /// By agent, the most requests first.
    pub agents: Vec<AgentMetrics>,
    /// By tool, the most calls first. A task counts for each tool that it used. Empty when the query selects
    /// one agent or organization.
    pub tools: Vec<ToolMetrics>,
    /// By model, the highest cost first. A task counts for each model that answered, with the tokens and the cost of
    /// that model's responses. Empty when the query selects one agent or organization.
    pub models: Vec<ModelMetrics>,
}

/// The metrics of a day.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DayMetrics {
    /// The day.
    pub date: Date,
    /// Its totals.
    pub totals: MetricTotals,
}

/// The metrics of an hour of UTC, or of the part of it that is in the day and in the range.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HourMetrics {
    /// When the hour, or the part of it, starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Its totals.
    pub totals: MetricTotals,
}

/// The metrics of a model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelMetrics {
    /// The model's name, as its provider gives it.
    pub model: String,
    /// The totals of the tasks that it answered.
    pub totals: MetricTotals,
}

/// The metrics of an agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AgentMetrics {
    /// The agent's id.
    pub agent_id: String,
    /// The organization whose agent it is.
    pub organization_id: String,
    /// When its first task was reported.
    pub created_at: Timestamp,
    /// When its latest task was created, if it has one.
    pub latest_task_at: Option<Timestamp>,
    /// Its totals.
    pub totals: MetricTotals,
}

/// The metrics of a tool.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolMetrics {
    /// The first 200 bytes of the tool's name.
    pub tool: String,
    /// The totals of the tasks that used it; `tool_calls` are its own.
    pub totals: MetricTotals,
}

/// Sums over tasks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricTotals {
    sums: Sums,
}

impl MetricTotals {
    pub(crate) const fn new(sums: Sums) -> Self {
        Self { sums }
    }

    /// The number of tasks.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.sums.requests.unsigned_abs()
    }

    /// Tasks that succeeded.
    #[must_use]
    pub const fn completed(&self) -> u64 {
        self.sums.completed.unsigned_abs()
    }

    /// Tasks with the status `failed` or `error`.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.sums.failed.unsigned_abs()
    }

    /// The share of successful tasks among those that succeeded or failed. `None` when there are none.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        let ended = self.completed() + self.failed();
        (ended > 0).then(|| self.completed() as f64 / ended as f64)
    }

    /// The number of tool calls.
    #[must_use]
    pub const fn tool_calls(&self) -> u64 {
        self.sums.tool_calls.unsigned_abs()
    }

    /// Prompt tokens. A float: the sum of invalid counts may exceed 64 bits.
    #[must_use]
    pub const fn input_tokens(&self) -> f64 {
        self.sums.prompt_tokens
    }

    /// Completion tokens.
    #[must_use]
    pub const fn output_tokens(&self) -> f64 {
        self.sums.completion_tokens
    }

    /// Prompt and completion tokens together.
    #[must_use]
    pub fn total_tokens(&self) -> f64 {
        self.sums.prompt_tokens + self.sums.completion_tokens
    }

    /// The sum of the costs that are known.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        Cost::new(self.sums.cost)
    }

    /// Tasks that used tokens whose price is not known. They are not part of the cost.
    #[must_use]
    pub const fn unpriced(&self) -> u64 {
        self.sums.unpriced.unsigned_abs()
    }

    /// A quantile of the durations in seconds, accurate to 2.2 %: 0.95 is the 95th percentile. `None` when no
    /// run reported a duration.
    #[must_use]
    pub fn duration_quantile(&self, quantile: f64) -> Option<f64> {
        self.sums.durations.quantile(quantile)
    }
}
