//! The time to read a provider's response of 8 KiB, compared with skipping the same text with serde_json and with
//! parsing it into a `Value`; the same for a stream, event by event, and for JSON that is not a response; and the share
//! of reading in the worker's time for a report.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use xpander_report::{Config, ProviderResponse, Reporter, TaskReport, Tokens};
use xpander_report_benches::responses::{self, Response};
use xpander_report_benches::{Candidate, measure, ratio, server};

const ROUNDS: u32 = 300;
const READS: u32 = 100;

const DELIVERY_ROUNDS: u32 = 15;
const REPORTS: u32 = 2_000;

fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("the only provider");
    println!(
        "{:<26} {:>7} {:>10} {:>8} {:>12} {:>10}",
        "reading", "bytes", "time", "MiB/s", "to skipping", "to Value"
    );
    let times = responses::all().each_ref().map(compare);
    responses::streams().iter().for_each(compare_stream);
    compare_ordinary(&responses::ordinary());
    deliver(&responses::chat().json, times[0]);
}

/// Compares reading a response, and prints the result. Returns the time.
fn compare(Response { shape, json }: &Response) -> Duration {
    let read = ProviderResponse::read(json).expect("a response");
    assert_eq!(read.shape.name(), *shape);
    beside_parsing(
        shape,
        json,
        || ProviderResponse::read(black_box(json)),
        || serde_json::from_str::<IgnoredAny>(black_box(json)).is_ok(),
        || serde_json::from_str::<Value>(black_box(json)).is_ok(),
    )
}

/// Compares reading a stream with parsing each of its events, and prints the result.
fn compare_stream(Response { shape, json }: &Response) {
    let read = ProviderResponse::read_stream(json.as_bytes()).expect("a stream");
    assert_eq!(read.shape.name(), *shape);
    assert!(read.tokens.is_some() && read.result.is_some());
    let events = || json.lines().filter_map(|line| line.strip_prefix("data: "));
    beside_parsing(
        &format!("{shape}, stream"),
        json,
        || ProviderResponse::read_stream(black_box(json.as_bytes())),
        || {
            let mut events = black_box(events());
            events.all(|event| serde_json::from_str::<IgnoredAny>(event).is_ok())
        },
        || {
            let mut events = black_box(events());
            events.all(|event| serde_json::from_str::<Value>(event).is_ok())
        },
    );
}

/// Compares the rejection of JSON that is not a response, and prints the result.
fn compare_ordinary(Response { shape, json }: &Response) {
    assert_eq!(ProviderResponse::read(json), None);
    beside_parsing(
        shape,
        json,
        || ProviderResponse::read(black_box(json)),
        || serde_json::from_str::<IgnoredAny>(black_box(json)).is_ok(),
        || serde_json::from_str::<Value>(black_box(json)).is_ok(),
    );
}

fn beside_parsing(
    name: &str,
    json: &str,
    read: impl Fn() -> Option<ProviderResponse>,
    skip: impl Fn() -> bool,
    parse: impl Fn() -> bool,
) -> Duration {
    let times = measure(
        &mut [
            Candidate::new("reading", |count| timed(count, &read)),
            Candidate::new("skipping", |count| timed(count, &skip)),
            Candidate::new("Value", |count| timed(count, &parse)),
        ],
        ROUNDS,
        READS,
    );
    println!(
        "{name:<26} {:>7} {:>7.2} µs {:>8.0} {:>11.2}x {:>9.2}x",
        json.len(),
        times[0].as_secs_f64() * 1e6,
        json.len() as f64 / f64::from(1 << 20) / times[0].as_secs_f64(),
        ratio(times[0], times[1]),
        ratio(times[0], times[2]),
    );
    times[0]
}

fn timed<T>(count: u32, work: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(work());
    }
    start.elapsed()
}

/// Delivers reports with a response, and with the same bytes except for one key, so that it is not recognised. The
/// report already has all fields that would be read, so the bodies are the same as well.
fn deliver(json: &str, reading: Duration) {
    let ordinary = json.replacen("\"choices\"", "\"options\"", 1);
    assert!(ProviderResponse::read(json).is_some());
    assert!(ProviderResponse::read(&ordinary).is_none());

    let reporter = Reporter::builder()
        .config(
            Config::builder()
                .variables([("", "")])
                .base_url(server())
                .api_key("k")
                .agent_id("a"),
        )
        .build()
        .expect("a correct configuration");
    let deliver = |json: &str| {
        let raw = RawValue::from_string(json.to_owned()).expect("JSON");
        let report = TaskReport::new()
            .llm_response(raw)
            .tokens(Tokens::new(1_841, 1_522))
            .result("done");
        let reporter = &reporter;
        move |count| {
            let start = Instant::now();
            for _ in 0..count {
                reporter.report(report.clone());
            }
            let outcome = reporter.flush_blocking(Duration::from_secs(60));
            let elapsed = start.elapsed();
            assert!(outcome.is_complete(), "{outcome:?}");
            elapsed
        }
    };
    let mut candidates = [
        Candidate::new("a response", deliver(json)),
        Candidate::new("ordinary JSON", deliver(&ordinary)),
    ];
    let times = measure(&mut candidates, DELIVERY_ROUNDS, REPORTS);

    println!(
        "\n{:<20} {:>12} {:>20}",
        "reports with", "per second", "to ordinary JSON"
    );
    for (candidate, time) in candidates.iter().zip(&times) {
        println!(
            "{:<20} {:>12.0} {:>19.1}%",
            candidate.name,
            1.0 / time.as_secs_f64(),
            100.0 * ratio(times[1], *time),
        );
    }
    println!(
        "reading is {:.1}% of the time for a report",
        100.0 * ratio(reading, times[0])
    );
}
