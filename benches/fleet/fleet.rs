//! A relay on NATS JetStream: reports accepted and forwarded per second, and the memory with many reports that wait.
//!
//! ```sh
//! FLEET_BENCH=acceptance,memory cargo bench -p xpander-report-benches-fleet    # these parts only
//! ```

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use xpander_report::Config;
use xpander_report_benches::plain_client::PlainClient;
use xpander_report_benches::process::{free_port, memory};
use xpander_report_benches::reports::{body, reports};
use xpander_report_benches::{Candidate, measure, play, play_server, ratio, role};
use xpander_report_relay::{Nats, Relay};

const ROUNDS: u32 = 5;
const CONNECTIONS: u32 = 64;
const REPORTS: u32 = 8_000;
const FORWARDED: u32 = 20_000;
const FORWARD_ROUNDS: u32 = 3;
/// The number of the relay's concurrent requests.
const REQUESTS: u32 = 32;
const WAITING: u32 = 100_000;
const LONG: Duration = Duration::from_secs(300);
const SUBJECT: &str = "xpander.reports.0";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match (role().as_deref(), &arguments[..]) {
        (Some("server"), _) => return play_server(),
        (Some("relay"), [nats, platform, ..]) => return play_relay(nats, platform),
        _ => {}
    }
    // `cargo test --benches` only checks that it builds and starts.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted = |part: &str| {
        let parts = std::env::var("FLEET_BENCH").unwrap_or_default();
        parts.is_empty() || parts.split(',').any(|it| it == part)
    };
    if wanted("acceptance") {
        acceptance();
    }
    if wanted("forwarding") {
        forwarding();
    }
    if wanted("memory") {
        memory_of_waiting();
    }
}

/// A server of NATS, with its data in a folder.
struct Server(Child, String);

