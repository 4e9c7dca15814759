use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::{BATCH, Ended, Worker};
use crate::delivery::Shared;
use crate::delivery::outbox::Next;
use crate::delivery::outbox::scopes::Failure;
use crate::delivery::settings::{Durability, Overflow};
use crate::envelope::{Envelope, sequence};
use crate::platform::config::Config;
use crate::report::TaskReport;
use crate::report::task_id::TaskId;
use crate::reporter::Reporter;
use crate::reporter::builder::ReporterBuilder;
use crate::sink::Then;
use crate::support::block_on::block_on_for;

const AWAY: Failure = Failure {
    refusal: None,
    asked: None,
    hung: None,
};

/// A worker without a thread, of a reporter whose platform is not there.
fn worker(set: impl FnOnce(ReporterBuilder) -> ReporterBuilder) -> Worker {
    let config = Config::builder().variables([("", "")]);
    let builder = Reporter::builder().config(
        config
            .base_url("http://127.0.0.1:9")
            .api_key("k")
            .agent_id("a"),
    );
    let shared = Arc::new(Shared::new(set(builder).settings().unwrap()));
    // The test is the worker.
    shared.lifecycle.attach();
    Worker::new(shared)
}

fn accept(worker: &Worker, report: TaskReport) {
    worker.shared.accept(envelope(report));
}

fn envelope(report: TaskReport) -> Box<Envelope> {
    let mut envelope = Box::new(Envelope::from(report));
    envelope.stamp();
    envelope
}

/// The next report that goes.
fn next(worker: &mut Worker, now: Instant) -> Option<(TaskId, TaskReport)> {
    match worker.outbox.next(now)? {
        Next::Send(id, _, outgoing) => Some((id, outgoing.report.clone())),
        Next::Read(..) => panic!("nothing is parked"),
    }
}

#[test]
fn what_the_disk_did_not_take_goes_together_with_what_it_took_later() {
    let directory = tempfile::tempdir().unwrap();
    let mut worker = worker(|builder| {
        builder
            .spool(directory.path())
            .durability(Durability::Process)
            .spool_bytes(256 << 10)
    });
    let too_large = "x".repeat(512 << 10);
    accept(&worker, TaskReport::new().id("both").input(&too_large));
    accept(
        &worker,
        TaskReport::new()
            .id("both")
            .result("done")
            .is_success(false),
    );
    for _ in 0..BATCH {
        accept(&worker, TaskReport::new());
    }
    assert_eq!(worker.shared.stats().not_spooled, 1);

    worker.read_spool();
    worker.take_in(BATCH);
    let (_, first) = next(&mut worker, Instant::now()).unwrap();
    assert_eq!(first.result.as_deref(), Some("done"));
    assert_eq!(first.input.map(|input| input.len()), Some(too_large.len()));
    assert_eq!(first.is_success, Some(false));
}

#[test]
fn of_threads_that_report_at_the_same_time_the_first_in_the_queue_need_not_be_the_oldest() {
    let mut worker = worker(|builder| builder);
    let reports = [
        TaskReport::new().id("task").input("one"),
        TaskReport::new().id("task").input("two"),
        TaskReport::new().id("task").result("three"),
    ];
    let [one, two, three] = reports.map(envelope);
    for envelope in [two, three, one] {
        worker.shared.accept(envelope);
    }
    worker.take_in(BATCH);
    let (_, report) = next(&mut worker, Instant::now()).unwrap();
    assert_eq!(report.input.as_deref(), Some("two"));
    assert_eq!(report.result.as_deref(), Some("three"));
}

#[test]
fn the_age_of_the_oldest_is_that_of_the_first_report_of_a_task() {
    let mut worker = worker(|builder| builder);
    accept(&worker, TaskReport::new().id("task"));
    worker.take_in(BATCH);
    worker.update_gauges();
    let first = worker.shared.gauges.oldest.load(Ordering::Relaxed);
    while sequence::now().as_millis() == u128::from(first) {}
    accept(&worker, TaskReport::new().id("task"));
    worker.take_in(BATCH);
    worker.update_gauges();
    assert_eq!(worker.shared.gauges.oldest.load(Ordering::Relaxed), first);
}

#[test]
fn who_asks_whether_reports_are_on_disk_does_not_have_them_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut worker = worker(|builder| builder.spool(directory.path()));
    accept(&worker, TaskReport::new().id("task"));
    worker.read_spool();
    let now = Instant::now();
    let (id, _) = next(&mut worker, now).unwrap();
    worker.outbox.failed(id, now, AWAY, 0.5);
    let waits_until = worker.outbox.wake_at();
    assert!(waits_until > Some(now));
    drop(worker.shared.persisted(Duration::ZERO));
    worker.begin_flushes();
    assert_eq!(worker.outbox.wake_at(), waits_until);
    drop(worker.shared.flush(Duration::ZERO, Then::Continue));
    worker.begin_flushes();
    assert!(worker.outbox.next(Instant::now()).is_some());
}

