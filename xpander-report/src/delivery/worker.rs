use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};

use super::flush::Flush;
use super::outbox::{Failure, Outbox};
use super::requests::{Outcome, Requests};
use super::trouble::Trouble;
use super::{Shared, lock};
use crate::capture::guarded;
use crate::diagnostics::warn;
use crate::luck::luck;
use crate::own_thread::quietly;
use crate::recognition::recognise;

/// While reports keep coming, the worker looks for them this often and callers need not wake it: a
/// wake-up costs a caller more than all the rest.
const PULSE: Duration = Duration::from_millis(2);

/// So many reports are taken in before others go out.
const BATCH: usize = 256;

/// Starts the thread that empties the queue, with a runtime of its own.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<()> {
    thread::Builder::new()
        .name("xpander-reporter".to_owned())
        .spawn(move || quietly(|| live(shared)))
        .map(drop)
}

/// The thread's life. A panic, which would be a bug, costs neither the reports nor those who wait.
fn live(shared: Arc<Shared>) {
    let mut worker = Worker::new(shared);
    loop {
        let lived = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(|runtime: Runtime| {
                catch_unwind(AssertUnwindSafe(|| runtime.block_on(worker.run())))
            });
        match lived {
            Ok(Ok(())) => return,
            Ok(Err(_)) => warn(format_args!(
                "delivery was interrupted by a panic; it goes on"
            )),
            Err(error) => warn(format_args!("delivery waits for a runtime: {error}")),
        }
        worker.recover();
        thread::sleep(Duration::from_secs(1));
    }
}

