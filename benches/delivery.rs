//! Reports delivered per second to a server that keeps nothing, beside a plain keep-alive client that
//! posts the same bodies over as many connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use xpander_report::{Config, Reporter, TaskReport, Tokens};
use xpander_report_benches::{Candidate, measure, ratio, server};

const ROUNDS: u32 = 15;
const REPORTS: u32 = 4_000;
const CONNECTIONS: usize = 4;

fn report() -> TaskReport {
    TaskReport::new()
        .input("x".repeat(1024))
        .result("y".repeat(1024))
        .tokens(Tokens::new(812, 96))
        .duration(Duration::from_millis(1_200))
}

fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("the only provider");
    let url = server();
    let reporter = Reporter::builder()
        .config(
            Config::builder()
                .variables([("", "")])
                .base_url(&url)
                .api_key("k")
                .agent_id("a"),
        )
        .connections(CONNECTIONS)
        .build()
        .expect("a correct configuration");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let plain = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let address = format!("{url}/agent-execution/a/report_task");
    let body = serde_json::to_vec(&report().id("0".repeat(36))).expect("a body");

    let mut candidates = [
        Candidate::new("plain client", |count| {
            let start = Instant::now();
            runtime.block_on(post(&plain, &address, &body, count));
            start.elapsed()
        }),
        Candidate::new("reporter", |count| {
            let start = Instant::now();
            for _ in 0..count {
                reporter.report(report());
            }
            let outcome = reporter.flush_blocking(Duration::from_secs(60));
            let elapsed = start.elapsed();
            assert!(outcome.is_complete(), "{outcome:?}");
            elapsed
        }),
    ];
    let times = measure(&mut candidates, ROUNDS, REPORTS);
    let names = candidates.each_ref().map(|candidate| candidate.name);

    println!("reports of 2 KiB over {CONNECTIONS} connections");
    println!(
        "{:<14} {:>12} {:>20}",
        "", "per second", "to the plain client"
    );
    for (name, time) in names.iter().zip(&times) {
        let per_second = 1.0 / time.as_secs_f64();
        println!(
            "{name:<14} {per_second:>12.0} {:>19.0}%",
            100.0 * ratio(times[0], *time)
        );
    }
}

/// Posts the body `count` times, over as many connections as the reporter has.
async fn post(client: &reqwest::Client, address: &str, body: &[u8], count: u32) {
    let left = Arc::new(AtomicU32::new(count));
    let posts: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (client, address, left) = (client.clone(), address.to_owned(), Arc::clone(&left));
            let body = body.to_vec();
            tokio::spawn(async move {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok()
                {
                    let request = client
                        .post(&address)
                        .header("x-api-key", "k")
                        .header("content-type", "application/json")
                        .body(body.clone());
                    let answer = request.send().await.expect("an answer");
                    answer.bytes().await.expect("a body");
                }
            })
        })
        .collect();
    for post in posts {
        post.await.expect("no panic");
    }
}
