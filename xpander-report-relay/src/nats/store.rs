//! The store in NATS JetStream. A thread of its own holds the connection and forwards.

use std::fmt;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;
use xpander_report::relay::StreamForwarder;
use xpander_report::{ReporterBuilder, Stats};

use super::leading::lead;
use super::lease::Timing;
use super::shared::{CALL_TIMEOUT, Shared, lock};
use super::{Nats, accepting, admin, connection};
use crate::error::Error;
use crate::status::{DeadLetterEntry, Purged, Status};
use crate::store::{Doing, Incoming, NotDone, Store};

/// How much longer the lease lasts than a request.
const LEASE_SLACK: Duration = Duration::from_secs(10);
/// How long a question of a thread that is not asynchronous may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct NatsStore {
    shared: Arc<Shared>,
    runtime: Handle,
    stop: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for NatsStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsStore")
            .field("nats", &self.shared.nats)
            .finish_non_exhaustive()
    }
}

impl NatsStore {
    /// Connects, opens the streams, and forwards when its turn comes. Servers that cannot be reached are tried again.
    pub(crate) fn start(
        nats: Nats,
        reporter: ReporterBuilder,
        request_timeout: Duration,
        name: &str,
    ) -> Result<Self, Error> {
        let lease = nats.lease.unwrap_or(request_timeout + LEASE_SLACK);
        let timing = Timing::of(request_timeout, lease);
        // Settings that are wrong are found here, and not when the lease is taken.
        let _ = StreamForwarder::new(reporter.clone(), name, || false)?;
        let places = connection::places(&nats.servers);
        let name = name.to_owned();
        let (stop, stopped) = watch::channel(false);
        let (ready, started) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("xpander-relay-nats".to_owned())
            .spawn(move || live(nats, reporter, timing, name, stopped, &ready))
            .map_err(|source| Error::Thread { source })?;
        let started = started
            .recv()
            .unwrap_or_else(|_| Err("its thread ended".to_owned()));
        let (shared, runtime) = started.map_err(|problem| Error::Nats {
            servers: places,
            problem,
        })?;
        Ok(Self {
            shared,
            runtime,
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Asks the servers from a thread that is not asynchronous.
    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Arc<Shared>) -> Doing<'static, T>,
    ) -> Option<T> {
        let asked = ask(Arc::clone(&self.shared));
        let (answer, answered) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let _ = answer.send(asked.await);
        });
        answered.recv_timeout(ASK_TIMEOUT).ok()
    }
}

type Started = Result<(Arc<Shared>, Handle), String>;

/// The thread's life.
fn live(
    nats: Nats,
    reporter: ReporterBuilder,
    timing: Timing,
    name: String,
    stop: watch::Receiver<bool>,
    ready: &mpsc::SyncSender<Started>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    runtime.block_on(async {
        match Shared::connect(nats, name).await {
            Ok(shared) => {
                let _ = ready.send(Ok((Arc::clone(&shared), Handle::current())));
                lead(shared, reporter, timing, stop).await;
            }
            Err(problem) => drop(ready.send(Err(problem))),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn describe(shared: &Shared, status: &mut Status) -> Result<(), NotDone> {
    shared.fill(status).await;
    let streams = shared.streams_now()?;
    let described = timeout(CALL_TIMEOUT, admin::describe(streams, status)).await;
    described.unwrap_or_else(|_| Err(NotDone::Unavailable("the streams do not answer".to_owned())))
}

impl Store for NatsStore {
    fn keep(&self, incoming: Incoming) -> Doing<'_, Result<Option<u64>, NotDone>> {
        Box::pin(accepting::keep(&self.shared, incoming))
    }

    fn check(&self) -> Doing<'_, Result<(), NotDone>> {
        Box::pin(accepting::check(&self.shared))
    }

    fn key_refusal(&self) -> Option<String> {
        self.shared.key_refusal()
    }

    fn describe<'a>(&'a self, status: &'a mut Status) -> Doing<'a, Result<(), NotDone>> {
        Box::pin(describe(&self.shared, status))
    }

    fn dead_letters(&self) -> Doing<'_, Result<Vec<DeadLetterEntry>, NotDone>> {
        Box::pin(admin::dead_letters(&self.shared))
    }

    fn retry_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>> {
        Box::pin(admin::retry_dead_letters(&self.shared, task))
    }

    fn delete_dead_letters(&self, task: Option<String>) -> Doing<'_, Result<usize, NotDone>> {
        Box::pin(admin::delete_dead_letters(&self.shared, task))
    }

    fn purge(&self, task: String) -> Doing<'_, Result<Purged, NotDone>> {
        Box::pin(admin::purge(&self.shared, task))
    }

    fn place(&self) -> String {
        let places = connection::places(&self.shared.nats.servers);
        format!("NATS JetStream at {places}")
    }

    fn problem(&self) -> Option<String> {
        let problem = self.shared.streams_now().err();
        problem.map(|problem| problem.to_string())
    }

    fn stats(&self) -> Stats {
        self.shared.stats()
    }

    fn is_drained(&self) -> bool {
        let waiting = self.ask(|shared| {
            Box::pin(async move {
                let mut status = Status::default();
                let described = describe(&shared, &mut status).await;
                described.map(|()| status.waiting)
            })
        });
        matches!(waiting, Some(Ok(0)))
    }

    fn stop(&self) {
        let _ = self.stop.send(true);
        if let Some(thread) = lock(&self.thread).take() {
            // The thread has already printed its panic.
            let _ = thread.join();
        }
    }
}
