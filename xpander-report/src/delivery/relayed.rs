//! Finished reports of other processes, which the relay accepts. They are kept as they came, on disk or not at all.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::delivery::Delivery;
use crate::delivery::lifecycle::Stage;
use crate::delivery::request_times::TIME_BOUNDS;
use crate::delivery::shared::{Order, Purged, Shared, Standing};
use crate::envelope::outgoing::Outgoing;
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
