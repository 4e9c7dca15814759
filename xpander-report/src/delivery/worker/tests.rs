use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{BATCH, Worker};
#[cfg(feature = "spool")]
use crate::Durability;
use crate::builder::{Overflow, ReporterBuilder};
use crate::delivery::Delivery;
use crate::delivery::outbox::Failure;
use crate::envelope::Envelope;
use crate::{Config, Reporter, TaskReport};

/// A worker without a thread, of a reporter whose platform is not there.
fn worker(set: impl FnOnce(ReporterBuilder) -> ReporterBuilder) -> (Delivery, Worker) {
    let config = Config::builder().variables([("", "")]);
    let builder = Reporter::builder().config(
        config
            .base_url("http://127.0.0.1:9")
            .api_key("k")
            .agent_id("a"),
    );
    let builder = set(builder).exit_timeout(Duration::ZERO);
    let delivery = Delivery::new(builder.settings().unwrap());
    let shared = Arc::clone(delivery.shared());
    // The test is the worker.
    shared.asleep.end();
    (delivery, Worker::new(shared))
}

fn accept(worker: &Worker, report: TaskReport) {
    let mut envelope = Envelope::from(report);
    envelope.accept();
    worker.shared.accept(Box::new(envelope));
}

#[cfg(feature = "spool")]
#[test]
fn what_the_disk_did_not_take_goes_before_what_it_took_later() {
    let directory = tempfile::tempdir().unwrap();
    let (_delivery, mut worker) = worker(|builder| {
        builder
            .spool(directory.path())
            .durability(Durability::Process)
            .spool_bytes(256 << 10)
    });
    let too_large = "x".repeat(512 << 10);
    accept(&worker, TaskReport::new().id("both").input(&too_large));
    accept(&worker, TaskReport::new().id("both").result("done"));
    for _ in 0..BATCH {
        accept(&worker, TaskReport::new());
    }
    assert_eq!(worker.shared.stats().not_spooled, 1);

    worker.read_spool();
    worker.take_in(BATCH);
    let (_, first) = worker.outbox.next(Instant::now()).unwrap();
    let first = first.clone().finish();
    assert_eq!(first.result.as_deref(), Some("done"));
    assert_eq!(first.input.map(|input| input.len()), Some(too_large.len()));
}

/// For so many seconds as `OUTAGE` says: an hour takes half a minute.
#[test]
fn an_outage_with_a_thousand_reports_a_second_stays_within_the_limits() {
    const CAPACITY: u64 = 2_000;
    const BYTES: usize = 1 << 20;
    let seconds = std::env::var("OUTAGE").map_or(300, |seconds| seconds.parse().unwrap());
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let (delivery, mut worker) = worker(|builder| {
            builder
                .queue_capacity(CAPACITY as usize)
                .queue_bytes(BYTES)
                .overflow(overflow)
        });
        let shared = Arc::clone(delivery.shared());
        let start = Instant::now();
        for tick in 0..seconds * 10 {
            let now = start + tick * Duration::from_millis(100);
            for _ in 0..100 {
                accept(&worker, TaskReport::new().input("x".repeat(256)));
            }
            worker.take_in(BATCH);
            worker.make_room();
            worker.weigh();
            while let Some((id, _)) = worker.outbox.next(now) {
                let away = Failure {
                    refusal: None,
                    asked: None,
                };
                worker.outbox.failed(id, now, away, 0.5);
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
