use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::task::JoinSet;

use super::Shared;
use super::flush::Flush;
use super::outbox::Outbox;
use crate::api::{Api, Request};
use crate::diagnostics::warn;
use crate::envelope::Envelope;
use crate::error::Error;
use crate::luck::luck;
use crate::task_id::TaskId;

/// Starts the thread that empties the queue, with a runtime of its own.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("xpander-reporter".to_owned())
        .spawn(move || runtime.block_on(Worker::new(shared).run()))
        .map(drop)
}

/// While reports keep coming, the worker looks for them this often and callers need not wake it: a
/// wake-up costs a caller more than all the rest.
const PULSE: Duration = Duration::from_millis(2);

struct Worker {
    shared: Arc<Shared>,
    /// Whether reports came since the last pulse.
    is_busy: bool,
    /// Made at the first report; made again if that failed.
    api: Option<Api>,
    outbox: Outbox,
    requests: JoinSet<Outcome>,
    flushes: Vec<Flush>,
    /// The last refusal that was told, so that a thousand of the same are told once.
    told: Option<u16>,
}

/// What became of one try.
struct Outcome {
    id: TaskId,
    result: Result<(), Error>,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            is_busy: false,
            api: None,
            outbox: Outbox::default(),
            requests: JoinSet::new(),
            flushes: Vec::new(),
            told: None,
        }
    }

    async fn run(mut self) {
        loop {
            self.take_in();
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
            self.wait().await;
        }
    }

    /// Takes what callers put into the queue.
    fn take_in(&mut self) {
        while let Some((ticket, mut envelope)) = self.shared.queue.pop() {
            self.is_busy = true;
            let id = envelope
                .id
                .get_or_insert_with(crate::sequence::new_id)
                .clone();
            if self.outbox.push(id, ticket, envelope) {
                self.shared.settle(&self.shared.counters.merged, 1);
            }
        }
    }

    fn begin_flushes(&mut self) {
        let requests = std::mem::take(
            &mut *self
                .shared
                .flushes
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if requests.is_empty() {
            return;
        }
        // What was accepted before the flush is in the queue by now.
        self.take_in();
        self.outbox.hurry();
        let now = Instant::now();
        self.flushes.extend(
            requests
                .into_iter()
                .map(|request| Flush::begin(request, now)),
        );
    }

    /// Starts as many requests as may be under way at once.
    fn send(&mut self) {
        while self.requests.len() < self.shared.limits.connections {
            let Some((id, envelope)) = self.outbox.next(Instant::now()) else {
                return;
            };
            let envelope = envelope.clone();
            let api = match &self.api {
                Some(api) => Ok(api),
                None => {
                    Api::connect(Arc::clone(&self.shared.config)).map(|api| &*self.api.insert(api))
                }
            };
            let prepared = api.and_then(|api| Ok((api.clone(), request(&self.shared, envelope)?)));
            self.requests.spawn(async move {
                let result = match prepared {
                    Ok((api, request)) => api.send(request).await.and_then(|answer| answer.check()),
                    Err(error) => Err(error),
                };
                Outcome { id, result }
            });
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
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
        let wake_at = self
            .flushes
            .iter()
            .map(|flush| flush.deadline)
            .chain(self.outbox.wake_at())
            .chain(pulse)
            .min();
        tokio::select! {
            () = self.shared.wake.notified() => {}
            Some(outcome) = self.requests.join_next() => {
                if let Ok(outcome) = outcome {
                    self.note(outcome);
                }
            }
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
        while let Some(outcome) = self.requests.try_join_next() {
            if let Ok(outcome) = outcome {
                self.note(outcome);
            }
        }
    }

    fn note(&mut self, Outcome { id, result }: Outcome) {
        let shared = Arc::clone(&self.shared);
        let counters = &shared.counters;
        match result {
            Ok(()) => {
                self.told = None;
                let tickets = self.outbox.settled(&id);
                for flush in &mut self.flushes {
                    flush.delivered(&tickets);
                }
                shared.settle(&counters.delivered, 1);
            }
            Err(error) if error.is_retryable() => {
                counters.retried.add(1);
                let asked = error.retry_after();
                if self.outbox.failed(id, Instant::now(), asked, luck()) {
                    shared.settle(&counters.merged, 1);
                }
            }
            Err(error) => {
                self.tell(&id, &error);
                let tickets = self.outbox.settled(&id);
                for flush in &mut self.flushes {
                    flush.dropped(&tickets);
                }
                shared.settle(&counters.dead, 1);
            }
        }
    }

    fn tell(&mut self, id: &TaskId, error: &Error) {
        let status = match error {
            Error::Status(error) => error.status,
            _ => 0,
        };
        if self.told.replace(status) != Some(status) {
            warn(format_args!("task {id} cannot be delivered: {error}"));
        }
    }

    /// Ends the flushes that are over. Returns whether the worker shall end.
    fn end_flushes(&mut self) -> bool {
        let now = Instant::now();
        let mut stop = false;
        let outbox = &self.outbox;
        for flush in self
            .flushes
            .extract_if(.., |flush| flush.is_over(outbox, now))
        {
            stop |= flush.stop;
            flush.end(outbox);
        }
        stop
    }

    /// After a shutdown.
    fn drop_the_rest(&mut self) {
        self.take_in();
        self.requests.abort_all();
        let outbox = std::mem::take(&mut self.outbox);
        let left = outbox.parcels() as u64;
        self.shared.settle(&self.shared.counters.shut_down, left);
    }
}

fn request(shared: &Shared, envelope: Envelope) -> Result<Request, Error> {
    let config = &shared.config;
    let report = shared.redaction.finish(envelope);
    let agent = config.agent(report.named_agent())?;
    let body = serde_json::to_vec(&report).map_err(|error| {
        crate::error::ConfigError::invalid("", "report", format!("it is no JSON: {error}"))
    })?;
    Ok(Request::report_task(config, agent, body)?)
}

async fn until(wake_at: Option<Instant>) {
    match wake_at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
