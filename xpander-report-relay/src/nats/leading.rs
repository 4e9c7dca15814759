//! How a relay becomes the one that forwards, and stops being it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::kv::{self, Operation, UpdateErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use xpander_report::ReporterBuilder;
use xpander_report::relay::StreamForwarder;

use super::lease::{Entry, Failed, Holder, Lease, Moment, Step, Timing};
use super::shared::{Holding, Shared};
use super::streams::Streams;
use super::term::{MAX_IN_HAND, Term};

const KEY: &str = "forwarder.0";
/// How long a call of the bucket may take.
const CALL: Duration = Duration::from_secs(2);
/// How long the end waits for requests in flight.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);
const SHUTDOWN_PAUSE: Duration = Duration::from_millis(10);
/// How often an entry is tried that may not be there for long.
const PAUSE: Duration = Duration::from_millis(500);

/// The result of a call of the bucket.
enum BucketEvent {
    Read(Result<Option<(u64, Holding)>, ()>),
    Written(Moment, Result<u64, Failed>),
}

type Calling = Pin<Box<dyn Future<Output = BucketEvent> + Send>>;

struct Running {
    number: u64,
    forwarder: Arc<StreamForwarder>,
    term: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Acquires the lease and forwards while it holds it, until it is told to stop.
pub(super) async fn lead(
    shared: Arc<Shared>,
    reporter: ReporterBuilder,
    timing: Timing,
    mut stop: watch::Receiver<bool>,
) {
    let streams = tokio::select! {
        streams = shared.streams() => streams,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    let mut lease = Lease::new(timing);
    let mut running: Option<Running> = None;
    let mut calling: Option<Calling> = None;
    loop {
        let now = shared.now();
        let mut pause = None;
        if calling.is_none() {
            match lease.next(now) {
                Step::Sleep(time) => pause = Some(time),
                Step::Read => calling = Some(Box::pin(read(streams.lease.clone()))),
                Step::Write(revision) => {
                    let holding = Holding {
                        relay: Some(shared.name.clone()),
                        key_refusal: shared.own_key_refusal(),
                    };
                    let store = streams.lease.clone();
                    calling = Some(Box::pin(write(store, now, revision, holding)));
                }
            }
        }
        // A term ends before another begins.
        if running.as_ref().map(|it| it.number) != lease.term() {
            shared.permit(None);
            if let Some(running) = running.take() {
                shared.end_term(&running.forwarder).await;
            }
            if let Some(number) = lease.term() {
                running = start(&shared, &streams, &reporter, number);
            }
        }
        shared.permit(lease.permit());
        if let Some(running) = &running {
            running.forwarder.resume();
        }
        tokio::select! {
            called = called(&mut calling) => {
                calling = None;
                match called {
                    BucketEvent::Read(read) => {
                        if let Ok(entry) = &read {
                            shared.see(entry.as_ref().map(|(_, holding)| holding.clone()));
                        }
                        let entry = |(revision, holding): (u64, Holding)| Entry {
                            revision,
                            holder: holder(&holding, &shared.name),
                        };
                        lease.on_read(shared.now(), read.ok().map(|read| read.map(entry)));
                    }
                    BucketEvent::Written(sent, written) => {
                        if written.is_ok() {
                            shared.see_own();
                        }
                        lease.on_written(sent, written);
                    }
                }
            }
            () = sleep(pause.unwrap_or(PAUSE)), if pause.is_some() => {}
            () = async {
                match &mut running {
                    Some(running) => running.term.as_mut().await,
                    None => std::future::pending().await,
                }
            } => {
                // Another relay has taken over. The lease learns this with its next read.
                if let Some(running) = &mut running {
                    running.term = Box::pin(std::future::pending());
                }
            }
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    shared.permit(None);
    let Some(mut running) = running else { return };
    let is_idle = finish(&shared, &mut running).await;
    shared.end_term(&running.forwarder).await;
    drop(running);
    if let Some(revision) = lease.release().filter(|_| is_idle) {
        let nobody = write(streams.lease, shared.now(), revision, Holding::default());
        // If this write fails, the other relays wait until the lease expires.
        let _ = timeout(CALL, nobody).await;
    }
}

/// Waits for the requests in flight and the acknowledgements of what they delivered. Says whether nothing is in flight.
async fn finish(shared: &Shared, running: &mut Running) -> bool {
    let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
    loop {
        tokio::select! {
            () = running.term.as_mut() => running.term = Box::pin(std::future::pending()),
            () = sleep(SHUTDOWN_PAUSE) => {}
        }
        let in_flight = running.forwarder.forwarder().standing().await.in_flight;
        if in_flight == 0 && shared.is_idle() || Instant::now() >= deadline {
            return in_flight == 0;
        }
    }
}

fn start(
    shared: &Arc<Shared>,
    streams: &Streams,
    reporter: &ReporterBuilder,
    number: u64,
) -> Option<Running> {
    let gate = Arc::clone(shared);
    let builder = reporter.clone().queue_capacity(MAX_IN_HAND);
    let made = StreamForwarder::new(builder, &shared.name, move || gate.may_start());
    // The same settings were tried at the start.
    let (forwarder, notices) = made.ok()?;
    let forwarder = Arc::new(forwarder);
    shared.begin_term(Arc::clone(&forwarder));
    let term = Term::new(
        Arc::clone(shared),
        streams.clone(),
        number,
        Arc::clone(&forwarder),
        notices,
    );
    Some(Running {
        number,
        forwarder,
        term: Box::pin(term.run()),
    })
}

async fn called(calling: &mut Option<Calling>) -> BucketEvent {
    match calling {
        Some(calling) => calling.await,
        None => std::future::pending().await,
    }
}

fn holder(holding: &Holding, me: &str) -> Holder {
    match holding.relay.as_deref() {
        None => Holder::Nobody,
        Some(relay) if relay == me => Holder::Me,
        Some(_) => Holder::Other,
    }
}

async fn read(store: kv::Store) -> BucketEvent {
    let entry = match timeout(CALL, store.entry(KEY)).await {
        Ok(Ok(entry)) => entry,
        Ok(Err(_)) | Err(_) => {
            sleep(PAUSE).await;
            return BucketEvent::Read(Err(()));
        }
    };
    BucketEvent::Read(Ok(entry.map(|entry| {
        let holding = match entry.operation {
            Operation::Put => serde_json::from_slice(&entry.value).ok(),
            // The entry was deleted by hand, and the holder may not know this yet.
            Operation::Delete | Operation::Purge => None,
        };
        let unknown = || Holding {
            relay: Some("unknown".to_owned()),
            key_refusal: None,
        };
        (entry.revision, holding.unwrap_or_else(unknown))
    })))
}

async fn write(store: kv::Store, sent: Moment, revision: u64, holding: Holding) -> BucketEvent {
    let value = serde_json::to_vec(&holding).unwrap_or_default();
    let written = timeout(CALL, store.update(KEY, value.into(), revision)).await;
    BucketEvent::Written(
        sent,
        match written {
            Ok(Ok(revision)) => Ok(revision),
            Ok(Err(error)) if error.kind() == UpdateErrorKind::WrongLastRevision => {
                Err(Failed::Conflict)
            }
            Ok(Err(_)) | Err(_) => Err(Failed::Unknown),
        },
    )
}
