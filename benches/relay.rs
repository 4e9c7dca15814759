//! The relay: reports accepted and forwarded per second, the effect of a failing agent on the others, and the memory
//! with many waiting reports.
//!
//! ```sh
//! RELAY_BENCH=forwarding,memory cargo bench -p xpander-report-benches --bench relay    # these parts only
//! ```

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, Uri};
use tempfile::TempDir;
use xpander_report::{Config, Durability, Reporter, TaskReport};
use xpander_report_benches::plain_client::PlainClient;
use xpander_report_benches::process::{free_port, memory};
use xpander_report_benches::reports::{body, reports};
use xpander_report_benches::{Candidate, measure, play, ratio, role};
use xpander_report_local::LocalPlatform;
use xpander_report_relay::Relay;

const ROUNDS: u32 = 7;
const REPORTS: u32 = 8_000;
/// Enough reports that the relay's start, which reads before it sends, is a small part of the time.
const FORWARDED: u32 = 40_000;
const FORWARD_ROUNDS: u32 = 3;
/// The number of the relay's concurrent requests.
const CONNECTIONS: u32 = 32;
const LONG: Duration = Duration::from_secs(120);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match (role().as_deref(), &arguments[..]) {
        (Some("server"), [port, latency, ..]) => {
            let latency = Duration::from_millis(latency.parse().expect("milliseconds"));
            return serve(port.parse().expect("a port"), latency);
        }
        (Some("waiting"), [url, dir, ..]) => return wait(url, dir),
        _ => {}
    }
    // `cargo test --benches` only checks that it builds and starts.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = |part: &str| {
        let parts = std::env::var("RELAY_BENCH").unwrap_or_default();
        parts.is_empty() || parts.split(',').any(|it| it == part)
    };
    if wanted("acceptance") {
        acceptance();
    }
    if wanted("forwarding") {
        forwarding();
    }
    if wanted("failing") {
        failing_agent();
    }
    if wanted("memory") {
        memory_of_waiting();
    }
}

