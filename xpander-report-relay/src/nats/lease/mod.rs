//! The lease by which one relay forwards at a time. Knows no clock and does no I/O.
//!
//! The lease is one entry of a bucket. Each write names the revision that it replaces, so that of two writers one fails.
//! A relay that holds it counts from the moment *before* it sent its last successful write. One that wants it counts from
//! the moment *after* it has read an entry, and takes the lease when the entry has not changed for longer than the lease
//! lasts. No wall clocks are compared, so it does not matter how they are set.

#[cfg(test)]
mod model;

use std::time::Duration;

/// A moment by both clocks of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// It never goes back, but stands still while the machine is suspended.
    pub(crate) monotonic: Duration,
    /// It goes on while the machine is suspended, but may be set.
    pub(crate) wall: Duration,
}

impl Moment {
    fn since(self, earlier: Self) -> Duration {
        self.monotonic.saturating_sub(earlier.monotonic)
    }

    /// The time since `earlier`, by the clock that advanced more.
    fn at_most_since(self, earlier: Self) -> Duration {
        let wall = self.wall.saturating_sub(earlier.wall);
        self.since(earlier).max(wall)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timing {
    /// How long the lease lasts after a write.
    pub(crate) lease: Duration,
    /// How long a request to the platform may last, and a margin.
    pub(crate) reach: Duration,
    /// How often the holder writes.
    pub(crate) renew: Duration,
    /// How often the others read.
    pub(crate) look: Duration,
}

impl Timing {
    /// For requests that last no longer than this.
    pub(crate) fn of(request: Duration, lease: Duration) -> Self {
        let slack = lease.saturating_sub(request);
        Self {
            lease,
            reach: request + slack / 10,
            renew: (slack / 5).min(Duration::from_secs(2)),
            look: (slack / 8).clamp(Duration::from_millis(20), Duration::from_millis(500)),
        }
    }

    /// How long another relay waits. Clocks do not run at the same rate everywhere.
    fn patience(&self) -> Duration {
        self.lease + self.lease / 20
    }
}

/// The entry, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) revision: u64,
    pub(crate) holder: Holder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The last holder has released it and has no request in flight.
    Nobody,
    /// The one who reads.
    Me,
    /// Another one, or it was deleted by hand.
    Other,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Read,
    /// Write the entry, if this is still its revision; 0: if there is none.
    Write(u64),
    Sleep(Duration),
}

/// Why a write failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The entry has another revision.
    Conflict,
    /// It is unknown whether the entry was written.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Lease {
    timing: Timing,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Free {
        /// The revision that was read, and when that was first.
        seen: Option<(u64, Moment)>,
        /// The revision to replace, if it may be taken.
        take: Option<u64>,
        read_at: Option<Moment>,
    },
    Held {
        term: u64,
        revision: u64,
        /// The time before the last successful write was sent.
        since: Moment,
        tried_at: Moment,
        /// A write failed because the entry has another revision. This may be the relay's own write, whose answer was
        /// lost.
        is_doubtful: bool,
    },
}

impl State {
    const FREE: Self = Self::Free {
        seen: None,
        take: None,
        read_at: None,
    };
}

impl Lease {
    pub(crate) fn new(timing: Timing) -> Self {
        Self {
            timing,
            state: State::FREE,
        }
    }

    /// The revision with which the lease was taken, while it is held. All requests of a term end before another term
    /// can begin, on this relay or another.
    pub(crate) fn term(&self) -> Option<u64> {
        match self.state {
            State::Held { term, .. } => Some(term),
            State::Free { .. } => None,
        }
    }

    /// Whether a request may start now. It must end before another relay can take the lease.
    #[cfg(test)]
    pub(crate) fn may_start(&self, now: Moment) -> bool {
        self.permit().is_some_and(|permit| permit.is_valid(now))
    }

    /// Until when requests may start.
    pub(crate) fn permit(&self) -> Option<Permit> {
        match self.state {
            State::Held { since, .. } => Some(Permit {
                since,
                lasts: self.timing.lease.saturating_sub(self.timing.reach),
            }),
            State::Free { .. } => None,
        }
    }

