//! Jobs become tasks whatever happens in between: with a real queue, a local platform, and workers in their own
//! processes.
#![cfg(unix)]

mod kills;
mod nats;
mod place;
mod queue;
mod worker;

use std::time::Duration;

/// A timeout that only a bug reaches.
const LONG: Duration = Duration::from_secs(60);
