//! Who keeps reports outside of this process until they have ended, such as a stream of NATS.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::delivery::outbox::pending::Ticket;
use crate::envelope::outgoing::Outgoing;

/// Hears what becomes of its reports, and says whether requests may start.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) told: UnboundedSender<Told>,
    pub(crate) may_send: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

/// What became of reports that were merged into one.
#[derive(Debug)]
pub(crate) enum Told {
    Ended(Vec<Ticket>, KeptEnding),
    /// They wait for this agent, which fails, and have to wait at the keeper.
    GivenUp(Vec<Ticket>, String),
}

/// How they ended.
#[derive(Debug)]
pub(crate) enum KeptEnding {
    Delivered,
    /// The platform had all of it already.
    Superseded,
    /// The data of the task was deleted.
    Purged,
    /// The platform permanently refused it, for this reason.
    Refused(String),
}

/// A report that somebody keeps.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Not used before.
    pub(crate) ticket: Ticket,
    pub(crate) outgoing: Outgoing,
    /// It was given up before, and comes again.
    pub(crate) comes_again: bool,
}
