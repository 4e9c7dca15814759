//! The parked reports of an agent, which are read back in their order. Does no I/O.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

/// The maximum number of reports in hand. The first is a probe, so there is only one at first.
const MAX_IN_HAND: usize = 256;
/// How long to wait before a report that had no room is read again.
const PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Backlog {
    /// The agents whose reports have this subject. There is one, unless two names have the same hash.
    agents: HashSet<String>,
    /// The sequence of the next message that may be one of them.
    next: u64,
    in_hand: usize,
    budget: usize,
    is_reading: bool,
    /// How many reports are being written to the stream of parked reports.
    parking: usize,
    /// All its reports have been read.
    is_read: bool,
    waits_until: Option<Instant>,
}

impl Default for Backlog {
    fn default() -> Self {
        Self {
            agents: HashSet::new(),
            next: 1,
            in_hand: 0,
            budget: 1,
            is_reading: false,
            parking: 0,
            is_read: false,
            waits_until: None,
        }
    }
}

impl Backlog {
    pub(super) fn add_agent(&mut self, agent: &str) {
        if !self.agents.contains(agent) {
            self.agents.insert(agent.to_owned());
        }
    }

    pub(super) fn into_agents(self) -> HashSet<String> {
        self.agents
    }

    /// The next sequence to read and the number of reports, if more should be read now.
    pub(super) fn read(&mut self, now: Instant) -> Option<(u64, usize)> {
        self.waits_until.take_if(|until| *until <= now);
        let may_read = !self.is_reading
            && !self.is_read
            && self.in_hand <= self.budget / 2
            && self.waits_until.is_none();
        if may_read {
            self.is_reading = true;
        }
        may_read.then(|| (self.next, self.budget - self.in_hand))
    }

    /// The message with this sequence was read.
    pub(super) fn on_read(&mut self, sequence: u64, is_in_hand: bool) {
        self.is_reading = false;
        self.next = self.next.max(sequence + 1);
        self.in_hand += usize::from(is_in_hand);
    }

    /// No more reports are in the stream.
    pub(super) fn end(&mut self) {
        self.is_reading = false;
        self.is_read = true;
    }

    /// The next report could not be read.
    pub(super) fn failed(&mut self, now: Instant) {
        self.is_reading = false;
        self.waits_until = Some(now + Duration::from_millis(500));
    }

    /// A report is being written to the stream of parked reports.
    pub(super) fn begin_parking(&mut self) {
        self.parking += 1;
    }

    /// A report has been written to the stream of parked reports if `is_parked`; otherwise it has not.
    pub(super) fn end_parking(&mut self, is_parked: bool) {
        self.parking = self.parking.saturating_sub(1);
        self.is_read &= !is_parked;
    }

    /// A report in hand has ended. `is_well`: the platform accepted it.
    pub(super) fn ended(&mut self, is_well: bool) {
        self.in_hand = self.in_hand.saturating_sub(1);
        if is_well {
            self.budget = (self.budget * 2).min(MAX_IN_HAND);
        }
    }

    /// A report had no room. It is read again later.
    pub(super) fn on_returned(&mut self, sequence: u64, now: Instant) {
        self.in_hand = self.in_hand.saturating_sub(1);
        self.next = self.next.min(sequence);
        self.budget = 1;
        self.is_read = false;
        self.waits_until = Some(now + PAUSE);
    }

    /// Whether newer reports of its agents need not wait any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_read && !self.is_reading && self.parking == 0
    }

    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.waits_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_report_goes_ahead_and_the_rest_follows_when_it_has_arrived() {
        let now = Instant::now();
        let mut backlog = Backlog::default();
        assert_eq!(backlog.read(now), Some((1, 1)));
        assert_eq!(backlog.read(now), None, "one at a time is read");
        backlog.on_read(4, true);
        assert_eq!(backlog.read(now), None, "it is the probe");
        backlog.ended(true);
        assert_eq!(backlog.read(now), Some((5, 2)));
        for sequence in [7, 8] {
            backlog.on_read(sequence, true);
        }
        assert_eq!(backlog.read(now), None);
        backlog.ended(true);
        assert_eq!(backlog.read(now), Some((9, 3)));
        backlog.end();
        assert!(backlog.is_over());
        backlog.begin_parking();
        assert!(!backlog.is_over());
        backlog.end_parking(true);
        assert!(!backlog.is_over());
        assert_eq!(backlog.read(now), Some((9, 3)));
    }

    #[test]
    fn what_had_no_room_is_read_again_later() {
        let now = Instant::now();
        let mut backlog = Backlog::default();
        let _ = backlog.read(now);
        backlog.on_read(4, true);
        backlog.on_returned(4, now);
        assert_eq!(backlog.read(now), None);
        assert!(backlog.wakes_at().is_some());
        assert_eq!(backlog.read(now + PAUSE), Some((4, 1)));
    }
}
