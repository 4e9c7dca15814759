//! Jobs, tasks, and everything that may happen between them: with a real queue, a local platform, and workers
//! in processes of their own.
#![cfg(unix)]

mod kills;
mod nats;
mod place;
mod queue;
mod worker;

use std::time::Duration;

/// Nothing that works takes so long.
const LONG: Duration = Duration::from_secs(60);
