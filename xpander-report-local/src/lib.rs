//! The local platform: the platform's HTTP API on your own machine, with data in SQLite and pages that show every task.
//!
//! It needs no account and no network. Start it in a test or an example, point the code under test to
//! [`LocalPlatform::url`] with any API key, and read the tasks back:
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
//! platform.stop();
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
//! | `GET /agent-execution/{task_id}/response` | its raw response, as it was reported; the public platform does not have this |
//! | `PATCH /agent-execution/{task_id}/update` | the task, with the fields set that are not null |
//! | `DELETE /agent-execution/{task_id}` | the task, stopped; it is not erased |
//! | `GET /agent-execution/executions/history/{agent_id}`, `…/history/user/{user_id}` | tasks, newest first; filters `status`, `internal_status`, `user_id`, `parent_task_id`, `triggering_agent_id`, `page`, `per_page`, and those that the public platform does not have: `tool`, `model`, `q`, `from_date`, `to_date` |
//! | `GET /activity/{agent_id}/{task_id}` | the task's input, tools and result as a conversation |
//! | `POST /agents-metrics/{agent_id}/execution` | the task `execution_id`, with tokens and tools merged into it |
//! | `GET /agents/list`, `GET /agents/{agent_id}` | the agents that have reported |
//! | `PATCH /agents/{agent_id}/sync_local_tools` | `{"graph": []}` |
//! | `GET /v1/tasks` | `{items, total, page, per_page, total_pages}`; filters `agent_id`, `status`, `user_id`, `from_date`, `to_date`, and `tool`, `model`, `q` |
//! | `GET /`, `/tasks/{task_id}`, `/metrics`, `/agents` | the pages |
//! | `GET /tasks.csv`, `/tasks.jsonl` | the tasks of the list's filter: `status`, `agent`, `tool`, `model`, `q`, `last`, `from`, `to`, `organization` |
//!
//! A task has `model` and `cost_usd` beside the fields of the public platform, in lists `input_start`, `duration`,
//! `tokens` and `used_tools`, too.
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
//! model, time, and words in the first MiB of the input or result. [`LocalPlatform::metrics`] sums by day, agent, tool
//! and model. Up to 256 different tools and 16 different models of one task are counted and can be filtered by.
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
//! # Cost
//!
//! Each response in a report's `llm_response` is priced from its own usage when the report arrives; the cost of a task
//! is the sum ([`TaskRecord::cost`]), and [`TaskRecord::charges`] has the cost of each response and its basis. A charge that
//! the provider states is used unchanged. A local server (Ollama, llama.cpp, LM Studio) costs nothing. [`Builder::prices`]
//! adds or overrides prices. With the feature `cost`, the other prices come from a list that is compiled into the program
//! ([`PRICE_LIST_DATE`]). The provider is the one that the response shows or, without it, the one that the model's name
//! suggests. A model without a known price has no cost, and neither has a task with such a response. Sums count those tasks
//! separately.
//!
//! # Injected faults
//!
//! [`LocalPlatform::inject`] delays the next reports, refuses them, drops their connections or loses their
//! answers, so that you can test how your program handles failures. A fault can be limited to one agent.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cost` | computes costs with a price list that is compiled into the program |
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![warn(missing_debug_implementations)]

mod api;
mod app;
mod builder;
mod error;
mod http;
mod model;
mod pages;
mod platform;
mod pricing;
pub mod query;
mod server;
mod store;

pub use builder::{Builder, DEFAULT_PORT};
pub use error::Error;
pub use http::faults::Fault;
pub use model::charge::{Basis, Charge};
pub use model::cost::Cost;
pub use model::event::{Event, EventKind};
pub use model::revision::{Changed, Revision, RevisionKind};
pub use model::task::{TaskRecord, TaskStatus, Tokens};
pub use pages::links::{task_path, task_query};
pub use platform::LocalPlatform;
pub use pricing::{PRICE_LIST_DATE, Prices};
pub use query::cursor::Paging;
pub use query::filter::Filter;
pub use query::metrics::{Metrics, MetricsQuery};
pub use query::page::TaskPage;
