//! Finished reports of other processes, which the relay accepts. They are kept as they came, on disk or not at all.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::delivery::Delivery;
use crate::delivery::lifecycle::Stage;
use crate::delivery::shared::{Order, Shared};
pub(crate) use crate::delivery::shared::{Purged, Standing};
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence::Sequence;
use crate::platform::api::PlaceInProcess;
use crate::report::TaskReport;
use crate::report::task_id::TaskId;
use crate::support::sync::lock;

/// So many processes are remembered, and of each so many reports.
const MAX_PROCESSES: usize = 4_096;
const MAX_REPORTS: usize = 128;

/// The places of the last reports of each process that sends some.
#[derive(Debug, Default)]
pub(super) struct Senders {
    processes: HashMap<u64, Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    /// How many the process had accepted with a report, and when that came here. In the order of the former.
    reports: VecDeque<(u64, Duration)>,
    last: Duration,
}

impl Senders {
    /// The sequence of a report that comes now. One that is older than another of its process that came before counts as
    /// older here, too: what got no answer may come late.
    pub(super) fn sequence(&mut self, place: Option<PlaceInProcess>) -> Sequence {
        let mut sequence = Sequence::next();
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

/// The upper bounds of [`RequestTimes`], in milliseconds.
pub(crate) const TIME_BOUNDS: [u64; 11] =
    [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// How long the platform took to answer.
#[derive(Debug, Default)]
pub(super) struct RequestTimes {
    /// Answers by time, the last beyond all bounds.
    counts: [AtomicU64; TIME_BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl RequestTimes {
    pub(super) fn add(&self, took: Duration) {
        let bound = TIME_BOUNDS
            .iter()
            .position(|bound| took <= Duration::from_millis(*bound));
        let count = &self.counts[bound.unwrap_or(TIME_BOUNDS.len())];
        count.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How many answers took how long, and all of them together.
    pub(super) fn read(&self) -> ([u64; TIME_BOUNDS.len() + 1], Duration) {
        let counts = self
            .counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed));
        let sum = Duration::from_micros(self.micros.load(Ordering::Relaxed));
        (counts, sum)
    }
}

impl Shared {
    /// Keeps a report of another process on disk, with its id and its agent.
    pub(super) fn keep_relayed(
        self: &Arc<Self>,
        id: String,
        report: TaskReport,
        place: Option<PlaceInProcess>,
    ) -> io::Result<()> {
        let Some(spool) = &self.spool else {
            return Err(io::Error::other("there is no spool"));
        };
        if self.lifecycle.is_at(Stage::Closing) {
            return Err(io::Error::other("it is being shut down"));
        }
        let sequence = lock(&self.senders).sequence(place);
        // Whether there are more reports of its task, only the sender knows.
        let outgoing = Outgoing::new(report, TaskId::from(id), true, sequence);
        spool.make_sure_of_place();
        // Counted before the worker can see it.
        self.counters.accepted.add(1);
        self.keep_on_disk(outgoing)
    }

    /// Has the worker follow an order. None: there is no worker that could.
    async fn order<T>(
        self: &Arc<Self>,
        order: impl FnOnce(oneshot::Sender<T>) -> Order,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        lock(&self.orders).push(order(answer));
        if self.start() {
            self.lifecycle.notify();
        } else {
            lock(&self.orders).clear();
        }
        answered.await.ok()
    }
}

impl Delivery {
    pub(crate) fn keep_relayed(
        &self,
        id: String,
        report: TaskReport,
        place: Option<PlaceInProcess>,
    ) -> io::Result<()> {
        self.shared().keep_relayed(id, report, place)
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        match &self.shared().spool {
            Some(spool) => spool.check(),
            None => Err(io::Error::other("there is no spool")),
        }
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        match &self.shared().spool {
            Some(spool) => spool.sync(),
            None => Ok(()),
        }
    }

    pub(crate) async fn standing(&self) -> Standing {
        let standing = self.shared().order(Order::Tell).await;
        standing.unwrap_or_default()
    }

    pub(crate) fn request_times(&self) -> ([u64; TIME_BOUNDS.len() + 1], Duration) {
        self.shared().request_times.read()
    }

    pub(crate) fn key_refusal(&self) -> Option<String> {
        let shared = self.shared();
        let is_refused = shared.is_key_refused.load(Ordering::Relaxed);
        is_refused.then(|| lock(&shared.last_error).clone().unwrap_or_default())
    }

    pub(crate) async fn purge(&self, id: &str) -> Purged {
        let id = TaskId::from(id.to_owned());
        let purged = self.shared().order(|answer| Order::Purge(id, answer)).await;
        purged.unwrap_or_default()
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
            sequences.insert(count, senders.sequence(place(9, count)));
        }
        let in_order: Vec<_> = (1..=7).map(|count| sequences[&count]).collect();
        assert!(in_order.is_sorted(), "{in_order:?}");
    }

    #[test]
    fn between_processes_and_without_a_place_the_order_is_that_of_arrival() {
        let mut senders = Senders::default();
        let places = [place(1, 100), place(2, 1), None, place(3, 7), place(1, 101)];
        let sequences: Vec<_> = places.map(|place| senders.sequence(place)).into();
        assert!(sequences.is_sorted(), "{sequences:?}");
    }

    #[test]
    fn the_same_report_again_is_the_newest() {
        let mut senders = Senders::default();
        let first = senders.sequence(place(1, 5));
        assert!(senders.sequence(place(1, 5)) > first);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut senders = Senders::default();
        for process in 0..MAX_PROCESSES as u64 + 10 {
            let _ = senders.sequence(place(process, 1));
        }
        assert_eq!(senders.processes.len(), MAX_PROCESSES);
        for count in 0..MAX_REPORTS as u64 * 3 {
            let _ = senders.sequence(place(7, count));
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
