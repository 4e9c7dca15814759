//! What can be asked of the stored tasks, and the answers.

mod cursor;
mod figures;
mod filter;
mod page;

pub use cursor::{Cursor, Paging};
pub use figures::{AgentFigures, DayFigures, Figures, Metrics, MetricsQuery, ToolFigures};
pub use filter::Filter;
pub(crate) use filter::{Address, day_end_or_moment, moment, words};
pub use page::{AtLeast, ListedTask, Summary, TaskPage};
