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
//! # Endpoints
//!
//! | request | answer |
//! |---|---|
//! | `POST /agent-execution/{agent_id}/report_task` | the task, created or updated |
//! | `POST /agent-execution/{agent_id}` | a task that waits to be run, created or given its next turn |
//! | `GET /agent-execution/{task_id}/status` | the task |
//! | `PATCH /agent-execution/{task_id}/update` | the task, with the fields set that are not null |
//! | `DELETE /agent-execution/{task_id}` | the task, stopped; it is not erased |
//! | `GET /agent-execution/executions/history/{agent_id}`, `…/history/user/{user_id}` | tasks, newest first; filters `status`, `internal_status`, `user_id`, `parent_task_id`, `triggering_agent_id`, `page`, `per_page` |
//! | `GET /activity/{agent_id}/{task_id}` | the task's input, tools and result as a conversation |
//! | `POST /agents-metrics/{agent_id}/execution` | the task `execution_id`, with tokens and tools merged into it |
//! | `GET /agents/list`, `GET /agents/{agent_id}` | the agents that have reported |
//! | `PATCH /agents/{agent_id}/sync_local_tools` | `{"graph": []}` |
//! | `GET /v1/tasks` | `{items, total, page, per_page, total_pages}`; filters `agent_id`, `status`, `user_id`, `from_date`, `to_date` |
//! | `GET /`, `/tasks/{task_id}`, `/metrics`, `/agents` | the pages |
//! | `GET /tasks.csv`, `/tasks.jsonl` | the tasks of the list's filter: `status`, `agent`, `tool`, `q`, `last`, `from`, `to`, `organization` |
//!
//! A path may start with a mount and an organization (`/org-1/agent-execution/…`). The default organization is
//! `local`. Through the API, tasks and agents of one organization are invisible to another; the pages show all
//! of them. An agent with the id `list` is found at `/agents/%6Cist`.
//!
//! # How an update works
//!
//! A report whose id exists in its organization updates that task. `null` keeps the stored value, and so do
//! `duration: 0.0` and `used_tools: []`, which cannot be told from "not given". `is_success` sets the status:
//! `false` is failed, `true` and `null` are completed. Every accepted request that created or changed a task
//! is also stored as it was sent, as a [`Revision`], with the fields that it changed.
//!
//! # Queries
//!
//! [`LocalPlatform::list`] and [`summary`](LocalPlatform::summary) take a [`Filter`]: agent, status, tool,
//! time, and words in the first MiB of the input or result. [`LocalPlatform::metrics`] sums by day, agent and
//! tool. Up to 256 different tools of one task are counted and can be filtered by.
//!
//! # Storage and durability
//!
//! Data is kept in memory (up to 1 GiB), or with [`Builder::data`] in a SQLite file. A report is answered once
//! it is committed, so it survives a crash of the process; a power failure may lose the last reports. A data
//! file has one platform at a time. [`Builder::retention`] limits how long tasks are kept; the file shrinks when
//! tasks are deleted.
//!
//! # Access
//!
//! The platform listens on 127.0.0.1 unless [`Builder::host`] says otherwise. It answers only requests addressed
//! to a loopback name or to one of [`Builder::allow_host`], and refuses requests of foreign web pages on every
//! route. Any API key is accepted, since programs of the same machine are trusted, unless there is a
//! [`Builder::token`].
//!
//! # Limits
//!
//! | limit | what happens beyond it |
//! |---|---|
//! | 32 MiB for a body | 413 |
//! | 64 MiB for all bodies in progress | 503 with `Retry-After: 1` |
//! | 64 KiB for the head of a request | 431, or 414 for its path |
//! | 30 s until a client sends the next head of a request, the next part of a body, or takes the next part of an answer | the connection is closed; for a body with 408 |
//! | half of the files that the process may open for connections, at most 4096 | a new connection takes the place of the one that has been idle the longest |
//!
//! # Cost of a task
//!
//! With the feature `cost` the page of a task shows the cost of its tokens, if its raw response names a model
//! with known list prices. The prices are compiled into the program.
//!
//! # Injected faults
//!
//! [`LocalPlatform::inject`] delays the next reports, refuses them, drops their connections or loses their
//! answers, so that you can test how your program copes.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cost` | the page of a task says what its tokens cost |

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod api;
mod app;
mod builder;
mod error;
mod http;
mod model;
mod pages;
mod platform;
pub mod query;
mod server;
mod store;

pub use builder::{Builder, DEFAULT_PORT};
pub use error::Error;
pub use http::faults::Fault;
pub use model::event::{Event, EventKind};
pub use model::revision::{Changed, Revision, RevisionKind};
pub use model::task::{TaskRecord, TaskStatus, Tokens};
pub use pages::links::task_path;
pub use platform::LocalPlatform;
pub use query::cursor::Paging;
pub use query::filter::Filter;
pub use query::metrics::{Metrics, MetricsQuery};
pub use query::page::TaskPage;
