//! Queries of the stored tasks, and their results.

pub(crate) mod cursor;
pub(crate) mod filter;
pub(crate) mod history;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod summary;

pub use cursor::{Cursor, Paging};
pub use filter::Filter;
pub use metrics::{
    AgentMetrics, DayMetrics, HourMetrics, MetricTotals, Metrics, MetricsQuery, ModelMetrics,
    ToolMetrics,
};
pub use page::{ListedTask, TaskPage};
pub use summary::{AtLeast, Summary};
