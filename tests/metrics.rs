//! The counters of a reporter arrive at a recorder of the crate `metrics`. The recorder is global, so this file has one
//! test.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::BodyExt;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tempfile::TempDir;
use tower::{ServiceBuilder, ServiceExt};
use xpander_report::{CatchResponses, Config, Reporter, Stats, TaskReport, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, comes_true, config};

const SHORT: Duration = Duration::from_millis(20);

type Count = fn(&Stats) -> u64;

const COUNTERS: [(&str, Count); 16] = [
    ("accepted_total", |stats| stats.accepted),
    ("adopted_total", |stats| stats.adopted),
    ("delivered_total", |stats| stats.delivered),
    ("merged_total", |stats| stats.merged),
    ("superseded_total", |stats| stats.superseded),
    ("sampled_out_total", |stats| stats.sampled_out),
    ("not_spooled_total", |stats| stats.not_spooled),
    ("retried_total", |stats| stats.retried),
    ("dead_lettered_total", |stats| stats.dead_lettered),
    ("oversized_total", |stats| stats.oversized),
    ("dead_letters_dropped_total", |stats| {
        stats.dead_letters_dropped
    }),
    ("dropped_total/queue_full", |stats| stats.dropped.queue_full),
    ("dropped_total/no_agent", |stats| stats.dropped.no_agent),
    ("dropped_total/shut_down", |stats| stats.dropped.shut_down),
    ("dropped_total/expired", |stats| stats.dropped.expired),
    ("dropped_total/purged", |stats| stats.dropped.purged),
];

const GAUGES: [&str; 4] = ["pending", "pending_bytes", "spooled", "oldest_age_seconds"];