#[test]
fn what_is_on_disk_is_persisted_when_it_survives_a_loss_of_power_if_that_is_wanted() {
    for (durability, is_synced) in [(Durability::Process, false), (Durability::Disk, true)] {
        let directory = tempfile::tempdir().unwrap();
        let mut worker = worker(|builder| builder.spool(directory.path()).durability(durability));
        accept(&worker, TaskReport::new());
        let shared = Arc::clone(&worker.shared);
        let persisted = shared.persisted(Duration::from_secs(60));
        worker.begin_flushes();
        worker.end_flushes();
        let is_answered = worker.flushes.is_empty();
        assert_eq!(is_answered, !is_synced, "{durability:?}");
        shared.spool.as_ref().unwrap().sync().unwrap();
        worker.end_flushes();
        let persisted = block_on_for(persisted, Duration::from_secs(60)).unwrap();
        assert_eq!(persisted, Ok(()), "{durability:?}");
    }
}

#[test]
fn after_a_panic_what_was_on_the_way_goes_again_and_who_waits_is_answered() {
    let mut worker = worker(|builder| builder);
    accept(&worker, TaskReport::new().id("on its way"));
    worker.take_in(BATCH);
    assert!(worker.outbox.next(Instant::now()).is_some());
    accept(&worker, TaskReport::new().id("in the queue"));
    let shared = Arc::clone(&worker.shared);
    let flushing = shared.flush(Duration::from_secs(60), Then::Continue);
    worker.recover();
    let outcome = block_on_for(flushing, Duration::from_secs(60)).unwrap();
    assert_eq!((outcome.pending, outcome.timed_out), (1, false));
    let (id, _) = next(&mut worker, Instant::now()).unwrap();
    assert_eq!(id.to_string(), "on its way");
}

#[test]
fn who_does_not_wait_any_more_is_not_waited_for() {
    let mut worker = worker(|builder| builder);
    accept(&worker, TaskReport::new());
    let shared = Arc::clone(&worker.shared);
    let waits = shared.flush(Duration::from_secs(3_600), Then::Continue);
    drop(shared.flush(Duration::from_secs(3_600), Then::Continue));
    worker.begin_flushes();
    assert_eq!(worker.flushes.len(), 2);
    worker.end_flushes();
    assert_eq!(worker.flushes.len(), 1);
    drop(waits);
    worker.end_flushes();
    assert!(worker.flushes.is_empty());
}

#[test]
fn a_worker_that_died_makes_room_for_another() {
    let shared = Arc::clone(&worker(|builder| builder).shared);
    let died = thread::spawn({
        let shared = Arc::clone(&shared);
        move || {
            let _ended = Ended(shared);
            panic!("a bug");
        }
    });
    died.join().unwrap_err();
    shared.accept(envelope(TaskReport::new()));
    // By a thread that lives: the platform is away, but the flush is answered.
    let flushing = shared.flush(Duration::from_millis(10), Then::Continue);
    let outcome = block_on_for(flushing, Duration::from_secs(60)).unwrap();
    assert_eq!((outcome.pending, outcome.timed_out), (1, true));
}

/// For so many seconds as `OUTAGE` says: an hour takes half a minute.
#[test]
fn an_outage_with_a_thousand_reports_a_second_stays_within_the_limits() {
    const CAPACITY: u64 = 2_000;
    const BYTES: usize = 1 << 20;
    let seconds = std::env::var("OUTAGE").map_or(300, |seconds| seconds.parse().unwrap());
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let mut worker = worker(|builder| {
            builder
                .queue_capacity(CAPACITY as usize)
                .queue_bytes(BYTES)
                .overflow(overflow)
        });
        let shared = Arc::clone(&worker.shared);
        let start = Instant::now();
        for tick in 0..seconds * 10 {
            let now = start + tick * Duration::from_millis(100);
            for _ in 0..100 {
                accept(&worker, TaskReport::new().input("x".repeat(256)));
            }
            worker.take_in(BATCH);
            worker.make_room();
            worker.update_gauges();
            while let Some((id, _)) = next(&mut worker, now) {
                worker.outbox.failed(id, now, AWAY, 0.5);
            }
            let stats = shared.stats();
            assert!(stats.pending <= CAPACITY, "{stats:?}");
            assert!(stats.pending_bytes <= BYTES as u64, "{stats:?}");
            assert!(
                worker.outbox.in_line() <= 2 * CAPACITY as usize,
                "{stats:?}"
            );
        }
        let stats = shared.stats();
        assert_eq!(stats.accepted, u64::from(seconds) * 1_000);
        assert_eq!(stats.dropped.queue_full + stats.pending, stats.accepted);
        assert!(stats.pending > CAPACITY / 2, "{stats:?}");
    }
}
