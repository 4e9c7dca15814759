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
mod bounded;
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
mod edge;
mod envelope;
#[cfg(feature = "http")]
mod error;
#[cfg(feature = "http")]
mod event;
mod following;
#[cfg(all(fuzzing, feature = "http"))]
#[doc(hidden)]
pub mod fuzzing;
mod global;
mod handle;
mod init;
mod json;
mod keys;
mod kind;
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
pub use init::init;
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
    pub use crate::capture::{Capture, Probe};
    pub use crate::edge::Edge;
    pub use crate::handle::called;
    pub use crate::keys::{Told, extract, extract_bool, extract_by, place, reporter};
    pub use crate::kind::{
        AFuture, AStream, AnIntoFuture, AnIterator, Element, Here, Inside, ShownProbe,
    };
    pub use crate::outcome::{Layer, Outcome};
    pub use crate::run::Start;

    /// The traits of the ladders.
    pub mod rungs {
        #[cfg(feature = "bedrock")]
        pub use crate::capture::BedrockRung as _;
        pub use crate::capture::{
            BufferRung as _, BytesRung as _, DebugRung as _, DisplayRung as _, FloatRung as _,
            LockRung as _, NameRung as _, SerializeRung as _, SharedRung as _, ShownRung as _,
            SomeBufferRung as _, SomeShownRung as _, StrRung as _, TextRung as _,
        };
        pub use crate::outcome::{
            DebugErrorRung as _, DisplayErrorRung as _, ErrorRung as _, HeldErrorRung as _,
            NameErrorRung as _, NoLayer as _, ResultLayer as _, SharedErrorRung as _,
        };
    }

    /// The traits that tell which errors the key `error` is about.
    pub mod errors {
        pub use crate::keys::{
            BoxErrors as _, NoErrors as _, ResultErrors as _, ShownErrors as _, ToldByItself as _,
            ToldByKey as _,
        };
    }

    /// The traits that tell how a run goes on once its function has returned.
    pub mod kinds {
        /// Functions that are not async.
        pub mod called {
            pub use crate::kind::{
                FutureBoxKind as _, NamedFutureKind as _, NamedStreamKind as _, StreamBoxKind as _,
                StreamLaterKind as _, ValueKind as _,
            };
        }

        /// Such functions whose return type spells a future.
        pub mod future {
            pub use crate::kind::{FutureBoxKind as _, NamedFutureKind as _, ValueKind as _};
        }

        /// Such functions, whose keys look at what they return and not at the output of a future.
        pub mod called_with_keys {
            pub use crate::kind::{
                NamedFutureKind as _, NamedStreamKind as _, StreamBoxKind as _, ValueKind as _,
            };
        }

        /// Async functions: a future that they give is a value.
        pub mod awaited {
            pub use crate::kind::{
                FutureBoxKind as _, NamedStreamKind as _, StreamBoxKind as _, StreamLaterKind as _,
                ValueKind as _,
            };
        }

        /// Such functions with keys.
        pub mod awaited_with_keys {
            pub use crate::kind::{NamedStreamKind as _, StreamBoxKind as _, ValueKind as _};
        }

        /// Functions whose key `result` says what is reported of them.
        pub mod with_result {
            pub use crate::kind::{StreamBoxKind as _, ValueKind as _};
        }

        /// What a return type shows.
        pub mod shown {
            pub use crate::kind::{OtherKind as _, ShownKind as _, UnknownKind as _};
        }

        /// The same with the key `result`.
        pub mod shown_with_result {
            pub use crate::kind::{OtherKind as _, ShownKind as _, UnknownValueKind as _};
        }
    }
}

#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;