impl Server {
    fn start(folder: &Path) -> Self {
        let port = free_port();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let child = Command::new("nats-server")
            .env("PATH", path)
            .args(["--jetstream", "--addr", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .arg("--store_dir")
            .arg(folder)
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server on the path");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            sleep(Duration::from_millis(5));
        }
        Self(child, format!("nats://127.0.0.1:{port}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn relay(nats: &str, platform: &str) -> Relay {
    let upstream = Config::builder().variables([("", "")]).base_url(platform);
    let nats = Nats::new(nats).max_bytes(4 << 30);
    let relay = Relay::on_nats(upstream.api_key("k"), nats).port(0);
    relay.start().expect("a relay")
}

/// Runs a relay until the parent process releases it.
fn play_relay(nats: &str, platform: &str) {
    let relay = relay(nats, platform);
    println!("{} {}", relay.address(), std::process::id());
    let _ = std::io::stdin().read(&mut [0]);
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

async fn context(nats: &str) -> Context {
    jetstream::new(async_nats::connect(nats).await.expect("a connection"))
}

/// Publishes this many reports over this many tasks. Each waits for its acknowledgement.
async fn publish(nats: &str, count: u32, with_head: bool) -> Duration {
    let context = context(nats).await;
    let start = Instant::now();
    let workers: Vec<_> = (0..CONNECTIONS)
        .map(|worker| {
            let context = context.clone();
            tokio::spawn(async move {
                for number in (worker..count).step_by(CONNECTIONS as usize) {
                    let id = format!("{:?}-{number}", Instant::now());
                    let mut message = PublishMessage::build()
                        .payload(body(&id).into())
                        .message_id(&id);
                    if with_head {
                        let head = format!(r#"{{"agent":"good","task":{id:?}}}"#);
                        message = message.header("Xpander-Report", &*head);
                    }
                    let sent = context.send_publish(SUBJECT, message).await;
                    sent.expect("a message").await.expect("an acknowledgement");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("a worker");
    }
    start.elapsed()
}

/// Reports accepted per second, relative to a client of NATS that publishes the same messages.
fn acceptance() {
    let dir = TempDir::new().expect("a folder");
    let server = Server::start(dir.path());
    // The platform does not run, so that only acceptance is measured.
    let away = format!("http://127.0.0.1:{}", free_port());
    let (_player, said) = play("relay", &[&server.1, &away]);
    let (address, _) = said.split_once(' ').expect("an address and a process");
    let address = address.parse().expect("an address");
    let runtime = runtime();
    let times = measure(
        &mut [
            Candidate::new("async-nats", |count| {
                runtime.block_on(publish(&server.1, count, false))
            }),
            Candidate::new("relay", |count| {
                reports(address, CONNECTIONS, count, |number| {
                    let id = format!("{:?}-{number}", Instant::now());
                    ("bench".to_owned(), body(&id))
                })
            }),
        ],
        ROUNDS,
        REPORTS,
    );
    println!(
        "reports of 1.1 KB accepted per second over {CONNECTIONS} connections, each acknowledged by JetStream\n  \
         async-nats alone {:.0}/s, the relay {:.0}/s: {:.0} %",
        1.0 / times[0].as_secs_f64(),
        1.0 / times[1].as_secs_f64(),
        100.0 * ratio(times[0], times[1]),
    );
}

/// Reports forwarded per second, relative to a plain keep-alive client.
fn forwarding() {
    let (_platform, url) = play("server", &[]);
    let plain = PlainClient::new();
    let address = format!("{url}/agent-execution/good/report_task");
    let times = measure(
        &mut [
            Candidate::new("plain client", |count| {
                let start = Instant::now();
                plain.post(&address, REQUESTS, count, |number| {
                    body(&number.to_string()).into()
                });
                start.elapsed()
            }),
            Candidate::new("relay", |count| forward(&url, count)),
        ],
        FORWARD_ROUNDS,
        FORWARDED,
    );
    println!(
        "\nreports forwarded per second over {REQUESTS} connections, to a server that keeps nothing\n  \
         a plain keep-alive client {:.0}/s, the relay {:.0}/s: {:.0} %",
        1.0 / times[0].as_secs_f64(),
        1.0 / times[1].as_secs_f64(),
        100.0 * ratio(times[0], times[1]),
    );
}

/// The time until the relay has delivered this many reports, which wait in the stream when it starts.
fn forward(platform: &str, count: u32) -> Duration {
    let dir = TempDir::new().expect("a folder");
    let server = Server::start(dir.path());
    drop(relay(&server.1, platform));
    runtime().block_on(publish(&server.1, count, true));
    let start = Instant::now();
    let relay = relay(&server.1, platform);
    while relay.stats().delivered < u64::from(count) {
        assert!(start.elapsed() < LONG, "{:?}", relay.stats());
        sleep(Duration::from_millis(1));
    }
    let took = start.elapsed();
    assert!(relay.drain(LONG));
    took
}

/// The memory of a relay with many waiting reports.
fn memory_of_waiting() {
    let dir = TempDir::new().expect("a folder");
    let server = Server::start(dir.path());
    let away = format!("http://127.0.0.1:{}", free_port());
    let (_player, said) = play("relay", &[&server.1, &away]);
    let (address, process) = said.split_once(' ').expect("an address and a process");
    let resident = |name| memory(process, name);
    let before = resident("VmRSS");
    let address = address.parse().expect("an address");
    let took = reports(address, CONNECTIONS, WAITING, |number| {
        let agent = format!("agent-{}", number % 10);
        (agent, body(&format!("{:?}-{number}", Instant::now())))
    });
    sleep(Duration::from_secs(3));
    println!(
        "\nmemory of a relay, platform away: {before:.0} MiB at the start, {:.0} MiB with {WAITING} reports in the \
         stream ({:.0} MiB at most), accepted in {:.0} s",
        resident("VmRSS"),
        resident("VmHWM"),
        took.as_secs_f64()
    );
}
