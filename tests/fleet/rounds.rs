//! Whatever dies and however the platform misbehaves: every report that was answered with 200 ends as exactly one task
//! with the newest content.
//!
//! Three servers of NATS keep each report, two relays accept. In each round a relay is killed, paused, or stopped. In one
//! round of the ten in the gate a server is killed. `ROUNDS=200 cargo test -p xpander-report-tests-fleet rounds` makes so
//! many rounds, and kills any server in any of them. `SEED=7` begins with that seed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;
use tempfile::TempDir;
use xpander_report_tests::raw::try_send;
use xpander_report_tests::unruly::{
    BROKEN_AGENT, Fault, HANGING_AGENT, REFUSED_AGENT, Seen, Unruly,
};
use xpander_report_tests::{LONG, until};

use crate::nats::{Server, free_port};
use crate::process::{LEASE, Process};
use crate::support::{HEADERS, status_of};

const THREADS: usize = 4;
const TASKS: usize = 6;

/// What a program knows of one task.
#[derive(Debug, Default)]
struct Task {
    id: String,
    agent: &'static str,
    /// The version that was sent last, and the last one that was answered with 200.
    sent: u64,
    answered: u64,
    /// Where it stands among the reports of its process.
    place: u64,
}

/// The sequences of acknowledged reports in the stream. A server that loses one gives its sequence to another.
#[derive(Debug, Default)]
struct Sequences(HashMap<u64, (String, u64)>);

impl Sequences {
    /// Returns the report whose sequence it was before.
    fn add(&mut self, sequence: u64, task: &str, version: u64) -> Option<(String, u64)> {
        let before = self.0.insert(sequence, (task.to_owned(), version));
        before.filter(|before| *before != (task.to_owned(), version))
    }
}

struct Fleet {
    relays: [RwLock<SocketAddr>; 2],
    sequences: Mutex<Sequences>,
    /// Reports that a server acknowledged and lost.
    lost: Mutex<Vec<(String, u64)>>,
    is_over: AtomicBool,
    answered: AtomicUsize,
}

impl Task {
    /// Reports the next version, or the last one again if nobody said that it was accepted.
    fn report(&mut self, fleet: &Fleet, process: usize, count: &mut u64, rng: &mut Rng) {
        if self.sent == self.answered || rng.bool() {
            self.sent += 1;
            *count += 1;
            self.place = *count;
        }
        let version = self.sent;
        let body = json!({"id": self.id, "result": version.to_string()}).to_string();
        let line = format!("POST /agent-execution/{}/report_task", self.agent);
        let place = format!("{process:x}-{:x}", self.place);
        let headers = [HEADERS[0], HEADERS[1], ("x-xpander-sequence", &*place)];
        let relay = *fleet.relays[rng.usize(..2)].read().unwrap();
        // It gives up in time, or a relay that is paused would hold it up.
        let Ok(answer) = try_send(relay, &line, &headers, body.as_bytes()) else {
            thread::sleep(Duration::from_millis(5));
            return;
        };
        match answer.status {
            200 => {
                self.answered = version;
                fleet.answered.fetch_add(1, Ordering::Relaxed);
                let sequence = answer.header("x-xpander-stream-sequence");
                let sequence = sequence.unwrap().parse().unwrap();
                let mut sequences = fleet.sequences.lock().unwrap();
                let before = sequences.add(sequence, &self.id, version);
                fleet.lost.lock().unwrap().extend(before);
            }
            503 => assert!(answer.json()["detail"].is_string()),
            status => panic!("{status}: {}", answer.body),
        }
    }

    /// What is wrong with it, if the servers have kept what they acknowledged.
    fn problem(&self, seen: &[Seen]) -> Option<String> {
        let taken = seen.iter().filter(|seen| seen.is_taken);
        let results: Vec<u64> = taken
            .map(|seen| seen.report.result.as_ref().unwrap().parse().unwrap())
            .collect();
        let last = results.last().copied().unwrap_or(0);
        let is_well = last >= self.answered && last <= self.sent;
        (!is_well).then(|| format!("{self:?}: {results:?}"))
    }
}

