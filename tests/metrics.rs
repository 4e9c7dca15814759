//! A recorder of the crate `metrics` is given what a reporter does. It is the process's, so this test is alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use xpander_report::TaskReport;
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, reporter};

/// Refuses tasks whose input says so, for now or for good.
fn picky() -> Server {
    Server::start(|before, request| match () {
        () if request.body.contains("refuse") => Answer::json(422, r#"{"detail": "odd"}"#),
        () if before == 0 => Answer::json(503, "{}"),
        () => Answer::task(),
    })
}

/// Keeps counters and gauges by their names.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<HashMap<String, Arc<AtomicU64>>>>);

impl Kept {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels = key.labels().map(|label| format!("/{}", label.value()));
        let name = key.name().to_owned() + &labels.collect::<String>();
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn get(&self, name: &str) -> u64 {
        let kept = self.0.lock().unwrap();
        kept.get(name).map_or(0, |cell| cell.load(Ordering::SeqCst))
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn a_recorder_of_metrics_is_given_the_stats() {
    let kept = Kept::default();
    metrics::set_global_recorder(kept.clone()).unwrap();
    let server = picky();
    let reporter = reporter(server.url());
    for number in 0..5 {
        let input = if number == 4 { "refuse" } else { "take" };
        reporter.report(TaskReport::new().id(format!("task-{number}")).input(input));
    }
    let outcome = reporter.shutdown_blocking(LONG);
    assert_eq!((outcome.delivered, outcome.dropped), (4, 1));
    let told = |name: &str| kept.get(&format!("xpander_report_{name}"));
    let pending = || f64::from_bits(told("pending"));
    // The last is told before the thread ends, which is right after it has answered.
    while told("dead_total") + told("delivered_total") < 5 || pending() > 0.0 {
        std::thread::yield_now();
    }
    assert_eq!(told("accepted_total"), 5);
    assert_eq!(told("delivered_total"), 4);
    assert_eq!(told("retried_total"), 1);
    assert_eq!(told("dropped_total/queue_full"), 0);
}
