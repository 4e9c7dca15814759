use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::sums::Sums;

/// Which tasks the metrics are about.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MetricsQuery {
    /// Only this organization's.
    pub organization_id: Option<String>,
    /// Only this agent's.
    pub agent_id: Option<String>,
    /// Only what was created at this time or later, to the hour.
    pub from: Option<Timestamp>,
    /// Only what was created before this time, to the hour.
    pub to: Option<Timestamp>,
    /// Whose days are meant; this machine's when there is none. Where days do not begin at a full hour of UTC,
    /// the hour that two days share counts for the one in which it begins.
    pub time_zone: Option<TimeZone>,
}

impl MetricsQuery {
    /// Of all tasks.
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

    /// Only what was created at this time or later, to the hour.
    #[must_use]
    pub const fn from(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    /// Only what was created before this time, to the hour.
    #[must_use]
    pub const fn to(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }

    /// Whose days are meant.
    #[must_use]
    pub fn time_zone(mut self, zone: TimeZone) -> Self {
        self.time_zone = Some(zone);
        self
    }
}

/// The metrics of a range of time. They cover the stored tasks only: a deleted task no longer counts.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// All together.
    pub total: MetricTotals,
    /// Each day from the first to the last of the range, or, where that is open, from the first that has tasks
    /// to the last; also days without tasks.
    pub days: Vec<DayMetrics>,
    /// By agent, the one with the most requests first.
    pub agents: Vec<AgentMetrics>,
    /// By tool, the one with the most calls first. A task that used several tools counts for each of them.
    /// Empty when only one agent or organization is asked for.
    pub tools: Vec<ToolMetrics>,
}

/// One day.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DayMetrics {
    /// The day.
    pub date: Date,
    /// Its totals.
    pub totals: MetricTotals,
}

/// One agent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentMetrics {
    /// The agent's id.
    pub agent_id: String,
    /// The organization whose agent it is.
    pub organization_id: String,
    /// When its first task was reported.
    pub created_at: Timestamp,
    /// When its latest task was created, if it has one.
    pub latest: Option<Timestamp>,
    /// Its totals.
    pub totals: MetricTotals,
}

/// One tool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolMetrics {
    /// The tool's name, the first 200 bytes of it.
    pub tool: String,
    /// The totals of the tasks that used it; `tool_calls` are its own.
    pub totals: MetricTotals,
}

/// Sums over tasks.
#[derive(Debug, Clone, Default)]
pub struct MetricTotals {
    sums: Sums,
}

impl MetricTotals {
    pub(crate) const fn new(sums: Sums) -> Self {
        Self { sums }
    }

    /// Tasks.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.sums.requests.unsigned_abs()
    }

    /// Tasks that succeeded.
    #[must_use]
    pub const fn completed(&self) -> u64 {
        self.sums.completed.unsigned_abs()
    }

    /// Tasks that failed, by themselves or by the platform.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.sums.failed.unsigned_abs()
    }

    /// The share of those that succeeded among those that succeeded or failed; `None` when there are none.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        let ended = self.completed() + self.failed();
        (ended > 0).then(|| self.completed() as f64 / ended as f64)
    }

    /// Calls of tools.
    #[must_use]
    pub const fn tool_calls(&self) -> u64 {
        self.sums.tool_calls.unsigned_abs()
    }

    /// Tokens of the prompts. Floating, since counts that a client invents may be beyond 64 bits.
    #[must_use]
    pub const fn input_tokens(&self) -> f64 {
        self.sums.prompt_tokens
    }

    /// Tokens of the answers.
    #[must_use]
    pub const fn output_tokens(&self) -> f64 {
        self.sums.completion_tokens
    }

    /// Prompts and answers together.
    #[must_use]
    pub fn total_tokens(&self) -> f64 {
        self.sums.prompt_tokens + self.sums.completion_tokens
    }

    /// The duration in seconds that so large a share of the runs stays at or below (0.95 for the 95th
    /// percentile), within 2.2 %. `None` when no run reported a duration.
    #[must_use]
    pub fn duration(&self, share: f64) -> Option<f64> {
        self.sums.durations.quantile(share)
    }
}
