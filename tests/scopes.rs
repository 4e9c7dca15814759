//! Agents whose reports fail or get no answer do not delay the reports of others.
//!
//! The platform takes 5 ms for an answer, so that rates depend on connections and not on the speed of the machine.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{comes_true, config};

const LATENCY: Duration = Duration::from_millis(5);
const BROKEN: &str = "<html>upstream connect error</html>";

/// A platform that answers each agent's reports according to the agent's name.
fn platform() -> Server {
    Server::start(|_, request| {
        let is = |name: &str| request.line.contains(name);
        if is("hanging") {
            return Answer::Silence;
        }
        thread::sleep(LATENCY);
        match () {
            () if is("broken") => Answer::json(500, BROKEN),
            () if is("busy") => Answer::json(429, r#"{"detail": "slow down"}"#),
            () if is("lost") => Answer::json(404, BROKEN),
            () => Answer::task(),
        }
    })
}

fn reporter(server: &Server) -> Reporter {
    let config = config(server.url()).timeout(Duration::from_secs(10));
    let reporter = Reporter::builder().config(config).connections(4);
    reporter.build().expect("a correct configuration")
}

/// The reports per second until this many have arrived.
fn rate(reporter: &Reporter, reports: u64, start: Instant) -> f64 {
    comes_true(|| reporter.stats().delivered >= reports);
    reports as f64 / start.elapsed().as_secs_f64()
}

/// The rate of reports for the agent `good` with reports for others in between, relative to the rate without them.
fn share(others: &[&str]) -> f64 {
    const ALONE: u64 = 1_200;
    // A hanging request is recognised by its duration.
    let hangs = others.iter().any(|other| other.contains("hanging"));
    let beside: u64 = if hangs { 4_800 } else { 1_600 };
    let server = platform();
    let alone = {
        let reporter = reporter(&server);
        let start = Instant::now();
        for _ in 0..ALONE {
            reporter.report(TaskReport::new().agent_id("good"));
        }
        rate(&reporter, ALONE, start)
    };
    let reporter = reporter(&server);
    let start = Instant::now();
    for report in 0..usize::try_from(beside).unwrap() {
        if report % 4 == 0 {
            let other = others[report / 4 % others.len()];
            reporter.report(TaskReport::new().agent_id(other));
        }
        reporter.report(TaskReport::new().agent_id("good"));
    }
    let share = rate(&reporter, beside, start) / alone;
    println!("beside {others:?}: {share:.2} of the rate alone");
    let failing = reporter.stats().failing_agents;
    let named: Vec<_> = failing.iter().map(|agent| &*agent.agent_id).collect();
    for other in others {
        assert!(named.contains(other), "{other} is not named: {named:?}");
    }
    assert!(!named.contains(&"good"), "{failing:?}");
    share
}

#[test]
fn beside_an_agent_that_fails_another_goes_on() {
    let share = share(&["broken"]);
    assert!(share >= 0.7, "{share}");
}

#[test]
fn beside_an_agent_that_hangs_another_goes_on() {
    let share = share(&["hanging"]);
    assert!(share >= 0.7, "{share}");
}

#[test]
fn beside_an_agent_that_is_limited_or_has_no_backend_another_goes_on() {
    let share = share(&["busy", "lost"]);
    assert!(share >= 0.7, "{share}");
}

#[test]
fn beside_many_agents_that_fail_or_hang_another_goes_on() {
    let others = [
        "broken-1",
        "hanging-1",
        "broken-2",
        "hanging-2",
        "busy-1",
        "hanging-3",
    ];
    let share = share(&others);
    assert!(share >= 0.7, "{share}");
}

#[test]
fn beside_an_agent_that_is_slow_another_has_its_share() {
    const REPORTS: usize = 800;
    let good = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let good = Arc::clone(&good);
        move |_, request| {
            if request.line.contains("slow") {
                thread::sleep(20 * LATENCY);
            } else {
                thread::sleep(LATENCY);
                good.fetch_add(1, Ordering::SeqCst);
            }
            Answer::task()
        }
    });
    let time = |slow_reports: usize| {
        let reporter = reporter(&server);
        for _ in 0..slow_reports {
            reporter.report(TaskReport::new().agent_id("slow"));
        }
        comes_true(|| slow_reports == 0 || reporter.stats().delivered > 0);
        let before = good.load(Ordering::SeqCst);
        let start = Instant::now();
        for _ in 0..REPORTS {
            reporter.report(TaskReport::new().agent_id("good"));
        }
        comes_true(|| good.load(Ordering::SeqCst) - before >= REPORTS);
        start.elapsed().as_secs_f64()
    };
    let share = time(0) / time(400);
    println!("beside a slow agent: {share:.2} of the rate alone");
    // The slow agent has two of the four connections.
    assert!(share >= 0.4, "{share}");
}

/// A platform that fails this percentage of requests at random, and the number of requests.
fn by_chance(failures: u8) -> (Reporter, Server, f64) {
    let requests = AtomicUsize::new(0);
    let server = Server::start(move |_, request| {
        thread::sleep(LATENCY);
        if request.line.contains("alone") {
            return Answer::task();
        }
        let seed = requests.fetch_add(1, Ordering::Relaxed) as u64;
        match Rng::with_seed(seed).u8(..100) < failures {
            true => Answer::json(500, BROKEN),
            false => Answer::task(),
        }
    });
    const ALONE: u64 = 800;
    let alone = {
        let reporter = reporter(&server);
        let start = Instant::now();
        for _ in 0..ALONE {
            reporter.report(TaskReport::new().agent_id("alone"));
        }
        rate(&reporter, ALONE, start)
    };
    (reporter(&server), server, alone)
}

#[test]
fn if_answers_fail_by_chance_what_does_not_fail_arrives() {
    for failures in [20, 50] {
        let (reporter, _server, alone) = by_chance(failures);
        let start = Instant::now();
        for report in 0..6_000 {
            let agent = ["one", "two"][report % 2];
            reporter.report(TaskReport::new().agent_id(agent));
        }
        let share = rate(&reporter, 1_500, start) / alone;
        println!("{failures} % fail: {share:.2} of the rate alone");
        let arrive = 1.0 - f64::from(failures) / 100.0;
        assert!(share >= arrive * 0.6, "{failures} %: {share}");
    }
}

#[test]
fn a_platform_that_fails_nine_times_of_ten_is_left_alone() {
    let (reporter, server, alone) = by_chance(90);
    let before = server.requests().len();
    for report in 0..2_000 {
        let agent = ["one", "two", "three"][report % 3];
        reporter.report(TaskReport::new().agent_id(agent));
    }
    let start = Instant::now();
    comes_true(|| start.elapsed() > Duration::from_secs(4));
    let requests = (server.requests().len() - before) as f64;
    let could = alone * start.elapsed().as_secs_f64();
    println!("{requests} requests, {could} could have been");
    assert!(requests < could / 4.0, "{requests} of {could}");
}

#[test]
fn agents_of_which_some_are_new_all_arrive() {
    let server = platform();
    let reporter = reporter(&server);
    let mut expected = HashMap::new();
    for report in 0..400 {
        let agent = format!("agent-{}", report % 100);
        *expected.entry(agent.clone()).or_insert(0) += 1;
        reporter.report(TaskReport::new().agent_id(agent));
        if report % 20 == 0 {
            reporter.report(TaskReport::new().agent_id(format!("hanging-{report}")));
        }
    }
    comes_true(|| reporter.stats().delivered >= 400);
}
