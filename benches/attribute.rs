//! The cost of the attribute for a call, compared with `#[fastrace::trace]` with an active root and the argument as a
//! property, and `#[tracing::instrument(ret, err)]` with a batching OpenTelemetry layer.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use fastrace::collector::{Config as TraceConfig, Reporter as TraceReporter, SpanRecord};
use fastrace::prelude::{Span, SpanContext};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt;
use xpander_report::{Config, Reporter, external_task};
use xpander_report_benches::{Candidate, measure, ratio, server};

static REPORTER: OnceLock<Reporter> = OnceLock::new();

const ROUNDS: u32 = 300;
const CALLS: u32 = 200;

/// The same function five times: plain, with a reporter, without one, and with the two other attributes.
macro_rules! functions {
    ($name:ident($($argument:ident: $type:ty)?) -> $output:ty { $body:expr } $(property $property:literal)?) => {
        mod $name {
            use super::*;

            type Output = Result<$output, String>;

            pub async fn plain($($argument: $type)?) -> Output {
                Ok(black_box($body))
            }

            #[external_task(reporter = REPORTER.get().expect("it is set first"))]
            pub async fn reported($($argument: $type)?) -> Output {
                Ok(black_box($body))
            }

            #[external_task]
            pub async fn unreported($($argument: $type)?) -> Output {
                Ok(black_box($body))
            }

            #[fastrace::trace(properties = { $("argument": $property)? })]
            pub async fn traced($($argument: $type)?) -> Output {
                Ok(black_box($body))
            }

            #[tracing::instrument(ret, err)]
            pub async fn instrumented($($argument: $type)?) -> Output {
                Ok(black_box($body))
            }
        }
    };
}

functions!(nothing() -> () { () });
functions!(text(prompt: &str) -> String { prompt.to_owned() } property "{prompt}");
functions!(structure(order: &Order) -> usize { black_box(order).tags.len() } property "{order:?}");
functions!(response(prompt: &str) -> Response { Response::of_8_kib(prompt) } property "{prompt}");

#[derive(Debug, Clone, serde::Serialize)]
struct Order {
    numbers: [u64; 8],
    prices: [f64; 4],
    customer: String,
    street: String,
    town: String,
    country: Option<String>,
    paid: bool,
    sent: bool,
    tags: Vec<String>,
    note: String,
}

/// A provider's answer: a text inside a few small objects.
#[derive(Debug, serde::Serialize)]
struct Response {
    id: u64,
    model: &'static str,
    choices: Vec<Choice>,
}

#[derive(Debug, serde::Serialize)]
struct Choice {
    index: usize,
    content: String,
}

impl Response {
    fn of_8_kib(prompt: &str) -> Self {
        let content = prompt.repeat(8_000 / prompt.len());
        Self {
            id: 7,
            model: "model",
            choices: vec![Choice { index: 0, content }],
        }
    }
}

/// The function is ready at the first poll, so only its own work is measured.
fn finish<F: Future>(future: F) {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => drop(black_box(output)),
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

struct Discard;

impl TraceReporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

#[derive(Debug)]
struct DiscardSpans;

impl SpanExporter for DiscardSpans {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        black_box(spans);
        Ok(())
    }
}

const NAMES: [&str; 5] = [
    "plain",
    "no reporter",
    "reporter",
    "fastrace",
    "tracing + OTel",
];
const FASTRACE: usize = 3;
const TRACING: usize = 4;

/// Prints how the five compare.
fn compare(case: &str, sizes: [usize; 2], calls: [&dyn Fn(); 5], settle: &dyn Fn()) {
    let with_root = |index: usize, work: &mut dyn FnMut() -> Duration| {
        let root = (index == FASTRACE).then(|| Span::root("root", SpanContext::random()));
        let parent = root.as_ref().map(Span::set_local_parent);
        let elapsed = work();
        drop((parent, root));
        settle();
        elapsed
    };
    let mut candidates: Vec<_> = (0..5)
        .map(|index| {
            Candidate::new(NAMES[index], move |count| {
                with_root(index, &mut || {
                    let start = Instant::now();
                    (0..count).for_each(|_| calls[index]());
                    start.elapsed()
                })
            })
        })
        .collect();
    let times = measure(&mut candidates, ROUNDS, CALLS);

    let allocations: Vec<_> = (0..5)
        .map(|index| {
            let mut count = 0;
            with_root(index, &mut || {
                let calls = || (0..CALLS).for_each(|_| calls[index]());
                count = allocation_counter::measure(calls).count_total;
                Duration::ZERO
            });
            count as f64 / f64::from(CALLS)
        })
        .collect();

    let added = |index: usize| times[index].saturating_sub(times[0]);
    println!(
        "\n{case}; future: {} bytes plain, {} reported",
        sizes[0], sizes[1]
    );
    println!(
        "{:<15} {:>10} {:>13} {:>13} {:>12}",
        "", "adds", "to fastrace", "to tracing", "allocations"
    );
    for (index, name) in NAMES.iter().enumerate() {
        println!(
            "{name:<15} {:>7} ns {:>12.2}x {:>12.2}x {:>12.1}",
            added(index).as_nanos(),
            ratio(added(index), added(FASTRACE)),
            ratio(added(index), added(TRACING)),
            allocations[index] - allocations[0],
        );
    }
}

macro_rules! compare {
    ($case:literal, $name:ident($($argument:expr)?), $settle:expr) => {
        compare(
            $case,
            [
                size_of_val(&$name::plain($($argument)?)),
                size_of_val(&$name::reported($($argument)?)),
            ],
            [
                &|| finish($name::plain($($argument)?)),
                &|| finish($name::unreported($($argument)?)),
                &|| finish($name::reported($($argument)?)),
                &|| finish($name::traced($($argument)?)),
                &|| finish($name::instrumented($($argument)?)),
            ],
            $settle,
        )
    };
}

fn main() {
    let config = Config::builder()
        .variables([("", "")])
        .base_url(server())
        .api_key("k")
        .agent_id("a");
    let reporter = Reporter::builder()
        .config(config)
        .build()
        .expect("a correct configuration");
    REPORTER.set(reporter.clone()).expect("it is set once");

    fastrace::set_reporter(Discard, TraceConfig::default());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(DiscardSpans)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");

    let settle = || {
        let outcome = reporter.flush_blocking(Duration::from_secs(60));
        assert!(outcome.is_complete(), "{outcome:?}");
        fastrace::flush();
        provider.force_flush().expect("spans are discarded");
    };

    let prompt = "x".repeat(1024);
    let order = Order {
        numbers: [7; 8],
        prices: [9.95; 4],
        customer: "Ada Lovelace".into(),
        street: "12 St James's Square".into(),
        town: "London".into(),
        country: None,
        paid: true,
        sent: false,
        tags: vec!["fast".into(), "gift".into()],
        note: "leave it at the door".into(),
    };
    compare!("no argument", nothing(), &settle);
    compare!("1 KiB in and out", text(&prompt), &settle);
    compare!("a struct of 20 values in", structure(&order), &settle);
    compare!(
        "1 KiB in, a response of 8 KiB out",
        response(&prompt),
        &settle
    );
}
