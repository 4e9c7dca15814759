//! Report LLM work to [xpander.ai](https://xpander.ai): put one attribute on a function that calls a model, and every run
//! appears in your agent's task history and metrics.
#![cfg_attr(
    feature = "http",
    doc = r#"
```no_run
use xpander_report::{Tokens, current_task, external_task};

#[external_task]
async fn summarise(text: &str) -> Result<String, std::io::Error> {
    // call a model; then, for instance:
    current_task().tokens(Tokens::new(812, 96));
    Ok(format!("{} characters", text.len()))
}

#[tokio::main]
async fn main() -> Result<(), std::io::Error> {
    let _reporting = xpander_report::init(); // XPANDER_API_KEY, XPANDER_AGENT_ID
    summarise("…").await?;
    Ok(())
}
```
"#
)]
//!
//! - [`init`]: starts reporting as the environment configures it, and delivers the remaining reports at the end of `main`.
//! - [`external_task`]: the attribute, with all its keys.
//! - [`current_task`]: a handle to the current run. [`tool`]: an attribute for the functions that a model calls.
//! - [`ProviderResponse`]: reads the responses of LLM providers.
#![cfg_attr(
    feature = "_middleware",
    doc = "- [`CatchResponses`]: a middleware that reads responses in the HTTP client, for functions that return only text."
)]
//! - [Spans for OpenTelemetry](macro@external_task#spans-for-opentelemetry), with the feature `tracing`: the same runs in
//!   your OpenTelemetry backend.
#![cfg_attr(
    feature = "tower",
    doc = "- [`TaskLayer`]: a `tower` layer for job frameworks, servers and AWS Lambda that reports each call of a service as a run."
)]
//! - [`Reporter`]: accepts reports without blocking and delivers them in the background.
#![cfg_attr(
    feature = "http",
    doc = "- [`Client`]: calls the platform directly, one request per report.\n- [`Config`]: the platform's address and key, and all environment variables."
)]
//! - [`testing::Recorder`]: assert on your own instrumentation.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http` | yes | delivery to the platform: the client, the background worker, the spool, TLS |
//! | `tower` | | `TaskLayer`, which makes a task of each call of a service, and `CatchResponses` as a `tower` layer |
//! | `reqwest-middleware` | | `CatchResponses` as a middleware of that crate |
//! | `bedrock` | | the responses of the AWS SDK's Converse and InvokeModel, and `CatchResponses` as its interceptor |
//! | `signals` | | delivers the remaining reports on SIGTERM, SIGINT and SIGHUP |
//! | `metrics` | | exports the reporter's counters to the crate `metrics` |
//! | `tracing` | | makes runs spans by OpenTelemetry's conventions, and sends the library's messages to the program's `tracing` subscriber; works without `http` |
//!
//! Libraries should use `default-features = false`, which leaves out delivery. Their runs are reported if the application
//! enables `http`.
//!
//! # Limits
//!
//! The attribute does not work on a `const fn` or on a function with `#[track_caller]`. It cannot follow a stream or a future
//! of a custom type. A compiler error says what to do.
#![cfg_attr(
    feature = "http",
    doc = "[`ReporterBuilder`] lists all bounds of the queue, the spool and the fields, with their defaults."
)]
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_debug_implementations)]

#[cfg(feature = "http")]
mod delivery;
mod envelope;
#[cfg(all(xpander_fuzzing, feature = "http"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "_middleware")]
mod middleware;
#[cfg(feature = "http")]
mod platform;
mod private;
mod provider;
#[cfg(feature = "_relay")]
#[doc(hidden)]
pub mod relay;
mod report;
mod reporter;
mod run;
mod sink;
#[cfg(feature = "http")]
mod spool;
mod support;
pub mod testing;

#[cfg(feature = "http")]
pub use delivery::settings::{Durability, Overflow};
pub use envelope::redaction::Redaction;
#[cfg(feature = "tower")]
pub use layer::TaskLayer;
#[cfg(feature = "tower")]
pub use layer::future::TaskFuture;
#[cfg(feature = "tower")]
pub use layer::service::TaskService;
#[cfg(feature = "tower")]
pub use layer::time::IntoDeadline;
#[cfg(feature = "_middleware")]
pub use middleware::CatchResponses;
#[cfg(feature = "tower")]
pub use middleware::body::CaughtBody;
#[cfg(feature = "tower")]
pub use middleware::tower::{Catching, CatchingFuture, HttpAnswer};
#[cfg(feature = "http")]
pub use platform::client::Client;
#[cfg(feature = "http")]
pub use platform::config::{Config, ConfigBuilder, Setting, Source};
#[cfg(feature = "http")]
pub use platform::error::{ConfigError, DecodeError, Error, StatusError, TransportError};
#[cfg(feature = "bedrock")]
pub use provider::bedrock::Bedrock;
pub use provider::billing::{Billing, MediaTokens};
pub use provider::llm_response::{LlmResponse, Serialized};
pub use provider::response::ProviderResponse;
pub use provider::shape::Shape;
pub use report::TaskReport;
pub use report::agent::Agent;
pub use report::dead_letter::{DeadLetter, DeadLetters};
pub use report::task::{Task, TaskInput, TaskStatus};
pub use report::tokens::Tokens;
#[cfg(feature = "http")]
pub use reporter::builder::ReporterBuilder;
pub use reporter::init::init;
pub use reporter::{AlreadyInstalled, Reporter, ReporterGuard};
pub use run::handle::{EnteredTask, InTask, TaskHandle, WithTask, current_task};
pub use sink::delivery_outcome::{DeliveryOutcome, DropReason};
#[cfg(feature = "http")]
pub use sink::event::Event;
pub use sink::stats::{Dropped, FailingAgent, FlushOutcome, NotPersisted, Stats};
#[cfg(feature = "http")]
pub use spool::inspect::{Purged, SpoolDirectory, SpoolSegment, SpooledReport, UnreadableFile};
#[cfg(feature = "http")]
pub use spool::recover::{DamagedFile, Recovered};
#[doc = include_str!("external_task.md")]
pub use xpander_report_macros::external_task;
#[doc = include_str!("tool.md")]
pub use xpander_report_macros::tool;

/// What the attribute's expansion calls. Not for use by hand. The name holds the version, so that an attribute and
/// a library of different versions do not meet.
#[doc(hidden)]
pub mod __private_0_1 {
    pub use crate::private::*;
}