fn relay(url: &str, dir: &Path, is_synced: bool) -> Relay {
    let upstream = Config::builder().variables([("", "")]).base_url(url);
    Relay::builder(upstream.api_key("k"), dir)
        .port(0)
        .sync(is_synced)
        .start()
        .expect("a relay")
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn unique(agent: &str, number: u32) -> (String, String) {
    (
        agent.to_owned(),
        body(&format!("{:?}-{number}", Instant::now())),
    )
}

/// Reports accepted per second, relative to the local platform.
fn acceptance() {
    let dir = TempDir::new().expect("a folder");
    let platform = LocalPlatform::builder()
        .port(0)
        .data(dir.path().join("tasks.db"))
        .start()
        .expect("a platform");
    // The platform does not run, so that only acceptance is measured.
    let away = url(free_port());
    let spool = relay(&away, &dir.path().join("spool"), false);
    let synced = relay(&away, &dir.path().join("synced"), true);
    println!("reports accepted per second, 1.1 KB each, all on one machine");
    for connections in [1, 64] {
        let run = |address: SocketAddr| {
            move |count| {
                reports(address, connections, count, |number| {
                    unique("bench", number)
                })
            }
        };
        let count = if connections == 1 {
            REPORTS / 8
        } else {
            REPORTS
        };
        let times = measure(
            &mut [
                Candidate::new("local platform", run(platform.address())),
                Candidate::new("relay", run(spool.address())),
                Candidate::new("relay --sync", run(synced.address())),
            ],
            ROUNDS,
            count,
        );
        for (name, time) in ["local platform", "relay", "relay --sync"]
            .iter()
            .zip(&times)
        {
            println!(
                "  {connections:>2} connections, {name:<14} {:>8.0}/s   {:.2} of the local platform",
                1.0 / time.as_secs_f64(),
                ratio(times[0], *time),
            );
        }
    }
}

/// The time until the relay has delivered this many reports, which wait on disk when it starts.
fn forward(port: u16, count: u32, with_broken: bool) -> Duration {
    let dir = TempDir::new().expect("a folder");
    fill(port, dir.path(), count, with_broken);
    let start = Instant::now();
    let relay = relay(&url(port), dir.path(), false);
    while relay.stats().delivered < u64::from(count) {
        assert!(start.elapsed() < LONG, "{:?}", relay.stats());
        std::thread::sleep(Duration::from_millis(1));
    }
    start.elapsed()
}

/// Reports forwarded per second, relative to a plain keep-alive client.
fn forwarding() {
    let port = free_port();
    let (_server, _) = play("server", &[&port.to_string(), "0"]);
    let plain = PlainClient::new();
    let address = format!("{}/agent-execution/good/report_task", url(port));
    let body = |number| serde_json::to_vec(&waiting(number, "good")).expect("a body");
    let times = measure(
        &mut [
            Candidate::new("plain client", |count| {
                let start = Instant::now();
                plain.post(&address, CONNECTIONS, count, body);
                start.elapsed()
            }),
            Candidate::new("relay", |count| forward(port, count, false)),
        ],
        FORWARD_ROUNDS,
        FORWARDED,
    );
    println!(
        "\nreports forwarded per second over {CONNECTIONS} connections, to a server that keeps nothing\n  \
         a plain keep-alive client {:.0}/s, the relay {:.0}/s: {:.0} %",
        1.0 / times[0].as_secs_f64(),
        1.0 / times[1].as_secs_f64(),
        100.0 * ratio(times[0], times[1]),
    );
}

/// The effect of one agent's failing reports on another agent's, with a slow platform.
fn failing_agent() {
    const LATENCY: &str = "5";
    let port = free_port();
    let (_server, _) = play("server", &[&port.to_string(), LATENCY]);
    let times = measure(
        &mut [
            Candidate::new("alone", |count| forward(port, count, false)),
            Candidate::new("beside", |count| forward(port, count, true)),
        ],
        ROUNDS,
        REPORTS,
    );
    println!(
        "\nbeside an agent whose reports fail, one for three, another one has {:.0} % of its rate (answers take {LATENCY} ms)",
        100.0 * ratio(times[0], times[1])
    );
}

/// Writes this many reports for the platform at this port into a spool, and as many of a failing agent.
fn fill(port: u16, dir: &Path, count: u32, with_broken: bool) {
    // Without a key, a reporter delivers nothing.
    let config = Config::builder()
        .variables([("", "")])
        .base_url(url(port))
        .api_key_provider(String::new);
    let reporter = Reporter::builder()
        .config(config)
        .spool(dir)
        .durability(Durability::Process)
        .exit_timeout(Duration::ZERO)
        .build()
        .expect("a reporter");
    for number in 0..count {
        reporter.report(waiting(number, "good"));
        if with_broken && number % 3 == 0 {
            reporter.report(waiting(number, "broken"));
        }
    }
    let _ = reporter.shutdown_blocking(Duration::ZERO);
}

/// A report of 1.1 KB.
fn waiting(number: u32, agent: &str) -> TaskReport {
    let text = "Revenue grew by a fifth, mostly in the north, and costs fell. ".repeat(8);
    let report = TaskReport::new()
        .id(format!("{agent}-{number}"))
        .agent_id(agent);
    report.input(&text).result(text)
}

/// A server that accepts all reports except those of one agent.
fn serve(port: u16, latency: Duration) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .expect("a port");
            let answer = move |uri: Uri, _: axum::body::Bytes| async move {
                let json = [("content-type", "application/json")];
                if !latency.is_zero() {
                    tokio::time::sleep(latency).await;
                }
                match uri.path().contains("/broken/") {
                    true => (
                        StatusCode::INTERNAL_SERVER_ERROR,
                        json,
                        r#"{"detail":"broken"}"#,
                    ),
                    false => (StatusCode::OK, json, "{}"),
                }
            };
            println!("ready");
            let server = axum::serve(listener, Router::new().fallback(answer));
            server.await.expect("a server");
        });
    });
    let _ = std::io::stdin().read(&mut [0]);
}

/// The memory of a relay with many waiting reports.
fn memory_of_waiting() {
    const WAITING: u32 = 100_000;
    let dir = TempDir::new().expect("a folder");
    let path = dir.path().to_str().expect("a name");
    let (_player, said) = play("waiting", &[&url(free_port()), path]);
    let (address, process) = said.split_once(' ').expect("an address and a process");
    let resident = |name| memory(process, name);
    let before = resident("VmRSS");
    let address = address.parse().expect("an address");
    let took = reports(address, 64, WAITING, |number| {
        let agent = format!("agent-{}", number % 10);
        unique(&agent, number)
    });
    std::thread::sleep(Duration::from_secs(3));
    println!(
        "\nmemory of a relay, platform away: {before:.0} MiB at the start, {:.0} MiB with {WAITING} reports that wait \
         ({:.0} MiB at most), accepted in {:.0} s",
        resident("VmRSS"),
        resident("VmHWM"),
        took.as_secs_f64()
    );
}

/// Runs a relay until the parent process releases it.
fn wait(url: &str, dir: &str) {
    let relay = relay(url, Path::new(dir), false);
    println!("{} {}", relay.address(), std::process::id());
    let _ = std::io::stdin().read(&mut [0]);
    // No process holds the waiting reports.
    std::process::exit(0);
}
