//! A relay for [`xpander-report`](xpander_report): programs report to it as they would to the platform, and it
//! delivers their reports. One process has the platform's key, the network access and the retries.
//!
//! ```
//! use std::time::Duration;
//! use xpander_report::{Config, DeliveryOutcome, Reporter, TaskReport};
//! use xpander_report_local::LocalPlatform;
//! use xpander_report_relay::Relay;
//!
//! # let dir = tempfile::tempdir()?;
//! let platform = LocalPlatform::builder().port(0).start()?;
//! let upstream = Config::builder().base_url(platform.url()).api_key("key-of-the-platform");
//! let relay = Relay::builder(upstream, dir.path()).port(0).start()?;
//!
//! // A program needs only the relay's address.
//! let reporter = Reporter::builder().base_url(relay.url()).api_key("any").agent_id("my-agent").build()?;
//! let report = TaskReport::new().id("order-17").result("done");
//! let outcome = reporter.deliver_blocking(report, Duration::from_secs(10));
//! assert!(matches!(outcome, DeliveryOutcome::Delivered(_)), "the relay has it on disk");
//!
//! assert!(relay.drain(Duration::from_secs(10)));
//! assert!(platform.task("order-17")?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! The relay answers a report with a task only after the report is on disk; otherwise it answers 503 with `Retry-After`
//! and a `detail`. No report waits in memory alone. An answered report is delivered as soon as the platform accepts it,
//! if necessary by another relay process with the same directory. The relay forwards reports unchanged: the sender has
//! already read, scrubbed and truncated them. If several reports of one task wait, they are merged field by field, and the
//! newer value wins.
//!
//! # Access
//!
//! Without tokens the relay listens on the loopback interface only. With a [tokens file](Builder::tokens) it accepts
//! requests for every host name, and each token is valid for the agents on its line. `/healthz` needs no token.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `nats` | reports wait in NATS JetStream, for relays on several machines |
//!
//! # The relay's own endpoints
//!
//! | call | answer |
//! |---|---|
//! | `GET /healthz` | 200 while the process runs |
//! | `GET /readyz` | 200 if a report would be accepted now, else 503 with `detail` |
//! | `GET /metrics` | the state as Prometheus text |
//! | `GET /xpander-relay` | the [`Status`] as JSON |
//! | `GET /xpander-relay/dead-letters` | the reports that the platform permanently refused |
//! | `POST /xpander-relay/dead-letters`, `POST …/{task}` | sends them, or those of a task, again |
//! | `DELETE /xpander-relay/dead-letters`, `DELETE …/{task}` | deletes them |
//! | `DELETE /xpander-relay/tasks/{task}` | deletes the relay's reports of a task |
//!
//! The calls that show or change dead letters and tasks need a token for all agents.
//!
//! # Minimum supported Rust version
//!
//! Rust 1.89. A new minor version may need a newer Rust, at least six months old; a patch version does not.

#![forbid(unsafe_code)]

mod api;
mod app;
mod builder;
mod error;
mod name;
#[cfg(feature = "nats")]
mod nats;
mod pem;
mod received;
mod refusals;
mod relay;
mod spool_store;
mod status;
mod store;
mod tls;
mod tokens;

pub use builder::{Builder, DEFAULT_PORT};
pub use error::Error;
#[cfg(feature = "nats")]
pub use nats::Nats;
pub use relay::Relay;
pub use status::{DeadLetterEntry, FailingAgent, ParkedAgent, Purged, Status, Stream};
