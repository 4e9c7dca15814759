//! A keeper stores reports outside of this process until they have ended. A NATS stream is a keeper.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::delivery::outbox::pending::Ticket;
use crate::envelope::outgoing::Outgoing;

/// Gets a notice of each of its reports, and decides whether requests may start.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) notices: UnboundedSender<Notice>,
    pub(crate) may_send: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

/// The outcome of reports of one task that were merged into one. The numbers are the keeper's.
#[derive(Debug)]
pub enum Notice {
    /// They have ended.
    Ended(Vec<u64>, StreamEnding),
    /// Their agent fails while other agents do not. These reports, and all later reports of the agent, wait at the
    /// keeper until the agent is taken back.
    GivenUp(Vec<u64>, String),
}

/// How reports of a stream ended.
#[derive(Debug)]
pub enum StreamEnding {
    /// The platform accepted them.
    Delivered,
    /// The platform had all of their content already.
    Superseded,
    /// The data of the task was deleted.
    Purged,
    /// The platform permanently refused the report, for this reason.
    Refused(String),
}

/// A report that somebody keeps.
#[derive(Debug)]
pub(crate) struct Kept {
    /// A number that was not used before.
    pub(crate) ticket: Ticket,
    pub(crate) outgoing: Outgoing,
    /// The keeper delivers this report again after it was given up.
    pub(crate) comes_again: bool,
}