/// Keeps counters and gauges by their names, without the common prefix.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Kept {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let name = key.name().strip_prefix("xpander_report_");
        let name = name.expect("a name of the library's").to_owned();
        let labels = key.labels().map(|label| format!("/{}", label.value()));
        let name = name + &labels.collect::<String>();
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn bits(&self, name: &str) -> u64 {
        let kept = self.0.lock().unwrap();
        let cell = kept.get(name);
        cell.unwrap_or_else(|| panic!("there is no {name}"))
            .load(Ordering::SeqCst)
    }

    fn gauge(&self, name: &str) -> f64 {
        f64::from_bits(self.bits(name))
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

/// The counters of several reporters add up.
struct Told {
    kept: Kept,
    /// The counters of reporters that have ended.
    past: Vec<Stats>,
}

impl Told {
    fn new() -> Self {
        let kept = Kept::default();
        metrics::set_global_recorder(kept.clone()).unwrap();
        Self {
            kept,
            past: Vec::new(),
        }
    }

    /// All counters of this reporter, the last active one, are exported.
    fn check(&self, reporter: &Reporter) {
        let mut names = Vec::from_iter(COUNTERS.map(|(name, _)| name).into_iter().chain(GAUGES));
        names.sort_unstable();
        let has_names = comes_true(|| self.kept.names() == names);
        assert!(has_names, "{:?}", self.kept.names());
        self.check_counters(&[reporter]);
        let [pending, bytes, spooled, age] = GAUGES;
        let is_told = || {
            let stats = reporter.stats();
            let oldest = stats.oldest_age.unwrap_or_default().as_secs_f64();
            self.kept.gauge(pending) == stats.pending as f64
                && self.kept.gauge(bytes) == stats.pending_bytes as f64
                && self.kept.gauge(spooled) == stats.spooled as f64
                && (oldest > 0.0) == (self.kept.gauge(age) > 0.0)
                && self.kept.gauge(age) <= oldest
        };
        assert!(
            comes_true(is_told),
            "{:?} {:?}",
            GAUGES.map(|name| self.kept.gauge(name)),
            reporter.stats()
        );
    }

    /// All counters of these reporters are exported.
    fn check_counters(&self, reporters: &[&Reporter]) {
        let differ = || {
            let now: Vec<_> = reporters.iter().map(|reporter| reporter.stats()).collect();
            let mut all = COUNTERS.into_iter().map(|(name, count)| {
                let counted: u64 = self.past.iter().chain(&now).map(count).sum();
                (name, self.kept.bits(name), counted)
            });
            all.find(|(_, told, counted)| told != counted)
        };
        assert!(comes_true(|| differ().is_none()), "{:?}", differ());
    }

    fn is_over(&mut self, reporter: &Reporter) {
        self.check(reporter);
        self.past.push(reporter.stats());
    }
}

/// Refuses tasks whose input says so, temporarily or permanently.
fn picky() -> Server {
    Server::start(|before, request| match () {
        () if request.body.contains("refuse") => Answer::json(422, r#"{"detail": "odd"}"#),
        () if before == 0 => Answer::json(503, "{}"),
        () => Answer::task(),
    })
}

#[external_task(reporter = _reporter, sample = 0.0, keep_failures)]
fn sampled_out(_reporter: &Reporter) -> u32 {
    1
}

#[external_task(reporter = _reporter)]
async fn reads_much(_reporter: &Reporter) -> usize {
    let provider = async |()| {
        let long = "x".repeat((16 << 20) + 1);
        Ok::<_, Infallible>(http::Response::new(long))
    };
    let layer = CatchResponses::new();
    let client = ServiceBuilder::new().layer(layer).service_fn(provider);
    let answer = client.oneshot(()).await.unwrap();
    answer.into_body().collect().await.unwrap().to_bytes().len()
}

#[test]
fn a_recorder_of_metrics_is_given_the_stats() {
    let mut told = Told::new();

    let server = picky();
    let reporter = xpander_report_tests::reporter(server.url());
    sampled_out(&reporter);
    smol::block_on(reads_much(&reporter));
    for number in 0..5 {
        let input = if number == 4 { "refuse" } else { "take" };
        reporter.report(TaskReport::new().id(format!("task-{number}")).input(input));
    }
    let _ = reporter.shutdown_blocking(LONG);
    let stats = reporter.stats();
    let settled = (stats.delivered, stats.dead_lettered, stats.sampled_out);
    assert_eq!(settled, (5, 1, 1), "{stats:?}");
    assert_eq!((stats.oversized, stats.retried), (1, 1), "{stats:?}");
    told.is_over(&reporter);

    // Reports that wait in memory, find no room there, or have no agent.
    let mute = Server::always(Answer::Silence);
    let nobody = || {
        let config = Config::builder().variables([("", "")]);
        Reporter::builder().config(config.base_url(mute.url()).api_key("key"))
    };
    let reporter = nobody().queue_capacity(3).build().unwrap();
    let task = |id: &str| TaskReport::new().agent_id("agent").id(id);
    for id in ["task-0", "task-1", "task-2", "task-3"] {
        reporter.report(task(id));
    }
    reporter.report(TaskReport::new());
    let stats = reporter.stats();
    let dropped = (stats.dropped.queue_full, stats.dropped.no_agent);
    assert_eq!((stats.pending, dropped), (3, (1, 1)), "{stats:?}");
    told.check(&reporter);
    assert!(reporter.shutdown_blocking(SHORT).dropped > 0);
    told.is_over(&reporter);

    // Reports that wait on disk, or cannot be written to it.
    let dir = TempDir::new().unwrap();
    let builder = Reporter::builder().config(config(mute.url()));
    let reporter = builder.spool(dir.path()).spool_bytes(2_000);
    let reporter = reporter.build().unwrap();
    for _ in 0..5 {
        reporter.report(TaskReport::new().input("x".repeat(500)));
    }
    let stats = reporter.stats();
    assert!(stats.spooled > 0 && stats.not_spooled > 0, "{stats:?}");
    told.check(&reporter);
    let left = reporter.shutdown_blocking(SHORT).spooled;
    told.is_over(&reporter);

    // Reports that waited there for too long.
    let builder = Reporter::builder().config(config(mute.url()));
    let reporter = builder.spool(dir.path()).spool_age(Duration::ZERO);
    let reporter = reporter.build().unwrap();
    let _ = smol::block_on(reporter.drain(LONG));
    let stats = reporter.stats();
    assert_eq!((stats.adopted, stats.dropped.expired), (left, left));
    told.is_over(&reporter);

    // Refused reports, and those without room.
    let refusing = Server::always(Answer::json(422, r#"{"detail": "odd"}"#));
    let builder = Reporter::builder().config(config(refusing.url()));
    let reporter = builder.spool(dir.path()).spool_bytes(10_000);
    let reporter = reporter.build().unwrap();
    for id in ["task-6", "task-7"] {
        reporter.report(task(id).input("x".repeat(1_500)));
        let _ = reporter.flush_blocking(LONG);
    }
    assert_eq!(reporter.stats().dead_letters_dropped, 1);
    told.is_over(&reporter);

    // Merged reports, and superseded ones.
    let is_over = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let is_over = Arc::clone(&is_over);
        move |_, request| match request.body.contains("old") && !is_over.load(Ordering::SeqCst) {
            true => Answer::json(503, "{}"),
            false => Answer::task(),
        }
    });
    let spooling = || {
        let builder = Reporter::builder().config(config(server.url()));
        builder.spool(dir.path()).build().unwrap()
    };
    let old = spooling();
    for _ in 0..2 {
        old.report(task("task-4").input("old"));
        let _ = old.flush_blocking(SHORT);
    }
    let new = spooling();
    new.report(task("task-4").input("new"));
    assert!(new.flush_blocking(LONG).is_complete());
    let _ = new.shutdown_blocking(LONG);
    // Its last report arrives before that of the old one.
    told.check_counters(&[&old, &new]);
    told.past.push(new.stats());
    assert_eq!(old.shutdown_blocking(Duration::ZERO).spooled, 2);
    told.is_over(&old);
    let last = spooling();
    for _ in 0..2 {
        last.report(task("task-5").input("old"));
        let _ = last.flush_blocking(SHORT);
    }
    is_over.store(true, Ordering::SeqCst);
    let _ = smol::block_on(last.drain(LONG));
    told.is_over(&last);

    // A drop without later events is exported as well.
    let reporter = nobody().build().unwrap();
    reporter.report(TaskReport::new());
    assert_eq!(reporter.stats().dropped.no_agent, 1);
    told.is_over(&reporter);

    for (name, count) in COUNTERS {
        let counted: u64 = told.past.iter().map(count).sum();
        // Only a relay deletes the data of tasks. Its own tests cover that.
        assert!(
            counted > 0 || name == "dropped_total/purged",
            "{name} is not looked at"
        );
    }
}
