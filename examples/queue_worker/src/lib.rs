//! A worker that takes jobs from a queue, NATS JetStream, and calls a model for each.
//!
//! Every job in the queue becomes exactly one task in the history, even if the worker is killed at any point or the
//! platform cannot be reached:
//!
//! - The job's id is the task's id, so a redelivered job updates its task.
//! - A job is acknowledged when its report is safe ([`Reporter::persisted`](xpander_report::Reporter::persisted)), and
//!   not before. If the worker is killed earlier, the job is redelivered.
//!
//! A worker cannot report jobs that the queue loses:
//!
//! - JetStream confirms a job up to two minutes before it is synced to disk. A loss of power may lose the jobs of that
//!   time, unless the server is set to `sync_interval: always`.
//! - This example's stream has one replica, which is lost with its disk. Three replicas survive the loss of one.
//! - Servers before 2.10.23 may lose acknowledgements: a finished job is redelivered, which updates its task. They may
//!   also stop delivering jobs. Debian 12 has such a server.
//!
//! [`summarise`] has the instrumented function, [`worker`] the order of the steps, and [`queue`] the NATS-specific
//! code.

pub mod job;
pub mod queue;
mod stop;
pub mod summarise;
pub mod worker;

/// An error of the queue, as text.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
