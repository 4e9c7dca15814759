//! A worker that takes jobs from a queue, NATS JetStream, and calls a model for each.
//!
//! Every job that the queue keeps is exactly one task in the history, wherever the worker is killed and whether or not
//! the platform can be reached:
//!
//! - The job's id is the task's id, so that a job that comes twice updates its task.
//! - A job is acknowledged when its report is safe ([`Reporter::persisted`](xpander_report::Reporter::persisted)),
//!   and not before. A worker that is killed earlier gets it again.
//!
//! What the queue loses, no worker can report:
//!
//! - JetStream confirms a job before it is synced to disk, which follows within two minutes: a loss of power may take
//!   the jobs since then, unless the server is set to `sync_interval: always`.
//! - A stream of one replica, as it is made here, is lost with its disk. Three replicas outlive the loss of one.
//! - Servers before 2.10.23 may lose acknowledgements: a job that is done comes again, which updates its task. They may
//!   also stop giving out jobs. Debian 12 has such a server.
//!
//! What there is to instrument is in [`summarise`], the order of the steps in [`worker`], what is particular to
//! NATS in [`queue`].

pub mod job;
pub mod queue;
mod stop;
pub mod summarise;
pub mod worker;

/// Whatever goes wrong with the queue, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
