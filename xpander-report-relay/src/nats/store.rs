//! The store in NATS JetStream. A thread of its own holds the connection and forwards.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, watch};
use tokio::time::{Instant, sleep, timeout};
use xpander_report::relay::{Standing, StreamForwarder};
use xpander_report::{ReporterBuilder, Stats};

use super::accepting::{NotStored, publish};
use super::leading::{Holding, lead};
use super::lease::{Moment, Permit, Timing};
use super::message::{self, Head};
use super::streams::{REPORTS_SUBJECT, Streams, Unusable};
use super::{Nats, admin, connection};
use crate::error::Error;
use crate::status::{DeadLetterEntry, Purged, Status};
use crate::store::{Doing, Incoming, NotDone, Store};

/// How long a report may take to be acknowledged by the stream.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call of the servers may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// How much longer the lease lasts than a request.
const LEASE_SLACK: Duration = Duration::from_secs(10);
/// What headers may take of a message, besides the ids in them.
const HEADER_BYTES: usize = 8 << 10;
const PAUSE: Duration = Duration::from_secs(1);
/// How long a question of a thread that is not asynchronous may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the forwarder is asked to delete the data of a task.
pub(super) const PURGE_SUBJECT: &str = "xpander.relay.purge";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Purge {
    pub(super) task: String,
}

/// What the threads share.
pub(super) struct Shared {
    pub(super) nats: Nats,
    pub(super) name: String,
    pub(super) client: Client,
    pub(super) context: Context,
    /// Counts how often the connection was made.
    pub(super) connects: watch::Receiver<u64>,
    streams: OnceCell<Streams>,
    /// Why the streams cannot be used.
    problem: Mutex<Option<String>>,
    started: StdInstant,
    /// What the lease said last.
    holding: Mutex<Option<Holding>>,
    permit: Mutex<Option<Permit>>,
    forwarder: Mutex<Option<Arc<StreamForwarder>>>,
    /// What the terms before this one have counted.
    past: Mutex<Standing>,
    accepted: AtomicU64,
    /// Reports that were sent to the stream, which names them.
    sent: AtomicU64,
    expired: AtomicU64,
    dead_letters: AtomicU64,
    working: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn seconds_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// An error and what caused it, in a line.
pub(super) fn with_causes(error: &dyn StdError) -> String {
    let mut says = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_says = cause.to_string();
        if !says.contains(&cause_says) {
            says = format!("{says}: {cause_says}");
        }
        next = cause.source();
    }
    says
}

