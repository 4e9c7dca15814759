//! Report LLM work to [xpander.ai](https://xpander.ai): one attribute on a function that calls a
//! model, and every run of it is in your agent's task history and metrics.
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
//! - [`init`]: reports as the environment says, and delivers what is left at the end of `main`.
//! - [`external_task`]: the attribute, with all its keys.
//! - [`current_task`]: the run, seen from inside the function; [`tool`]: an attribute for the functions
//!   that a model calls.
//! - [`ProviderResponse`]: what is read from the responses of LLM providers.
#![cfg_attr(
    feature = "_middleware",
    doc = "- [`CatchResponses`]: a middleware that reads responses on their way, for functions that return a mere text."
)]
//! - [Spans for OpenTelemetry](macro@external_task#spans-for-opentelemetry), with the feature `tracing`: the same runs in
//!   the backend that you have.
#![cfg_attr(
    feature = "tower",
    doc = "- [`TaskLayer`]: a layer of `tower` for job frameworks, servers and AWS Lambda: each call of a service is a run."
)]
//! - [`Reporter`]: takes reports without blocking and delivers them in the background.
#![cfg_attr(
    feature = "http",
    doc = "- [`Client`]: the platform's call itself, one request and one answer.\n- [`Config`]: where the platform is; all environment variables."
)]
//! - [`testing::Recorder`]: assert on your own instrumentation.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http` | yes | delivery to the platform: the client, the background worker, the spool, TLS |
//! | `tower` | | layers of `tower`: one that makes a task of each call of a service, and one that reads responses in the HTTP client |
//! | `reqwest-middleware` | | the latter as a middleware of that crate |
//! | `bedrock` | | the answers of the AWS SDK's Converse and InvokeModel, and the same as its interceptor |
//! | `signals` | | delivers what is left on SIGTERM, SIGINT and SIGHUP |
//! | `metrics` | | the reporter's numbers for the crate `metrics` |
//! | `tracing` | | runs are spans by OpenTelemetry's conventions; the library's own messages go to the program's `tracing` subscriber. Works without `http` |
//!
//! With `default-features = false` everything that delivers is left out. That is for libraries: their runs are reported
//! if the application that uses them enables `http` and configures a reporter.
//!
//! # Limits
//!
//! The attribute cannot stand on a `const fn` or on a function with `#[track_caller]`. It cannot follow a stream or a future of
//! a type of your own. The compiler says so, with a way out.
#![cfg_attr(
    feature = "http",
    doc = "[`ReporterBuilder`] lists all bounds of the queue, the spool and the fields, with their defaults."
)]
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "http")]
mod delivery;
mod envelope;
#[cfg(all(fuzzing, feature = "http"))]
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
