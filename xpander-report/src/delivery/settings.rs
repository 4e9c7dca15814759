use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "_relay")]
use crate::delivery::keeper::Keeper;
use crate::delivery::targets::Targets;
use crate::envelope::redaction::Redaction;
use crate::platform::config::Config;
use crate::sink::event::Listener;
use crate::spool::writer::{Spool, SpoolLimits};

/// The bounds of a reporter, with their defaults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Reports accepted and not settled: in the queue, on the way, waiting for a retry.
    pub(crate) queue_capacity: u64,
    /// The bytes that they hold.
    pub(crate) queue_bytes: usize,
    pub(crate) overflow: Overflow,
    /// Requests on the way at once.
    pub(crate) connections: usize,
    /// How long the end of the program waits.
    pub(crate) exit_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_capacity: 10_000,
            queue_bytes: 64 << 20,
            overflow: Overflow::default(),
            connections: 4,
            exit_timeout: Duration::from_secs(2),
        }
    }
}

/// Which reports to drop when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// The newest: incoming reports are rejected.
    #[default]
    DropNewest,
    /// The oldest that are not being sent. The queue may briefly hold twice its limit.
    DropOldest,
}

#[doc = include_str!("../durability.md")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Durability {
    /// In memory. The end of the program writes the remaining reports to the spool.
    Memory,
    /// Written to the spool before the call returns.
    #[default]
    Process,
    /// Written to the spool before the call returns, and synced to disk shortly after, many reports at once.
    Disk,
}

/// What a reporter is made of.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) config: Arc<Config>,
    pub(crate) limits: Limits,
    pub(crate) redaction: Redaction,
    pub(crate) targets: Targets,
    pub(crate) listener: Listener,
    /// What is left is delivered when a signal ends the program.
    pub(crate) delivers_on_signals: bool,
    pub(crate) spool: SpoolSettings,
    /// The keeper of the reports, if this process does not keep them itself.
    #[cfg(feature = "_relay")]
    pub(crate) keeper: Option<Keeper>,
}

/// Where reports wait besides memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpoolSettings {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) durability: Durability,
    pub(crate) limits: SpoolLimits,
}

impl Settings {
    pub(crate) fn open_spool(&self) -> Option<Spool> {
        let dir = self.spool.dir.clone()?;
        let platform = self.config.base_url().to_owned();
        Some(Spool::new(dir, platform, self.spool.limits))
    }

    /// Whether each report is written to the spool when it is accepted.
    pub(crate) fn is_durable(&self) -> bool {
        self.spool.durability != Durability::Memory
    }

    /// Whether what is written shall survive a loss of power.
    pub(crate) fn is_synced(&self) -> bool {
        self.spool.durability == Durability::Disk
    }
}
