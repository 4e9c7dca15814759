//! The order of reports that other processes send.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::envelope::sequence::Sequence;
use crate::platform::api::PlaceInProcess;

/// How many processes are remembered, and how many reports of each.
const MAX_PROCESSES: usize = 4_096;
const MAX_REPORTS: usize = 128;

/// The places of the last reports of each process that sends some.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    processes: HashMap<u64, Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    /// For each report: the number of reports that the process had accepted, and the time of the report's sequence.
    /// Ordered by the number.
    reports: VecDeque<(u64, Duration)>,
    last: Duration,
}

impl Senders {
    /// Returns the sequence of a report that arrives now; `sequence` is the next one by the clock. If a newer report of
    /// the same process has already arrived, the result is just before that report's sequence. A report that got no
    /// answer may arrive that late.
    pub(crate) fn sequence(
        &mut self,
        mut sequence: Sequence,
        place: Option<PlaceInProcess>,
    ) -> Sequence {
        let Some(PlaceInProcess { process, count }) = place else {
            return sequence;
        };
        if self.processes.len() >= MAX_PROCESSES && !self.processes.contains_key(&process) {
            self.make_room();
        }
        let recent = self.processes.entry(process).or_default();
        recent.last = sequence.at;
        let newer = recent.reports.partition_point(|(known, _)| *known <= count);
        if let Some(first) = recent.reports.range(newer..).map(|(_, at)| *at).min() {
            sequence.at = first.saturating_sub(Duration::from_nanos(1));
        }
        recent.reports.insert(newer, (count, sequence.at));
        if recent.reports.len() > MAX_REPORTS {
            recent.reports.pop_front();
        }
        sequence
    }

    /// Forgets the process that has been silent for longest.
    #[cold]
    fn make_room(&mut self) {
        let silent = self.processes.iter().min_by_key(|(_, recent)| recent.last);
        if let Some(process) = silent.map(|(process, _)| *process) {
            self.processes.remove(&process);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(process: u64, count: u64) -> Option<PlaceInProcess> {
        Some(PlaceInProcess { process, count })
    }

    #[test]
    fn what_comes_late_is_older_than_what_its_process_sent_after_it() {
        let mut senders = Senders::default();
        let mut sequences = HashMap::new();
        for count in [1, 4, 7, 3, 6, 2, 5] {
            sequences.insert(count, senders.sequence(Sequence::next(), place(9, count)));
        }
        let in_order: Vec<_> = (1..=7).map(|count| sequences[&count]).collect();
        assert!(in_order.is_sorted(), "{in_order:?}");
    }

    #[test]
    fn between_processes_and_without_a_place_the_order_is_that_of_arrival() {
        let mut senders = Senders::default();
        let places = [place(1, 100), place(2, 1), None, place(3, 7), place(1, 101)];
        let sequences: Vec<_> = places
            .map(|place| senders.sequence(Sequence::next(), place))
            .into();
        assert!(sequences.is_sorted(), "{sequences:?}");
    }

    #[test]
    fn the_same_report_again_is_the_newest() {
        let mut senders = Senders::default();
        let first = senders.sequence(Sequence::next(), place(1, 5));
        assert!(senders.sequence(Sequence::next(), place(1, 5)) > first);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut senders = Senders::default();
        for process in 0..MAX_PROCESSES as u64 + 10 {
            let _ = senders.sequence(Sequence::next(), place(process, 1));
        }
        assert_eq!(senders.processes.len(), MAX_PROCESSES);
        for count in 0..MAX_REPORTS as u64 * 3 {
            let _ = senders.sequence(Sequence::next(), place(7, count));
        }
        assert!(
            senders
                .processes
                .values()
                .all(|recent| recent.reports.len() <= MAX_REPORTS)
        );
    }

    #[test]
    fn a_place_is_read_as_it_is_sent() {
        for (process, count) in [(0, 0), (u64::MAX, 1), (0xab, u64::MAX)] {
            let place = PlaceInProcess { process, count };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for wrong in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "1-2-3",
            "x-1",
            "10000000000000000-1",
        ] {
            assert!(wrong.parse::<PlaceInProcess>().is_err(), "{wrong}");
        }
    }
}
