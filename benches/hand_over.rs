//! The time that a caller needs to hand over a report, with four producers, compared with a bare channel that takes the
//! same boxed report.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use xpander_report::{Config, Reporter, TaskReport, Tokens};
use xpander_report_benches::{median, ratio};

const ROUNDS: usize = 31;
const PRODUCERS: usize = 4;
/// The reports of each producer in a round.
const REPORTS: usize = 2_000;

fn report() -> TaskReport {
    TaskReport::new()
        .input("x".repeat(1024))
        .result("y".repeat(1024))
        .tokens(Tokens::new(812, 96))
        .duration(Duration::from_millis(1_200))
}

/// The time of each call, the shortest first.
fn hand_over(give: impl Fn(TaskReport) + Sync) -> Vec<Duration> {
    let mut times = thread::scope(|scope| {
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|_| {
                scope.spawn(|| {
                    let reports: Vec<_> = (0..REPORTS).map(|_| report()).collect();
                    let time = |report| {
                        let start = Instant::now();
                        give(report);
                        start.elapsed()
                    };
                    reports.into_iter().map(time).collect::<Vec<_>>()
                })
            })
            .collect();
        let times = producers
            .into_iter()
            .map(|producer| producer.join().expect("no panic"));
        times.collect::<Vec<_>>().concat()
    });
    times.sort_unstable();
    times
}

fn nothing() -> Vec<Duration> {
    hand_over(drop)
}

fn channel() -> Vec<Duration> {
    let (sender, receiver) = bounded(PRODUCERS * REPORTS);
    let consumer = thread::spawn(move || receiver.into_iter().map(Box::leak).count());
    let times = hand_over(|report| {
        sender.try_send(Box::new(report)).expect("room");
    });
    drop(sender);
    assert_eq!(consumer.join().expect("no panic"), times.len());
    times
}

/// Nothing listens at this address, because delivery would compete with the producers for the processors.
fn reporter() -> Vec<Duration> {
    let config = Config::builder().variables([("", "")]);
    let reporter = Reporter::builder()
        .config(
            config
                .base_url("http://127.0.0.1:9")
                .api_key("k")
                .agent_id("a"),
        )
        .queue_capacity(2 * PRODUCERS * REPORTS)
        .queue_bytes(1 << 30)
        .build()
        .expect("a reporter");
    for _ in 0..10 {
        reporter.report(report());
    }
    let _ = reporter.flush_blocking(Duration::from_millis(50));
    let times = hand_over(|report| reporter.report(report));
    assert_eq!(reporter.stats().dropped.total(), 0);
    let _ = reporter.shutdown_blocking(Duration::ZERO);
    times
}

fn main() {
    let candidates = [
        ("nothing", nothing as fn() -> Vec<Duration>),
        ("channel", channel),
        ("reporter", reporter),
    ];
    let quantiles = [50, 99];
    let mut measured = vec![vec![Vec::new(); quantiles.len()]; candidates.len()];
    for _ in 0..ROUNDS {
        for ((_, candidate), measured) in candidates.iter().zip(&mut measured) {
            let times = candidate();
            for (quantile, measured) in quantiles.iter().zip(measured) {
                measured.push(times[times.len() * quantile / 100]);
            }
        }
    }
    let measured: Vec<Vec<_>> = measured
        .into_iter()
        .map(|quantiles| quantiles.into_iter().map(median).collect())
        .collect();
    println!(
        "handing over a report of 2 KiB, {PRODUCERS} producers; the clock itself is in all of them"
    );
    println!(
        "{:<10} {:>16} {:>16}",
        "", "half within", "99 of 100 within"
    );
    for ((name, _), times) in candidates.iter().zip(&measured) {
        let shown = times.iter().zip(&measured[1]).map(|(time, channel)| {
            format!("{:>9} ns {:>4.1}x", time.as_nanos(), ratio(*time, *channel))
        });
        println!("{name:<10} {}", shown.collect::<Vec<_>>().join(" "));
    }
}
