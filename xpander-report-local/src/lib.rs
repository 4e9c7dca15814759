//! The local platform: the platform's HTTP API on the developer's own machine, kept in SQLite, with a
//! page that shows every task.
//!
//! It needs no account and no network. Start it inside a test or an example, point the code under test
//! at [`LocalPlatform::url`] with any API key, and read back what arrived:
//!
//! ```
//! use xpander_report_local::LocalPlatform;
//!
//! let platform = LocalPlatform::builder().port(0).start()?;
//! println!("tasks are shown at {}", platform.url());
//!
//! // … run the code that reports to `platform.url()` …
//!
//! assert!(platform.tasks()?.is_empty());
//! platform.shutdown();
//! # Ok::<(), xpander_report_local::Error>(())
//! ```
//!
//! # What it answers
//!
//! | request | answer |
//! |---|---|
//! | `POST /agent-execution/{agent_id}/report_task` | the task, created or updated |
//! | `GET /agent-execution/{task_id}/status` | the task |
//! | `GET /agent-execution/executions/history/{agent_id}` | the agent's tasks, newest first; filters `status`, `page`, `per_page` |
//! | `GET /agents/list`, `GET /agents/{agent_id}` | the agents that have reported |
//! | `GET /`, `GET /tasks/{task_id}` | the pages |
//!
//! A path may carry an organization in front (`/org-1/agent-execution/…`); without one it is `local`.
//! Tasks and agents of one organization are invisible to the API of another; the pages show all of them.
//!
//! # How an update works
//!
//! A report with an id that its organization already has updates that task. `null` keeps what is stored,
//! and so do `duration: 0.0` and `used_tools: []`, which cannot be told from "not given". `is_success`
//! sets the status: `false` is failed, `true` and `null` are completed. Every accepted report is also kept
//! as it came, as a [`Revision`].
//!
//! # Who can reach it
//!
//! It listens on 127.0.0.1 only, answers only requests addressed to a loopback name, and refuses what a
//! foreign web page sends. Any API key is accepted: programs of the same machine are trusted.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod access;
mod agent;
mod api;
mod body;
mod change;
mod error;
mod event;
mod faults;
mod guard;
mod head;
mod pages;
mod path;
mod platform;
mod problem;
pub mod query;
mod revision;
mod server;
mod store;
mod task;

pub use error::Error;
pub use event::{Event, EventKind};
pub use faults::Fault;
pub use platform::{Builder, DEFAULT_PORT, LocalPlatform};
pub use query::{Filter, Metrics, MetricsQuery, Paging, TaskPage};
pub use revision::{Changed, Revision, RevisionKind};
pub use task::{TaskRecord, TaskStatus, Tokens};
