//! What the threads of a store share: the connection, the streams, and what is known of the lease and of delivery.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, watch};
use tokio::time::sleep;
use xpander_report::Stats;
use xpander_report::relay::{Standing, StreamForwarder};

use super::lease::{Moment, Permit};
use super::streams::{Streams, Unusable};
use super::{Nats, connection};
use crate::status::Status;
use crate::store::NotDone;

/// How long a call of the servers may take.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// The entry of the lease: who forwards, and how that stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holding {
    /// None: nobody.
    pub(super) relay: Option<String>,
    /// What the platform said, if it refuses the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_refusal: Option<String>,
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
    started: Instant,
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Connects, and opens the streams if the servers can be reached.
    pub(super) async fn connect(nats: Nats, name: String) -> Result<Arc<Self>, String> {
        let connection = connection::connect(&nats, &name).await?;
        let context = ContextBuilder::new()
            .timeout(CALL_TIMEOUT)
            .build(connection.client.clone());
        let is_away = connection.problem.is_some();
        let shared = Arc::new(Self {
            nats,
            name,
            client: connection.client,
            context,
            connects: connection.connects,
            streams: OnceCell::new(),
            problem: Mutex::new(connection.problem),
            started: Instant::now(),
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

    pub(super) fn stats(&self) -> Stats {
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

    /// Fills in what this relay knows without asking the servers.
    pub(super) async fn fill(&self, status: &mut Status) {
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
    }

    /// What is known of the key: by this relay if it forwards, else by the entry of the lease.
    pub(super) fn key_refusal(&self) -> Option<String> {
        let own = self.own_key_refusal();
        own.or_else(|| lock(&self.holding).as_ref()?.key_refusal.clone())
    }

    pub(super) fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
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