#[test]
fn rounds() {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap())
    };
    let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("ROUNDS");
    println!("SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let dir = TempDir::new().unwrap();
    let mut servers = Server::three(dir.path());
    let urls: Vec<_> = servers.iter().map(Server::url).collect();
    let urls = urls.join(",");
    let platform = Unruly::start(rng.fork(), Fault::ALL.to_vec(), 40);
    let ports = [free_port(), free_port()];
    let start = |port| Process::start(&platform.url(), &urls, 3, port);
    let mut relays = ports.map(start);
    let fleet = Fleet {
        relays: [0, 1].map(|relay| RwLock::new(relays[relay].address)),
        sequences: Mutex::default(),
        lost: Mutex::default(),
        is_over: AtomicBool::new(false),
        answered: AtomicUsize::new(0),
    };
    until(|| relays.iter().all(|relay| is_ready(relay.address)));
    let tasks = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (mut rng, fleet) = (rng.fork(), &fleet);
                scope.spawn(move || report(thread, &mut rng, fleet))
            })
            .collect();
        for round in 0..rounds.unwrap_or(10) {
            let answered = fleet.answered.load(Ordering::Relaxed);
            let kills_server = if rounds.is_some() {
                rng.bool()
            } else {
                round == 5
            };
            let server = kills_server.then(|| rng.usize(..3));
            if let Some(server) = server {
                servers[server].kill();
            }
            let forwarder = status_of(relays[0].address).and_then(|status| status.forwarder);
            let forwards = |relay: &Process| Some(&relay.name) == forwarder.as_ref();
            let chosen = match rng.u8(..4) {
                0 => rng.usize(..2),
                _ => relays.iter().position(forwards).unwrap_or(0),
            };
            match rng.u8(..5) {
                0 | 1 => relays[chosen].kill(),
                2 => relays[chosen].stop(),
                _ => {
                    relays[chosen].pause();
                    let longer = LEASE.mul_f64(1.5);
                    thread::sleep(if rng.bool() { longer } else { LEASE / 4 });
                    relays[chosen].resume();
                }
            }
            if !relays[chosen].is_alive() {
                thread::sleep(Duration::from_millis(rng.u64(5..300)));
                relays[chosen] = start(ports[chosen]);
                *fleet.relays[chosen].write().unwrap() = relays[chosen].address;
            }
            if let Some(server) = server {
                servers[server].restart();
            }
            // Each round, reports are accepted again.
            until(|| fleet.answered.load(Ordering::Relaxed) > answered + 20);
        }
        fleet.is_over.store(true, Ordering::Relaxed);
        let tasks = threads.into_iter();
        let tasks = tasks.flat_map(|thread| thread.join().unwrap());
        tasks.collect::<Vec<_>>()
    });
    platform.become_good();
    let waiting = || status_of(relays[0].address).map(|status| (status.waiting, status.forwarder));
    let deadline = Instant::now() + LONG;
    while waiting().is_none_or(|(waiting, _)| waiting > 0) {
        assert!(
            Instant::now() < deadline,
            "{:?}",
            status_of(relays[0].address)
        );
        thread::sleep(Duration::from_millis(20));
    }
    let seen = platform.seen();
    let problems: Vec<_> = tasks
        .iter()
        .filter_map(|task| {
            let seen = seen.get(&task.id).map_or(&[][..], Vec::as_slice);
            task.problem(seen)
        })
        .collect();
    let lost = fleet.lost.into_inner().unwrap();
    let answered = fleet.answered.into_inner();
    println!(
        "{answered} reports were answered, {} were lost by a server",
        lost.len()
    );
    assert!(
        problems.is_empty(),
        "SEED={seed}: {problems:#?}\nacknowledged and lost by a server: {lost:?}"
    );
    assert!(
        seen.len() <= tasks.iter().filter(|task| task.sent > 0).count(),
        "a task that nobody reported: {:?}",
        seen.keys()
    );
}

fn is_ready(relay: SocketAddr) -> bool {
    try_send(relay, "GET /readyz", &HEADERS, b"").is_ok_and(|answer| answer.status == 200)
}

fn report(thread: usize, rng: &mut Rng, fleet: &Fleet) -> Vec<Task> {
    let agents = [
        "agent-1",
        "agent-2",
        "agent-3",
        BROKEN_AGENT,
        HANGING_AGENT,
        REFUSED_AGENT,
    ];
    let mut tasks: Vec<_> = (0..TASKS)
        .map(|task| Task {
            id: format!("task-{thread}-{task}"),
            agent: agents[rng.usize(..agents.len())],
            ..Task::default()
        })
        .collect();
    let mut count = 0;
    while !fleet.is_over.load(Ordering::Relaxed) {
        let chosen = rng.usize(..tasks.len());
        tasks[chosen].report(fleet, thread + 1, &mut count, rng);
        thread::sleep(Duration::from_millis(rng.u64(..10)));
    }
    tasks
}