struct Worker {
    shared: Arc<Shared>,
    /// Whether reports came since the last pulse.
    is_busy: bool,
    outbox: Outbox,
    requests: Requests,
    flushes: Vec<Flush>,
    trouble: Trouble,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            is_busy: false,
            outbox: Outbox::default(),
            requests: Requests::new(),
            flushes: Vec::new(),
            trouble: Trouble::default(),
        }
    }

    async fn run(&mut self) {
        loop {
            self.take_in(BATCH);
            self.begin_flushes();
            self.send();
            let stop = self.end_flushes();
            if stop {
                self.drop_the_rest();
            }
            let idle = self.shared.abandoned.load(Ordering::SeqCst) && self.outbox.is_empty();
            if (stop || idle) && self.shared.may_end() {
                return;
            }
            self.weigh();
            self.wait().await;
        }
    }

    /// After a panic: what was on the way is sent again, by a new client.
    fn recover(&mut self) {
        self.requests = Requests::new();
        self.outbox.recover(Instant::now());
        for flush in self.flushes.drain(..) {
            flush.end(&self.outbox);
        }
    }

    /// Takes what callers put into the queue, so many at most.
    fn take_in(&mut self, most: usize) {
        for _ in 0..most {
            let Some((ticket, bytes, mut envelope)) = self.shared.queue.pop() else {
                return;
            };
            self.is_busy = true;
            if guarded(|| recognise(&mut envelope)).is_none() {
                warn(format_args!("a response was not read because of a panic"));
            }
            if envelope.is_left_out() {
                self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.shared.settle(&self.shared.counters.left_out, 1);
                continue;
            }
            let id = envelope
                .id
                .get_or_insert_with(crate::sequence::new_id)
                .clone();
            if self.outbox.push(id, ticket, envelope) {
                self.shared.settle(&self.shared.counters.merged, 1);
            }
            self.weigh();
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Tells callers how many bytes are here.
    fn weigh(&self) {
        let held = self.outbox.bytes();
        self.shared.held_bytes.store(held, Ordering::Relaxed);
    }

    fn begin_flushes(&mut self) {
        let requests = std::mem::take(&mut *lock(&self.shared.flushes));
        if requests.is_empty() {
            return;
        }
        // What was accepted before the flush is in the queue by now.
        self.take_in(self.shared.queue.len());
        let now = Instant::now();
        self.outbox.hurry(now);
        self.flushes.extend(
            requests
                .into_iter()
                .map(|request| Flush::begin(request, now)),
        );
    }

    fn has_room(&self) -> bool {
        self.requests.len() < self.outbox.window(self.shared.limits.connections)
    }

    /// Starts as many requests as may be under way at once.
    fn send(&mut self) {
        while self.has_room()
            && let Some((id, envelope)) = self.outbox.next(Instant::now())
        {
            self.requests.start(id, envelope.clone(), &self.shared);
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        if !self.shared.queue.is_empty() {
            // The requests go on between two batches.
            tokio::task::yield_now().await;
            while let Some(outcome) = self.requests.try_next() {
                self.note(outcome);
            }
            return;
        }
        let pulse = self.is_busy.then(|| Instant::now() + PULSE);
        self.is_busy = false;
        if pulse.is_none() {
            self.shared.asleep.store(true, Ordering::SeqCst);
            // A report that came just before may have found the worker awake.
            if !self.shared.queue.is_empty() {
                self.shared.asleep.store(false, Ordering::SeqCst);
                return;
            }
        }
        // Without room, the next thing to happen is that a request ends.
        let retry = self.outbox.wake_at().filter(|_| self.has_room());
        let deadlines = self.flushes.iter().map(|flush| flush.deadline);
        let wake_at = deadlines.chain(retry).chain(pulse).min();
        tokio::select! {
            () = self.shared.wake.notified() => {}
            outcome = self.requests.next() => self.note(outcome),
            () = until(wake_at) => {}
        }
        let woken_by_report = pulse.is_none() && !self.shared.asleep.swap(false, Ordering::SeqCst);
        if woken_by_report {
            // The first of many, perhaps: they are not disturbed while they come.
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = tokio::time::sleep(PULSE) => {}
            }
        }
        while let Some(outcome) = self.requests.try_next() {
            self.note(outcome);
        }
    }

    fn note(&mut self, Outcome { id, result }: Outcome) {
        let shared = Arc::clone(&self.shared);
        let counters = &shared.counters;
        match result {
            Ok(()) => {
                self.trouble.over();
                let tickets = self.outbox.arrived(&id);
                for flush in &mut self.flushes {
                    flush.delivered(&tickets);
                }
                shared.settle(&counters.delivered, 1);
            }
            Err(error) if error.is_retryable() || error.refusal().is_some() => {
                self.trouble.put_off(&id, &error);
                counters.retried.add(1);
                let failure = Failure {
                    refusal: error.refusal(),
                    asked: error.retry_after(),
                };
                if self.outbox.failed(id, Instant::now(), failure, luck()) {
                    shared.settle(&counters.merged, 1);
                }
            }
            Err(error) if error.is_too_large() && self.outbox.cut(&id) => {
                counters.retried.add(1);
            }
            Err(error) => {
                self.trouble.refused(&id, &error);
                let tickets = self.outbox.refused(&id);
                for flush in &mut self.flushes {
                    flush.dropped(&tickets);
                }
                shared.settle(&counters.dead, 1);
            }
        }
    }

    /// Ends the flushes that are over. Returns whether the worker shall end.
    fn end_flushes(&mut self) -> bool {
        let now = Instant::now();
        let is_over = |flush: &Flush| flush.is_over(&self.outbox, now);
        if self
            .flushes
            .iter()
            .any(|flush| flush.stop && is_over(flush))
        {
            return true;
        }
        for flush in self.flushes.extract_if(.., |flush| is_over(flush)) {
            flush.end(&self.outbox);
        }
        false
    }

    /// After a shutdown.
    fn drop_the_rest(&mut self) {
        self.take_in(self.shared.queue.len());
        self.requests.abort();
        let left = self.outbox.parcels() as u64;
        // Counted before anybody is answered, who may look at the counters next.
        self.shared.settle(&self.shared.counters.shut_down, left);
        for flush in self.flushes.drain(..) {
            flush.end_dropped(&self.outbox);
        }
        self.outbox = Outbox::default();
    }
}

async fn until(wake_at: Option<Instant>) {
    match wake_at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
