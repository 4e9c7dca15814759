//! The time to scrub a report, compared with reading its provider's response of 8 KiB; and the time to scrub plain
//! text, compared with a search for one byte.
//!
//! Scrubbing is part of the step that prepares a report, so it is measured as the difference of that step with and
//! without it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::json;
use serde_json::value::RawValue;
use xpander_report::testing::Recorder;
use xpander_report::{ProviderResponse, Redaction, TaskReport};
use xpander_report_benches::responses::{self, Response};
use xpander_report_benches::{Candidate, measure, ratio};

const ROUNDS: u32 = 301;
const REPORTS: u32 = 200;

const PROSE: &str = "The harbour stayed open to small boats until the end of the season, although nobody \
     could tell whether the new lights would be ready by then. In the evening the ferries came back, one \
     after the other, and somebody counted them. ";

fn main() {
    println!(
        "{:<34} {:>7} {:>10} {:>12} {:>8}",
        "a report with a response", "bytes", "scrubbing", "reading", "ratio"
    );
    for response in responses::all() {
        beside_reading(&response);
    }
    println!(
        "\n{:<34} {:>7} {:>10} {:>12} {:>12}",
        "an input of", "bytes", "scrubbing", "to str::find", "to memchr"
    );
    let text = |bytes: usize| PROSE.repeat(bytes.div_ceil(PROSE.len()))[..bytes].to_owned();
    beside_search("prose", &text(8 << 10));
    let document: String = include_str!("../ARCHITECTURE.md")
        .chars()
        .take(8 << 10)
        .collect();
    beside_search("Markdown with names", &document);
    let messages = json!({"model": "m", "messages": [{"role": "user", "content": text(8 << 10)}]});
    beside_search("JSON with one long text", &messages.to_string());
}

/// A response, a possible prompt for it as an input of JSON, and its text as the result.
fn beside_reading(Response { shape, json }: &Response) {
    let read = ProviderResponse::read(json).expect("a response");
    let prompt = json!({"model": "m", "temperature": 0.2, "max_tokens": 4096, "messages": [
        {"role": "system", "content": "You are a helpful assistant. Never tell a secret."},
        {"role": "user", "content": PROSE.repeat(4)},
    ]});
    let report = TaskReport::new()
        .input(prompt.to_string())
        .result(read.result.unwrap_or_default())
        .llm_response(RawValue::from_string(json.clone()).expect("JSON"));
    let mut candidates = [
        Candidate::new("scrubbed", prepare(Redaction::new(), &report)),
        Candidate::new(
            "not scrubbed",
            prepare(Redaction::new().scrub(false), &report),
        ),
        Candidate::new("read", times(|| ProviderResponse::read(black_box(json)))),
    ];
    let [with, without, reading] = measure(&mut candidates, ROUNDS, REPORTS)[..] else {
        return;
    };
    let scrubbing = with.saturating_sub(without);
    println!(
        "{shape:<34} {:>7} {scrubbing:>10.1?} {reading:>12.1?} {:>8.2}",
        json.len(),
        ratio(scrubbing, reading),
    );
}

fn beside_search(name: &str, text: &str) {
    let report = TaskReport::new().input(text);
    // A byte that is not in the text, so that the search reads all of it.
    let absent = '\u{1}';
    let mut candidates = [
        Candidate::new("scrubbed", prepare(Redaction::new(), &report)),
        Candidate::new(
            "not scrubbed",
            prepare(Redaction::new().scrub(false), &report),
        ),
        Candidate::new("str::find", times(|| black_box(text).find(absent))),
        Candidate::new(
            "memchr",
            times(|| memchr::memchr(1, black_box(text.as_bytes()))),
        ),
    ];
    let [with, without, find, memchr] = measure(&mut candidates, ROUNDS, REPORTS)[..] else {
        return;
    };
    let scrubbing = with.saturating_sub(without);
    println!(
        "{name:<34} {:>7} {scrubbing:>10.1?} {:>12.2} {:>12.2}",
        text.len(),
        ratio(scrubbing, find),
        ratio(scrubbing, memchr),
    );
}

/// Prepares this many reports, one after the other.
fn prepare(redaction: Redaction, report: &TaskReport) -> impl FnMut(u32) -> Duration {
    let recorder = Recorder::with_redaction(redaction);
    move |count| {
        let reporter = recorder.reporter();
        let start = Instant::now();
        for _ in 0..count {
            reporter.report(report.clone());
            let reports = black_box(recorder.take());
            assert_eq!(reports.len(), 1);
        }
        start.elapsed()
    }
}

fn times<T>(mut work: impl FnMut() -> T) -> impl FnMut(u32) -> Duration {
    move |count| {
        let start = Instant::now();
        for _ in 0..count {
            black_box(work());
        }
        start.elapsed()
    }
}