impl Shared {
    pub(super) fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment {
            monotonic: self.started.elapsed(),
            wall: wall.unwrap_or_default(),
        }
    }

    /// The streams, as soon as they can be used.
    pub(super) async fn streams(&self) -> Streams {
        loop {
            match self.open().await {
                Ok(streams) => return streams.clone(),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn open(&self) -> Result<&Streams, Unusable> {
        let open = || Streams::open(&self.context, &self.nats);
        let opened = self.streams.get_or_try_init(open).await;
        let problem = opened.as_ref().err().map(|it| it.why().to_owned());
        *lock(&self.problem) = problem;
        opened
    }

    /// The streams, if they can be reached now.
    pub(super) fn streams_now(&self) -> Result<&Streams, NotDone> {
        let away = |why: &str| {
            let places = connection::places(&self.nats.servers);
            NotDone::Unavailable(format!("NATS at {places} cannot be used: {why}"))
        };
        if self.client.connection_state() != State::Connected {
            return Err(away("there is no connection"));
        }
        self.streams.get().ok_or_else(|| {
            let problem = lock(&self.problem).clone();
            away(problem.as_deref().unwrap_or("its streams are not open yet"))
        })
    }

    pub(super) fn permit(&self, permit: Option<Permit>) {
        *lock(&self.permit) = permit;
    }

    /// Whether a request may start now.
    pub(super) fn may_start(&self) -> bool {
        let permit = *lock(&self.permit);
        permit.is_some_and(|permit| permit.is_valid(self.now()))
    }

    pub(super) fn see(&self, holding: Option<Holding>) {
        *lock(&self.holding) = holding;
    }

    pub(super) fn see_own(&self) {
        self.see(Some(Holding {
            relay: Some(self.name.clone()),
            key_refusal: self.own_key_refusal(),
        }));
    }

    pub(super) fn begin_term(&self, forwarder: Arc<StreamForwarder>) {
        *lock(&self.forwarder) = Some(forwarder);
    }

    pub(super) async fn end_term(&self, forwarder: &StreamForwarder) {
        let standing = forwarder.forwarder().standing().await;
        lock(&self.forwarder).take();
        let mut past = lock(&self.past);
        let sum = add(std::mem::take(&mut *past), standing);
        *past = Standing {
            is_platform_away: false,
            is_key_refused: false,
            in_flight: 0,
            failing_agents: Vec::new(),
            ..sum
        };
        past.stats.failing_agents.clear();
        past.stats.last_error = None;
    }

    /// What this relay knows of the key, if it forwards.
    pub(super) fn own_key_refusal(&self) -> Option<String> {
        lock(&self.forwarder).as_ref()?.forwarder().key_refusal()
    }

    /// The sum of all terms, and how the one that runs stands.
    async fn standing(&self) -> Standing {
        let forwarder = lock(&self.forwarder).clone();
        let past = lock(&self.past).clone();
        match forwarder {
            Some(forwarder) => add(past, forwarder.forwarder().standing().await),
            None => past,
        }
    }

    fn stats(&self) -> Stats {
        let past = lock(&self.past).stats.clone();
        let now = lock(&self.forwarder)
            .as_ref()
            .map(|forwarder| forwarder.forwarder().stats());
        let mut stats = match now {
            Some(now) => add_stats(past, now),
            None => past,
        };
        stats.accepted = self.accepted.load(Ordering::Relaxed);
        // The stream knows it.
        stats.oldest_age = None;
        stats
    }

    pub(super) fn set_working(&self, count: usize) {
        self.working.store(count, Ordering::Relaxed);
    }

    /// Whether nothing is being acknowledged.
    pub(super) fn is_idle(&self) -> bool {
        self.working.load(Ordering::Relaxed) == 0
    }

    pub(super) fn count_expired(&self) {
        self.expired.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_dead_letter(&self) {
        self.dead_letters.fetch_add(1, Ordering::Relaxed);
    }

    /// A name for the server, which stores one message with it.
    pub(super) fn message_id(&self) -> String {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", self.name)
    }

    async fn keep(&self, incoming: Incoming) -> Result<Option<u64>, NotDone> {
        self.streams_now()?;
        let Incoming {
            id,
            body,
            report,
            sender,
            in_progress,
        } = incoming;
        let head = Head {
            agent: report.agent_id.unwrap_or_default(),
            task: id,
            sender: sender.map(|sender| sender.to_string()),
            ..Head::default()
        };
        let max = self.client.max_payload();
        let ids = 4 * (head.agent.len() + head.task.len());
        let room = max.saturating_sub(HEADER_BYTES + ids);
        if body.len() > room {
            return Err(NotDone::TooLarge(format!(
                "it has {} bytes, and max_payload of the NATS server leaves room for {room}; a \
                 larger max_payload in the server's configuration allows more",
                body.len()
            )));
        }
        let message_id = self.message_id();
        let payload = body.into_bytes().into();
        let message = || message::message(Some(&head), &message_id, &payload);
        let deadline = Instant::now() + ACCEPT_TIMEOUT;
        let stored = publish(&self.context, REPORTS_SUBJECT, message, deadline).await;
        drop(in_progress);
        match stored {
            Ok(sequence) => {
                self.accepted.fetch_add(1, Ordering::Relaxed);
                Ok(Some(sequence))
            }
            Err(NotStored::Full) => Err(NotDone::Unavailable(
                "the stream is full: it has as many bytes as it may (--max-bytes)".to_owned(),
            )),
            Err(NotStored::TooLarge) => Err(NotDone::TooLarge(
                "it is larger than max_payload of the NATS server, or max_msg_size of the stream, \
                 allows"
                    .to_owned(),
            )),
            Err(NotStored::Other(why)) => Err(NotDone::Unavailable(format!(
                "the stream did not acknowledge it: {why}"
            ))),
        }
    }

    async fn check(&self) -> Result<(), NotDone> {
        let streams = self.streams_now()?;
        let info = timeout(CALL_TIMEOUT, streams.reports.get_info()).await;
        let info = info
            .map_err(|_| NotDone::Unavailable("the stream does not answer".to_owned()))?
            .map_err(|error| NotDone::Unavailable(format!("the stream cannot be read: {error}")))?;
        let max = u64::try_from(info.config.max_bytes).unwrap_or(u64::MAX);
        if info.state.bytes.saturating_add(HEADER_BYTES as u64) >= max {
            return Err(NotDone::Unavailable(
                "the stream is full: it has as many bytes as it may (--max-bytes)".to_owned(),
            ));
        }
        Ok(())
    }

    async fn describe(&self, status: &mut Status) -> Result<(), NotDone> {
        let holding = lock(&self.holding).clone();
        status.forwarder = holding.as_ref().and_then(|it| it.relay.clone());
        status.is_forwarding = lock(&self.forwarder).is_some();
        let standing = self.standing().await;
        status.accepted = self.accepted.load(Ordering::Relaxed);
        status.adopted = standing.stats.adopted;
        status.deliver(standing);
        status.is_key_refused |= holding.is_some_and(|it| it.key_refusal.is_some());
        status.dead_lettered = self.dead_letters.load(Ordering::Relaxed);
        let expired = self.expired.load(Ordering::Relaxed);
        status.dropped.insert("expired".to_owned(), expired);
        let streams = self.streams_now()?;
        let described = timeout(CALL_TIMEOUT, admin::describe(streams, status)).await;
        described
            .unwrap_or_else(|_| Err(NotDone::Unavailable("the streams do not answer".to_owned())))
    }
}

/// Two sums, and how the second stands.
fn add(past: Standing, now: Standing) -> Standing {
    let times = now
        .request_times
        .iter()
        .enumerate()
        .map(|(at, (bound, count))| {
            let before = past.request_times.get(at).map_or(0, |(_, count)| *count);
            (*bound, count + before)
        });
    Standing {
        request_times: times.collect(),
        requests: past.requests + now.requests,
        request_time: past.request_time + now.request_time,
        stats: add_stats(past.stats, now.stats),
        ..now
    }
}

fn add_stats(past: Stats, now: Stats) -> Stats {
    let mut sum = now;
    sum.adopted += past.adopted;
    sum.delivered += past.delivered;
    sum.merged += past.merged;
    sum.superseded += past.superseded;
    sum.retried += past.retried;
    sum.dropped.purged += past.dropped.purged;
    sum
}

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
        match open(nats, name).await {
            Ok(shared) => {
                let _ = ready.send(Ok((Arc::clone(&shared), Handle::current())));
                lead(shared, reporter, timing, stop).await;
            }
            Err(problem) => drop(ready.send(Err(problem))),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

async fn open(nats: Nats, name: String) -> Result<Arc<Shared>, String> {
    let connection = connection::connect(&nats, &name).await?;
    let context = ContextBuilder::new()
        .timeout(CALL_TIMEOUT)
        .build(connection.client.clone());
    let is_away = connection.problem.is_some();
    let shared = Arc::new(Shared {
        nats,
        name,
        client: connection.client,
        context,
        connects: connection.connects,
        streams: OnceCell::new(),
        problem: Mutex::new(connection.problem),
        started: StdInstant::now(),
        holding: Mutex::default(),
        permit: Mutex::default(),
        forwarder: Mutex::default(),
        past: Mutex::default(),
        accepted: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        expired: AtomicU64::new(0),
        dead_letters: AtomicU64::new(0),
        working: AtomicUsize::new(0),
    });
    if !is_away && let Err(Unusable::Wrong(why)) = shared.open().await {
        return Err(why);
    }
    Ok(shared)
}

impl Store for NatsStore {
    fn keep(&self, incoming: Incoming) -> Doing<'_, Result<Option<u64>, NotDone>> {
        Box::pin(self.shared.keep(incoming))
    }

    fn check(&self) -> Doing<'_, Result<(), NotDone>> {
        Box::pin(self.shared.check())
    }

    fn key_refusal(&self) -> Option<String> {
        let own = self.shared.own_key_refusal();
        own.or_else(|| lock(&self.shared.holding).as_ref()?.key_refusal.clone())
    }

    fn describe<'a>(&'a self, status: &'a mut Status) -> Doing<'a, Result<(), NotDone>> {
        Box::pin(self.shared.describe(status))
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
                let described = shared.describe(&mut status).await;
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
