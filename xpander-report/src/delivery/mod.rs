//! Delivery over HTTP: the queue that callers put reports into, and the thread that empties it.

mod dead_letters;
#[cfg(feature = "tower")]
mod deadlines;
mod deliveries;
mod flush;
mod inbox;
#[cfg(feature = "_relay")]
pub(crate) mod keeper;
mod lifecycle;
mod outbox;
mod recent_drops;
#[cfg(feature = "_relay")]
mod relayed;
#[cfg(feature = "_relay")]
pub(crate) mod request_times;
#[cfg(feature = "_relay")]
pub(crate) mod senders;
pub(crate) mod settings;
mod shared;
pub(crate) mod targets;
mod wake;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
#[cfg(feature = "tower")]
use std::time::Instant;

use once_cell::sync::OnceCell;

use crate::delivery::lifecycle::Stage;
use crate::delivery::settings::Settings;
use crate::delivery::shared::Shared;
use crate::envelope::Envelope;
use crate::envelope::redaction::Redaction;
use crate::report::dead_letter::{Chosen, DeadLetters};
use crate::sink::stats::Stats;
use crate::sink::{Background, Delivering, Flushing, Persisting, Sink, Then, Wanted};
#[cfg(feature = "tower")]
use crate::sink::{Overdue, Watched};
use crate::support::process;
#[cfg(feature = "tower")]
use crate::support::sync::lock;

/// The sink behind an application's reporter. When it is dropped, the worker empties the queue and ends.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    /// The process in which it was made.
    generation: u32,
    /// Its worker was started.
    is_started: AtomicBool,
    /// What a forked child uses instead: it has the queue of `shared`, but not the thread that empties it.
    in_child: OnceCell<Box<Self>>,
}

impl Delivery {
    pub(crate) fn new(settings: Settings) -> Self {
        let shared = Arc::new(Shared::new(settings));
        if shared.spool.is_some() {
            // Other processes may have left something behind.
            shared.wake();
        }
        Self {
            shared,
            generation: process::generation(),
            is_started: AtomicBool::new(false),
            in_child: OnceCell::new(),
        }
    }

    /// Makes ready while the first run takes its time: the HTTP client, its certificates.
    #[cold]
    fn start(&self) {
        self.is_started.store(true, Ordering::Relaxed);
        self.shared().wake();
    }

    fn shared(&self) -> &Arc<Shared> {
        if self.generation == process::generation() {
            return &self.shared;
        }
        let child = self
            .in_child
            .get_or_init(|| Box::new(Self::new(self.shared.settings.clone())));
        child.shared()
    }
}

impl Sink for Delivery {
    fn wants(&self, module: &str, function: &str) -> Wanted {
        let wanted = self.shared.settings.targets.want(module, function);
        if wanted.as_task && !self.is_started.load(Ordering::Relaxed) {
            self.start();
        }
        wanted
    }

    fn redaction(&self) -> &Redaction {
        &self.shared.settings.redaction
    }

    fn agent_id(&self) -> Option<&str> {
        self.shared.settings.config.agent_id()
    }

    fn accept(&self, envelope: Box<Envelope>) {
        self.shared().accept(envelope);
    }

    fn count_oversized(&self) {
        self.shared().counters.oversized.add(1);
    }

    fn stats(&self) -> Stats {
        self.shared().stats()
    }

    fn background(&self) -> Option<&dyn Background> {
        Some(self)
    }
}

impl Background for Delivery {
    fn exit_timeout(&self) -> Duration {
        self.shared.settings.limits.exit_timeout
    }

    fn flush(&self, timeout: Duration, after: Then) -> Flushing<'_> {
        let shared = self.shared();
        if after == Then::Shutdown {
            shared.lifecycle.advance(Stage::Closing);
        }
        shared.flush(timeout, after)
    }

    fn drain(&self, timeout: Duration) -> Flushing<'_> {
        self.shared().drain(timeout)
    }

    fn persisted(&self, timeout: Duration) -> Persisting<'_> {
        self.shared().persisted(timeout)
    }

    fn deliver(&self, envelope: Box<Envelope>, timeout: Duration) -> Delivering<'_> {
        self.shared().deliver(envelope, timeout)
    }

    fn dead_letters(&self) -> DeadLetters {
        self.shared().dead.all()
    }

    fn retry_dead_letters(&self, chosen: Chosen<'_>) -> usize {
        let shared = self.shared();
        shared
            .dead
            .take(chosen, |letter| shared.accept_again(letter))
    }

    fn delete_dead_letters(&self, chosen: Chosen<'_>) -> usize {
        self.shared().dead.take(chosen, |_| true)
    }

    #[cfg(feature = "tower")]
    fn watch(&self, at: Instant, run: Box<dyn Overdue>) -> Watched {
        let shared = self.shared();
        let watched = lock(&shared.deadlines).add(at, run);
        shared.wake();
        watched
    }

    #[cfg(feature = "tower")]
    fn unwatch(&self, watched: Watched) {
        lock(&self.shared().deadlines).remove(watched);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        // In a forked child nobody is there to hear of it.
        if self.generation != process::generation() {
            return;
        }
        self.shared.lifecycle.advance(Stage::Abandoned);
        self.shared.lifecycle.notify();
    }
}
