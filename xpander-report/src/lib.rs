//! Report LLM work to [xpander.ai](https://xpander.ai): one attribute on a function that calls a
//! model, and every run of it is in your agent's task history and metrics.
#![cfg_attr(
    feature = "http",
    doc = r#"
```no_run
use xpander_report::{Reporter, Tokens, current_task, external_task};

#[external_task]
async fn summarise(text: &str) -> Result<String, std::io::Error> {
    // call a model; then, for instance:
    current_task().tokens(Tokens::new(812, 96));
    Ok(format!("{} characters", text.len()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = Reporter::from_env()?.install()?; // XPANDER_API_KEY, XPANDER_AGENT_ID
    summarise("…").await?;
    Ok(())
}
```
"#
)]
//!
//! - [`external_task`]: the attribute, with all its keys.
//! - [`current_task`]: the run, seen from inside the function; [`tool`]: an attribute for the functions
//!   that a model calls.
//! - [`ProviderResponse`]: what is read from the responses of LLM providers.
#![cfg_attr(
    any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"),
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

mod agent;
#[cfg(feature = "http")]
mod api;
#[cfg(feature = "bedrock")]
mod bedrock;
mod block_on;
#[cfg(feature = "http")]
mod builder;
mod capture;
mod captured;
#[cfg(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"))]
mod caught;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod config;
mod dead_letter;
mod declared;
#[cfg(feature = "http")]
mod delivery;
mod delivery_outcome;
mod diagnostics;
mod envelope;
#[cfg(feature = "http")]
mod error;
#[cfg(feature = "http")]
mod event;
#[cfg(all(fuzzing, feature = "http"))]
#[doc(hidden)]
pub mod fuzzing;
mod global;
mod handle;
mod json;
mod keys;
mod llm_response;
mod luck;
mod outcome;
#[cfg(feature = "http")]
mod outgoing;
mod own_thread;
mod prepare;
#[cfg(feature = "http")]
mod process;
mod provider;
mod recognition;
mod record;
mod redaction;
mod report;
mod reporter;
mod run;
#[cfg(feature = "http")]
mod secret;
mod sequence;
#[cfg(all(unix, feature = "signals"))]
mod signals;
mod sink;
#[cfg(feature = "http")]
mod spool;
#[cfg(feature = "http")]
mod stamps;
mod stats;
mod stream;
mod sync;
#[cfg(feature = "http")]
mod targets;
mod task;
mod task_id;
pub mod testing;
mod tokens;
#[cfg(feature = "http")]
mod untraced;

#[doc = include_str!("external_task.md")]
pub use xpander_report_macros::external_task;
#[doc = include_str!("tool.md")]
pub use xpander_report_macros::tool;

pub use agent::Agent;
#[cfg(feature = "bedrock")]
pub use bedrock::Bedrock;
#[cfg(feature = "http")]
pub use builder::{Durability, Overflow, ReporterBuilder};
#[cfg(any(feature = "bedrock", feature = "reqwest-middleware", feature = "tower"))]
pub use caught::CatchResponses;
#[cfg(feature = "tower")]
pub use caught::{Catching, CatchingFuture, CaughtBody, HttpAnswer};
#[cfg(feature = "http")]
pub use client::Client;
#[cfg(feature = "http")]
pub use config::{Config, ConfigBuilder, Setting, Source};
pub use dead_letter::DeadLetter;
pub use delivery_outcome::{DeliveryOutcome, DropReason};
#[cfg(feature = "http")]
pub use error::{ConfigError, DecodeError, Error, StatusError, TransportError};
#[cfg(feature = "http")]
pub use event::Event;
pub use handle::{EnteredTask, InTask, TaskHandle, WithTask, current_task};
pub use llm_response::{LlmResponse, Serialized};
pub use provider::{ProviderResponse, Shape};
pub use redaction::Redaction;
pub use report::TaskReport;
pub use reporter::{AlreadyInstalled, Reporter, ReporterGuard};
#[cfg(feature = "http")]
pub use spool::{Purged, SpoolDirectory, SpoolSegment, SpooledReport};
pub use stats::{Dropped, FlushOutcome, NotPersisted, Stats};
pub use task::{Task, TaskInput, TaskStatus};
pub use tokens::Tokens;

/// What the attribute's expansion calls. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::capture::{Probe, extract, extract_bool, guarded, type_name_of as type_name};
    pub use crate::handle::called;
    pub use crate::run::{Start, reporter};
    pub use crate::stream::{Item, iterator, keys, shown, stream};
    pub use crate::{__capture as capture, __reason as reason};

    /// The traits of the capture ladder.
    pub mod rungs {
        #[cfg(feature = "bedrock")]
        pub use crate::capture::BedrockRung as _;
        pub use crate::capture::{
            ByteBufferRung as _, BytesRung as _, DebugRung as _, DisplayRung as _, LockRung as _,
            NameRung as _, NoUpperRung as _, SerializeRung as _, StrRung as _, TextRung as _,
        };
    }

    /// The traits of the ladder for errors.
    pub mod error_rungs {
        pub use crate::outcome::{
            DebugErrorRung as _, DisplayErrorRung as _, ErrorRung as _, HeldErrorRung as _,
            NamedErrorRung as _,
        };
    }

    /// The traits that tell a `Result` from other values.
    pub mod kinds {
        pub use crate::outcome::{ProbeResult as _, ProbeValue as _};
        pub use crate::stream::{ProbeNamed as _, ProbeNamedInResult as _};
    }

    /// The traits that tell a stream that can be followed.
    pub mod stream_kinds {
        pub use crate::stream::{ProbeBoxed as _, ProbeNamed as _, ProbeNoStream as _};
    }

    /// The same for functions that are not async, which may return a future unawares.
    pub mod sync_kinds {
        pub use crate::outcome::{
            ProbeFuture as _, ProbeFutureInside as _, ProbeResult as _, ProbeValue as _,
        };
        pub use crate::stream::{ProbeNamed as _, ProbeNamedInResult as _};
    }
}

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;
