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
//! - [`Reporter`]: takes reports without blocking and delivers them in the background.
#![cfg_attr(
    feature = "http",
    doc = "- [`Client`]: the platform's call itself, one request and one answer.\n- [`Config`]: where the platform is; all environment variables."
)]
//! - [`testing::Recorder`]: assert on your own instrumentation.
//!
//! With `default-features = false` everything that delivers is left out: that is for libraries,
//! whose runs are reported if the application that uses them enables and configures it.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "http")]
mod delivery;
mod envelope;
#[cfg(all(fuzzing, feature = "http"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "_middleware")]
mod middleware;
#[cfg(feature = "http")]
mod platform;
mod private;
mod provider;
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

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;
