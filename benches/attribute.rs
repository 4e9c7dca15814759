//! What the attribute adds to a call with 1 KiB in and 1 KiB out, beside `#[fastrace::trace]` with an
//! active root and the prompt as a property.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use fastrace::collector::{Config as TraceConfig, Reporter as TraceReporter, SpanRecord};
use fastrace::prelude::{Span, SpanContext};
use xpander_report::{Config, Reporter, external_task};
use xpander_report_benches::{Candidate, measure, ratio};

const ROUNDS: u32 = 400;
const CALLS: u32 = 200;

async fn plain(prompt: &str) -> String {
    answer(prompt).await
}

#[external_task(reporter = reporter, input(prompt))]
async fn reported(reporter: &Reporter, prompt: &str) -> String {
    answer(prompt).await
}

#[external_task]
async fn unreported(prompt: &str) -> String {
    answer(prompt).await
}

#[fastrace::trace(properties = { "prompt": "{prompt}" })]
async fn traced(prompt: &str) -> String {
    answer(prompt).await
}

async fn answer(prompt: &str) -> String {
    black_box(prompt).to_owned()
}

/// The function is ready at the first poll, so nothing but its own work is measured.
fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("it waits for nothing"),
    }
}

fn time(count: u32, mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        call();
    }
    start.elapsed()
}

struct Discard;

impl TraceReporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

fn main() {
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
    fastrace::set_reporter(Discard, TraceConfig::default());
    let prompt = "x".repeat(1024);
    let prompt = prompt.as_str();

    let calls: [(&str, &dyn Fn()); 4] = [
        ("plain", &|| drop(finish(plain(prompt)))),
        ("no reporter", &|| drop(finish(unreported(prompt)))),
        ("reporter", &|| drop(finish(reported(&reporter, prompt)))),
        ("fastrace", &|| drop(finish(traced(prompt)))),
    ];
    let settle = || {
        let outcome = reporter.flush_blocking(Duration::from_secs(60));
        assert!(outcome.is_complete(), "{outcome:?}");
        fastrace::flush();
    };
    let mut candidates = calls.map(|(name, call)| {
        Candidate::new(name, move |count| {
            let root = (name == "fastrace").then(|| Span::root("root", SpanContext::random()));
            let parent = root.as_ref().map(Span::set_local_parent);
            let elapsed = time(count, call);
            drop((parent, root));
            settle();
            elapsed
        })
    });
    let times = measure(&mut candidates, ROUNDS, CALLS);
    drop(candidates);

    let plain = times[0];
    let fastrace = times[3].saturating_sub(plain);
    println!("one call, 1 KiB in and 1 KiB out; what is added to the plain function");
    println!(
        "{:<12} {:>10} {:>14} {:>12}",
        "", "adds", "to fastrace", "allocations"
    );
    for ((name, call), time) in calls.iter().zip(&times) {
        let root = (*name == "fastrace").then(|| Span::root("root", SpanContext::random()));
        let parent = root.as_ref().map(Span::set_local_parent);
        // A queue or a local collector that has just grown does not grow again.
        call();
        let allocations = allocation_counter::measure(call).count_total;
        drop((parent, root));
        let own = allocation_counter::measure(|| calls[0].1()).count_total;
        let added = time.saturating_sub(plain);
        println!(
            "{name:<12} {:>7} ns {:>13.2}x {:>12}",
            added.as_nanos(),
            ratio(added, fastrace),
            allocations - own,
        );
    }
    settle();
}

/// Takes every report and keeps nothing, on a thread of its own.
fn server() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            listener.set_nonblocking(true).expect("a listener");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let app =
                Router::new().fallback(|| async { ([("content-type", "application/json")], "{}") });
            axum::serve(listener, app).await.expect("a server");
        });
    });
    url
}
