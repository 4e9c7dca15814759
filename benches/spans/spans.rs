//! The cost of spans: the feature `tracing` without a subscriber, compared with the same program without the feature;
//! and with a subscriber and a batching exporter, compared with `#[tracing::instrument]` with the same fields recorded
//! by hand.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter,
};
use serde::Serialize;
use tracing::Span;
use tracing::field::Empty;
use tracing_subscriber::layer::SubscriberExt;
use xpander_report::{Tokens, current_task, external_task};
use xpander_report_benches::{Candidate, measure, median, ratio};

const ROUNDS: u32 = 300;
const CALLS: u32 = 200;
/// Runs of the two programs, in turn.
const RUNS: usize = 15;

/// A program that prints the nanoseconds of a call without a reporter and with a recorder.
const PROGRAM: &str = r#"
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use xpander_report::{external_task, testing::Recorder};

#[external_task]
async fn ask(question: &str) -> usize {
    black_box(question).len()
}

fn call() {
    match pin!(ask(black_box("Will it rain?"))).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(length) => drop(black_box(length)),
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

fn median(calls: u32, mut settle: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..400)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            let time = start.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
            settle();
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let without = median(10_000, || {});
    let recorder = Recorder::new();
    let recorded = recorder.in_scope(|| median(200, || drop(recorder.take())));
    println!("{without} {recorded}");
}
"#;

fn write_crate(folder: &Path, features: &str) -> std::io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let manifest = format!(
        "[package]\nname = \"called\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         xpander-report = {{ path = \"{}\", default-features = false, features = [{features}] }}\n",
        workspace.join("xpander-report").display()
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(folder.join("src/main.rs"), PROGRAM)
}

fn build(folder: &Path, features: &str) -> PathBuf {
    write_crate(folder, features).expect("a crate is written");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the program compiles");
    folder.join("target/release/called")
}

/// The output of a program.
fn times(program: &Path) -> [Duration; 2] {
    let output = Command::new(program).output().expect("the program runs");
    let said = String::from_utf8(output.stdout).expect("text");
    let mut numbers = said.split_whitespace().map(|number| {
        let nanos: f64 = number.parse().expect("a number");
        Duration::from_secs_f64(nanos / 1e9)
    });
    [(); 2].map(|()| numbers.next().expect("two numbers"))
}

fn without_a_subscriber() {
    let folder = tempfile::tempdir().expect("a folder");
    let off = build(&folder.path().join("off"), "");
    let on = build(&folder.path().join("on"), "\"tracing\"");
    let (mut offs, mut ons) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        offs.push(times(&off));
        ons.push(times(&on));
    }
    println!("the feature without a subscriber, beside the program without the feature");
    for (index, case) in ["no reporter", "recorded"].iter().enumerate() {
        let of = |times: &[[Duration; 2]]| median(times.iter().map(|it| it[index]).collect());
        let (off, on) = (of(&offs).as_secs_f64() * 1e9, of(&ons).as_secs_f64() * 1e9);
        println!(
            "{case:<28} {off:>7.1} ns off, {on:>7.1} ns on: {:+.1} ns",
            on - off
        );
    }
}

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        black_box(spans);
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize)]
struct Completion {
    id: String,
    object: &'static str,
    model: &'static str,
    choices: [Choice; 1],
    usage: Usage,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    index: u32,
    message: Message,
    finish_reason: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Message {
    role: &'static str,
    content: String,
}

#[derive(Debug, Clone, Serialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

fn completion() -> Completion {
    Completion {
        id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT".to_owned(),
        object: "chat.completion",
        model: "gpt-5.4-mini-2026-03-05",
        choices: [Choice {
            index: 0,
            message: Message {
                role: "assistant",
                content: "Rain until noon, then sun. ".repeat(10),
            },
            finish_reason: "stop",
        }],
        usage: Usage {
            prompt_tokens: 19,
            completion_tokens: 10,
            total_tokens: 29,
        },
    }
}

#[external_task(skip_all, agent_id = "agent-7")]
async fn counted(question: &str) -> usize {
    current_task().tokens(Tokens::new(19, 10));
    black_box(question).len()
}

#[external_task(skip_all, agent_id = "agent-7")]
async fn responding(answer: &Completion) -> Completion {
    answer.clone()
}

/// `#[tracing::instrument]` with the fields of a run.
macro_rules! by_hand {
    ($(#[$attribute:meta])* async fn $name:ident($argument:ident: $type:ty) -> $output:ty $body:block) => {
        #[tracing::instrument(name = "invoke_agent", skip_all, fields(
            otel.name = concat!("invoke_agent ", stringify!($name)), otel.kind = "internal",
            otel.status_code = Empty, otel.status_description = Empty,
            gen_ai.operation.name = "invoke_agent", gen_ai.agent.name = stringify!($name),
            gen_ai.agent.id = Empty, gen_ai.provider.name = Empty, gen_ai.request.model = Empty,
            gen_ai.response.model = Empty, gen_ai.response.id = Empty,
            gen_ai.response.finish_reasons = Empty, gen_ai.response.time_to_first_chunk = Empty,
            gen_ai.usage.input_tokens = Empty, gen_ai.usage.output_tokens = Empty,
            gen_ai.usage.cache_read.input_tokens = Empty, gen_ai.usage.cache_creation.input_tokens = Empty,
            gen_ai.usage.reasoning.output_tokens = Empty, gen_ai.input.messages = Empty,
            gen_ai.output.messages = Empty, error.type = Empty, xpander.task.id = Empty,
        ))]
        async fn $name($argument: $type) -> $output $body
    };
}

