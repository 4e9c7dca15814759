//! What can be asked of the stored tasks, and the answers.

pub(crate) mod cursor;
pub(crate) mod figures;
pub(crate) mod filter;
pub(crate) mod history;
pub(crate) mod page;
pub(crate) mod summary;

pub use cursor::{Cursor, Paging};
pub use figures::{AgentFigures, DayFigures, Figures, Metrics, MetricsQuery, ToolFigures};
pub use filter::Filter;
pub use page::{ListedTask, TaskPage};
pub use summary::{AtLeast, Summary};
