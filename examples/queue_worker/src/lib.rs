//! A worker that takes jobs from a queue, NATS JetStream, and calls a model for each.
//!
//! Every job is exactly one task in the history, wherever the worker is killed and whether or not the platform
//! can be reached:
//!
//! - The job's id is the task's id, so that a job that comes twice updates its task.
//! - A job is acknowledged when its report is safe ([`Reporter::persisted`](xpander_report::Reporter::persisted)),
//!   and not before. A worker that is killed earlier gets it again.
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
