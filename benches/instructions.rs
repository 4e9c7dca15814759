//! Counts the instructions of a call on its own thread, and of reading a response on the worker's. The count does not
//! depend on the load of the machine, so it shows regressions. Needs valgrind and the runner:
//!
//! ```text
//! cargo install gungraun-runner --version 0.20.0
//! cargo bench -p xpander-report-benches --features instructions --bench instructions
//! ```

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fastrace::prelude::{Span, SpanContext};
use gungraun::{library_benchmark, library_benchmark_group, main};
use serde::de::IgnoredAny;
use xpander_report::testing::Recorder;
use xpander_report::{ProviderResponse, Reporter, external_task};
use xpander_report_benches::responses;

async fn plain(prompt: &str) -> String {
    prompt.to_owned()
}

#[external_task]
async fn unreported(prompt: &str) -> String {
    prompt.to_owned()
}

#[external_task(reporter = reporter, input(prompt))]
async fn reported(reporter: &Reporter, prompt: &str) -> String {
    prompt.to_owned()
}

#[fastrace::trace(properties = { "prompt": "{prompt}" })]
async fn traced(prompt: &str) -> String {
    prompt.to_owned()
}

fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

fn prompt() -> String {
    "x".repeat(1024)
}

/// A recorder that has been used before, so that one-time work is not counted.
fn recorder() -> (Recorder, String) {
    let recorder = Recorder::new();
    finish(reported(&recorder.reporter(), "x"));
    (recorder, prompt())
}

fn nobody() -> String {
    finish(unreported("x"));
    prompt()
}

fn root() -> (Span, String) {
    let root = Span::root("root", SpanContext::random());
    let parent = root.set_local_parent();
    finish(traced("x"));
    drop(parent);
    (root, prompt())
}

#[library_benchmark]
#[bench::one_kib(setup = prompt)]
fn plain_call(prompt: String) -> String {
    finish(plain(black_box(&prompt)))
}

#[library_benchmark]
#[bench::one_kib(setup = nobody)]
fn without_a_reporter(prompt: String) -> String {
    finish(unreported(black_box(&prompt)))
}

#[library_benchmark]
#[bench::one_kib(setup = recorder)]
fn with_a_reporter((recorder, prompt): (Recorder, String)) -> String {
    finish(reported(&recorder.reporter(), black_box(&prompt)))
}

#[library_benchmark]
#[bench::one_kib(setup = root)]
fn with_fastrace((root, prompt): (Span, String)) -> String {
    let _parent = root.set_local_parent();
    finish(traced(black_box(&prompt)))
}

library_benchmark_group!(
    name = calls,
    benchmarks = [
        plain_call,
        without_a_reporter,
        with_a_reporter,
        with_fastrace
    ]
);

fn chat() -> String {
    responses::chat().json
}

fn response() -> String {
    responses::responses().json
}

fn message() -> String {
    responses::messages().json
}

fn gemini() -> String {
    responses::gemini().json
}

#[library_benchmark]
#[bench::chat(setup = chat)]
#[bench::response(setup = response)]
#[bench::message(setup = message)]
#[bench::gemini(setup = gemini)]
fn reading(json: String) -> Option<ProviderResponse> {
    ProviderResponse::read(black_box(&json))
}

#[library_benchmark]
#[bench::chat(setup = chat)]
#[bench::response(setup = response)]
#[bench::message(setup = message)]
#[bench::gemini(setup = gemini)]
fn skipping(json: String) -> Option<IgnoredAny> {
    serde_json::from_str(black_box(&json)).ok()
}

library_benchmark_group!(name = responses_of_8_kib, benchmarks = [reading, skipping]);

main!(library_benchmark_groups = calls, responses_of_8_kib);