fn record_usage(span: &Span, usage: &Usage) {
    span.record("gen_ai.agent.id", "agent-7");
    span.record("gen_ai.usage.input_tokens", usage.prompt_tokens as i64);
    span.record("gen_ai.usage.output_tokens", usage.completion_tokens as i64);
    span.record("gen_ai.usage.cache_read.input_tokens", 0_i64);
    span.record("gen_ai.usage.cache_creation.input_tokens", 0_i64);
}

by_hand! {
    async fn counted_by_hand(question: &str) -> usize {
        let usage = Usage { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };
        record_usage(&Span::current(), &usage);
        black_box(question).len()
    }
}

by_hand! {
    async fn responding_by_hand(answer: &Completion) -> Completion {
        let answer = answer.clone();
        let span = Span::current();
        record_usage(&span, &answer.usage);
        span.record("gen_ai.provider.name", "openai");
        span.record("gen_ai.request.model", answer.model);
        span.record("gen_ai.response.model", answer.model);
        span.record("gen_ai.response.id", &*answer.id);
        let reasons = serde_json::to_string(&[answer.choices[0].finish_reason]).expect("texts");
        span.record("gen_ai.response.finish_reasons", &*reasons);
        answer
    }
}

/// The function is ready at the first poll, so only its own work is measured.
fn finish<F: Future>(future: F) {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => drop(black_box(output)),
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

/// The name, the function with the attribute, and the function by hand.
type Case<'a> = (&'a str, &'a dyn Fn(), &'a dyn Fn());

fn with_a_subscriber() {
    let batches = BatchConfigBuilder::default().with_max_queue_size(1 << 16);
    let processor = BatchSpanProcessor::builder(Discard).with_batch_config(batches.build());
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor.build())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let completion = completion();
    let timed = |call: &dyn Fn(), count: u32| {
        let start = Instant::now();
        (0..count).for_each(|_| call());
        let elapsed = start.elapsed();
        provider.force_flush().expect("spans are discarded");
        elapsed
    };
    let cases: [Case<'_>; 2] = [
        (
            "tokens set in the body",
            &|| finish(counted(black_box("Will it rain?"))),
            &|| finish(counted_by_hand(black_box("Will it rain?"))),
        ),
        (
            "a response that is returned",
            &|| finish(responding(black_box(&completion))),
            &|| finish(responding_by_hand(black_box(&completion))),
        ),
    ];
    println!("\nwith a subscriber and a batching exporter, compared with `instrument` by hand");
    for (case, ours, by_hand) in cases {
        let mut candidates = [
            Candidate::new("ours", |count| timed(ours, count)),
            Candidate::new("by hand", |count| timed(by_hand, count)),
        ];
        let times = measure(&mut candidates, ROUNDS, CALLS);
        println!(
            "{case:<28} {:>7} ns, by hand {:>7} ns: {:.2}x",
            times[0].as_nanos(),
            times[1].as_nanos(),
            ratio(times[0], times[1]),
        );
    }
}

fn main() {
    without_a_subscriber();
    with_a_subscriber();
}
