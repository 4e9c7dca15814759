//! Finished reports of other processes, which the relay accepts. They are kept as they came, on disk or not at all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::delivery::Delivery;
use crate::delivery::keeper::Kept;
use crate::delivery::lifecycle::Stage;
use crate::delivery::request_times::TIME_BOUNDS;
use crate::delivery::shared::{Order, Purged, Queued, Shared, Standing};
use crate::envelope::outgoing::Outgoing;
use crate::envelope::sequence::Sequence;
use crate::platform::api::PlaceInProcess;
use crate::report::TaskReport;
use crate::report::task_id::TaskId;
use crate::support::sync::lock;

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
        let sequence = lock(&self.senders).sequence(Sequence::next(), place);
        // Whether there are more reports of its task, only the sender knows.
        let outgoing = Outgoing::new(report, TaskId::from(id), true, sequence);
        spool.seal_if_moved();
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
        self.purge_until(id, Sequence::next()).await
    }

    pub(crate) async fn purge_until(&self, id: TaskId, until: Sequence) -> Purged {
        let order = |answer| Order::Purge(id, until, answer);
        self.shared().order(order).await.unwrap_or_default()
    }

    /// Takes a report that somebody keeps until it has ended.
    pub(crate) fn take(&self, kept: Kept) {
        let shared = self.shared();
        // Counted before the worker can see it.
        shared.counters.adopted.add(1);
        let queued = Queued::Kept(Box::new(kept));
        let bytes = queued.bytes();
        shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        shared.queue.push((bytes, queued));
        shared.wake();
    }

    /// Takes reports of an agent again that it gave up before.
    pub(crate) async fn take_back(&self, agent: String) {
        let order = |answer| Order::TakeBack(agent, answer);
        let _ = self.shared().order(order).await;
    }

    /// Requests may start again.
    pub(crate) fn resume(&self) {
        let shared = self.shared();
        if shared.start() {
            shared.lifecycle.notify();
        }
    }
}