    /// What to do now. It may end a term.
    pub(crate) fn next(&mut self, now: Moment) -> Step {
        match self.state {
            State::Held { since, .. } if now.since(since) >= self.timing.lease => {
                self.state = State::FREE;
                Step::Read
            }
            State::Held {
                is_doubtful: true, ..
            } => Step::Read,
            State::Held {
                revision,
                since,
                tried_at,
                ..
            } => {
                let renew = self.timing.renew;
                // A clock that went on while the machine was suspended closes the permit at once.
                let waited = now.at_most_since(since).min(now.at_most_since(tried_at));
                match renew.checked_sub(waited) {
                    Some(left) if !left.is_zero() => {
                        let ends = self.timing.lease.saturating_sub(now.since(since));
                        Step::Sleep(left.min(ends))
                    }
                    _ => Step::Write(revision),
                }
            }
            State::Free {
                take: Some(revision),
                ..
            } => Step::Write(revision),
            State::Free {
                read_at: Some(at), ..
            } if now.since(at) < self.timing.look => Step::Sleep(self.timing.look - now.since(at)),
            State::Free { .. } => Step::Read,
        }
    }

    /// The entry was read; none: it could not be.
    pub(crate) fn on_read(&mut self, now: Moment, read: Option<Option<Entry>>) {
        match &mut self.state {
            State::Held {
                revision,
                is_doubtful,
                tried_at,
                ..
            } => match read {
                Some(Some(entry)) if entry.holder == Holder::Me => {
                    *revision = entry.revision;
                    *is_doubtful = false;
                    // The next write follows at once.
                    tried_at.monotonic = Duration::ZERO;
                    tried_at.wall = Duration::ZERO;
                }
                Some(_) => self.state = State::FREE,
                None => {}
            },
            State::Free {
                seen,
                take,
                read_at,
            } => {
                *read_at = Some(now);
                *take = None;
                match read {
                    None => {}
                    Some(None) => *take = Some(0),
                    Some(Some(entry)) => match entry.holder {
                        Holder::Nobody | Holder::Me => *take = Some(entry.revision),
                        Holder::Other => {
                            let first = seen.filter(|(revision, _)| *revision == entry.revision);
                            let (_, since) = *seen.insert(first.unwrap_or((entry.revision, now)));
                            if now.since(since) > self.timing.patience() {
                                *take = Some(entry.revision);
                            }
                        }
                    },
                }
            }
        }
    }

    /// A write was sent at that moment; its answer is the new revision.
    pub(crate) fn on_written(&mut self, sent: Moment, written: Result<u64, Failed>) {
        match (&mut self.state, written) {
            (
                State::Held {
                    revision,
                    since,
                    tried_at,
                    ..
                },
                Ok(new),
            ) => {
                *revision = new;
                *since = sent;
                *tried_at = sent;
            }
            (
                State::Held {
                    tried_at,
                    is_doubtful,
                    ..
                },
                Err(failed),
            ) => {
                *tried_at = sent;
                *is_doubtful = failed == Failed::Conflict;
            }
            (State::Free { .. }, Ok(revision)) => {
                self.state = State::Held {
                    term: revision,
                    revision,
                    since: sent,
                    tried_at: sent,
                    is_doubtful: false,
                };
            }
            (State::Free { take, .. }, Err(_)) => *take = None,
        }
    }

    /// Releases the lease. Returns the revision of the entry that the caller may replace to announce this. It must not
    /// do so while a request is in flight.
    pub(crate) fn release(&mut self) -> Option<u64> {
        match std::mem::replace(&mut self.state, State::FREE) {
            State::Held { revision, .. } => Some(revision),
            State::Free { .. } => None,
        }
    }
}

/// Requests may start until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permit {
    since: Moment,
    lasts: Duration,
}

impl Permit {
    pub(crate) fn is_valid(&self, now: Moment) -> bool {
        now.at_most_since(self.since) < self.lasts
    }
}
