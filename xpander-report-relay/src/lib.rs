//! A relay for [`xpander-report`](xpander_report): programs report to it as to the platform, and it delivers. One place
//! has the platform's key, the way out and the retries.
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
//! // A program needs nothing but the relay's address.
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
//! # What is promised
//!
//! A report is answered with a task when it is on disk, and not before; otherwise with 503, `Retry-After` and a `detail`.
//! It never waits in memory alone. What was answered is delivered once the platform takes it, also by another relay
//! process with the same directory. It is sent as it came: nothing is recognised, scrubbed or cut, since the sender has
//! done that. Of reports of one task the newer goes before the older, field by field.
//!
//! # Access
//!
//! Without tokens it listens on this machine only. With a [tokens file](Builder::tokens) it answers to every host name,
//! and each token is for the agents in its line. `/healthz` is open.
//!
//! # Its own calls
//!
//! | call | answer |
//! |---|---|
//! | `GET /healthz` | 200 while the process runs |
//! | `GET /readyz` | 200 if a report would be accepted now, else 503 with `detail` |
//! | `GET /metrics` | the state as Prometheus text |
//! | `GET /xpander-relay` | the [`Status`] as JSON |
//! | `GET /xpander-relay/dead-letters` | the reports that the platform refused for good |
//! | `POST /xpander-relay/dead-letters`, `POST …/{task}` | sends them, or those of a task, again |
//! | `DELETE /xpander-relay/dead-letters`, `DELETE …/{task}` | deletes them |
//! | `DELETE /xpander-relay/tasks/{task}` | deletes what is here of a task |
//!
//! Those that show or change dead letters and tasks need a token for all agents.

#![forbid(unsafe_code)]

mod api;
mod app;
mod builder;
mod error;
mod name;
mod refusals;
mod relay;
mod spool_store;
mod status;
mod store;
mod tls;
mod tokens;

pub use builder::{Builder, DEFAULT_PORT};
pub use error::Error;
pub use relay::Relay;
pub use status::{DeadLetterEntry, FailingAgent, Purged, Status};
