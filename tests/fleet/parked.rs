//! Reports of an agent that the platform refuses, beside those of others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use xpander_report_relay::Relay;
use xpander_report_tests::server::{Answer, Server as Platform};
use xpander_report_tests::{LONG, until};

use crate::nats::Server;
use crate::support::{post_for, start, status};

const REPORTS: u64 = 10_000;
const TASKS: u64 = 5_000;

/// Each task is reported twice.
fn report(relay: &Relay, agent: &str, count: u64) {
    thread::scope(|scope| {
        for worker in 0..8 {
            scope.spawn(move || {
                for number in (worker..count).step_by(8) {
                    let task = number % TASKS;
                    let body = format!(r#"{{"id":"{agent}-{task}","result":"{number}"}}"#);
                    let answer = post_for(relay, agent, &body);
                    assert_eq!(answer.status, 200, "{answer:?}");
                }
            });
        }
    });
}

#[test]
fn an_agent_that_is_refused_leaves_the_others_alone_and_its_reports_wait_in_their_order() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path());
    let is_good = Arc::new(AtomicBool::new(false));
    let taken: Arc<Mutex<HashMap<String, Vec<u64>>>> = Arc::default();
    let platform = {
        let (is_good, taken) = (Arc::clone(&is_good), Arc::clone(&taken));
        Platform::start(move |_, request| {
            if request.line.contains("/refused/") && !is_good.load(Ordering::SeqCst) {
                return Answer::json(403, r#"{"detail":"not this agent"}"#);
            }
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let number = body["result"].as_str().unwrap().parse().unwrap();
            let id = body["id"].as_str().unwrap().to_owned();
            taken.lock().unwrap().entry(id).or_default().push(number);
            Answer::task()
        })
    };
    let relay = start(&platform.url(), &server).unwrap();
    report(&relay, "refused", REPORTS);
    until(|| {
        status(&relay)
            .stream
            .is_some_and(|stream| stream.parked > REPORTS / 2)
    });
    let stream = status(&relay).stream.unwrap();
    assert_eq!(stream.parked_agents[0].agent_id, "refused");
    // The others do not wait behind them.
    report(&relay, "good", 200);
    until(|| taken.lock().unwrap().len() == 200);
    let metrics = crate::support::get(&relay, "/metrics").body;
    assert!(
        metrics.contains(r#"xpander_relay_agent_parked{agent="refused"} "#),
        "{metrics}"
    );

    // Whoever forwards next finds them where they are.
    relay.stop();
    is_good.store(true, Ordering::SeqCst);
    let relay = start(&platform.url(), &server).unwrap();
    let deadline = Instant::now() + 4 * LONG;
    while status(&relay).waiting > 0 {
        assert!(Instant::now() < deadline, "{:?}", status(&relay));
        thread::sleep(Duration::from_millis(50));
    }
    let taken = taken.lock().unwrap();
    for task in 0..TASKS {
        let numbers = &taken[&format!("refused-{task}")];
        assert!(numbers.is_sorted(), "{task}: {numbers:?}");
        assert_eq!(numbers.last(), Some(&(task + TASKS)), "{task}");
    }
}
