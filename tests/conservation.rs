//! However the platform misbehaves, every accepted report is accounted for, each task arrives with its latest content,
//! and no older report of a task arrives after a newer one.
//!
//! A seed determines the events, except for the interleaving of threads. `SEEDS=5000 cargo test --release -p
//! xpander-report-tests --test conservation` runs that many seeds, and `SEED=7` starts with that one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use fastrand::Rng;
use tempfile::TempDir;
use xpander_report::{Durability, Overflow, Reporter, Stats, TaskReport, external_task};
use xpander_report_tests::unruly::{
    BROKEN_AGENT, Fault, HANGING_AGENT, ODD_INPUT, REFUSED_AGENT, Seen, Unruly,
};
use xpander_report_tests::{LONG, config, own_folder, waiting};

const THREADS: usize = 4;
/// Each seed mostly waits, so many run at the same time.
const AT_ONCE: u64 = 16;

#[test]
fn whatever_the_platform_does_every_report_is_accounted_for() {
    let number = |name: &str, default: u64| {
        let given = std::env::var(name).ok();
        given.map_or(default, |number| number.parse().expect("a number"))
    };
    let first = number("SEED", 0);
    let count = number("SEEDS", 32);
    let next = AtomicU64::new(first);
    let tally = Mutex::new(Stats::default());
    thread::scope(|scope| {
        for _ in 0..count.min(AT_ONCE) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let trial = Trial::draw(seed);
                    let stats = trial.run();
                    let mut tally = tally.lock().unwrap();
                    for stats in stats {
                        add(&mut tally, &stats);
                    }
                }
            });
        }
    });
    println!("{count} seeds: {:#?}", tally.into_inner().unwrap());
}

/// The settings that a seed determines.
#[derive(Debug)]
struct Trial {
    seed: u64,
    /// `None`: no spool.
    durability: Option<Durability>,
    /// The spool holds a few reports only.
    is_spool_small: bool,
    /// The waiting reports and their ack files are removed.
    is_spool_emptied: bool,
    /// The queue holds a few reports only.
    is_queue_small: bool,
    overflow: Overflow,
    connections: usize,
    /// The reporter is shut down while the platform misbehaves, and another one continues.
    is_handed_over: bool,
    faults: Vec<Fault>,
    rate: u8,
}

/// The reports of one task.
#[derive(Debug)]
struct Task {
    name: String,
    /// Whether `name` is its id. Otherwise it is its input.
    is_named: bool,
    agent: Option<&'static str>,
    /// The latest input.
    input: Option<&'static str>,
    /// The number of reports, which is also the latest result.
    version: u64,
}

#[external_task(reporter = _reporter, id = &task.name, agent_id = agent(task), skip_all)]
fn run_named(_reporter: &Reporter, task: &Task) -> u64 {
    task.version
}

#[external_task(reporter = _reporter, agent_id = agent(task), input = &task.name)]
fn run_unnamed(_reporter: &Reporter, task: &Task) -> u64 {
    task.version
}

/// Its value could be a response, so only delivery knows whether it failed.
#[external_task(reporter = _reporter, sample = 0.0, keep_failures)]
fn run_left_out(_reporter: &Reporter) -> Vec<u64> {
    Vec::new()
}

fn agent(task: &Task) -> &'static str {
    task.agent.unwrap_or("agent-123")
}

impl Task {
    fn new(name: String, is_named: bool, rng: &mut Rng) -> Self {
        Self {
            name,
            is_named,
            agent: match rng.u8(..20) {
                0 | 1 => Some(REFUSED_AGENT),
                2 => Some(BROKEN_AGENT),
                3 => Some(HANGING_AGENT),
                _ => None,
            },
            input: None,
            version: 0,
        }
    }

    /// Reports it again.
    fn report(&mut self, reporter: &Reporter, rng: &mut Rng) {
        self.version += 1;
        if rng.u8(..3) == 0 {
            if self.is_named {
                run_named(reporter, self);
            } else {
                run_unnamed(reporter, self);
            }
            return;
        }
        let mut report = TaskReport::new().result(self.version.to_string());
        report.agent_id = self.agent.map(str::to_owned);
        if self.is_named {
            report = report.id(&self.name);
            let input = match rng.u8(..40) {
                0 => Some(ODD_INPUT),
                1..20 => Some(["one", "two", "three"][rng.usize(..3)]),
                _ => None,
            };
            report.input = input.map(str::to_owned);
            self.input = input.or(self.input);
        } else {
            report = report.input(&self.name);
        }
        reporter.report(report);
    }
}

impl Trial {
    fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut faults = Fault::ALL.to_vec();
        rng.shuffle(&mut faults);
        faults.truncate(rng.usize(1..=Fault::ALL.len()));
        let durabilities = [
            None,
            None,
            Some(Durability::Memory),
            Some(Durability::Process),
            Some(Durability::Process),
            Some(Durability::Disk),
        ];
        Self {
            seed,
            durability: durabilities[rng.usize(..durabilities.len())],
            is_spool_small: rng.u8(..5) == 0,
            is_spool_emptied: rng.u8(..4) == 0,
            is_queue_small: rng.u8(..4) == 0,
            overflow: if rng.bool() {
                Overflow::DropNewest
            } else {
                Overflow::DropOldest
            },
            connections: rng.usize(1..=6),
            is_handed_over: rng.u8(..3) == 0,
            faults,
            rate: rng.u8(20..=100),
        }
    }

    fn reporter(&self, key: &str, url: &str, dir: &TempDir) -> Reporter {
        let config = config(url)
            .api_key(key)
            .connect_timeout(Duration::from_secs(1))
            .timeout(Duration::from_millis(150));
        let mut builder = Reporter::builder()
            .config(config)
            .overflow(self.overflow)
            .connections(self.connections);
        if self.is_queue_small {
            builder = builder.queue_capacity(10);
        }
        if let Some(durability) = self.durability {
            builder = builder.spool(dir.path()).durability(durability);
            if self.is_spool_small {
                builder = builder.spool_bytes(4_000);
            }
        }
        builder.build().expect("a correct configuration")
    }

    /// Returns the counters of each reporter.
    fn run(&self) -> Vec<Stats> {
        let mut rng = Rng::with_seed(!self.seed);
        let platform = Unruly::start(rng.fork(), self.faults.clone(), self.rate);
        let dir = TempDir::new().unwrap();
        let shared = [(); 3].map(|()| rng.fork());
        let shared = shared.into_iter().enumerate();
        let shared: Vec<_> = shared
            .map(|(number, mut rng)| {
                Mutex::new(Task::new(format!("shared-{number}"), true, &mut rng))
            })
            .collect();
        let mut tasks = Vec::new();
        let mut all = Vec::new();
        let mut dead = Vec::new();
        let mut left = 0;

        let mut reporter = self.reporter("first", &platform.url(), &dir);
        let mut accepted = self.report(&reporter, "first", &shared, &mut tasks, &mut rng);
        if self.is_spool_emptied {
            self.empty(&dir);
        }
        if self.is_handed_over {
            let _ = reporter.shutdown_blocking(Duration::from_millis(rng.u64(..60)));
            let stats = reporter.stats();
            self.check(stats.accepted == accepted, &stats, "accepted");
            self.check_at_rest(&stats);
            all.push(stats);
            if self.durability.is_none() {
                dead = reporter.dead_letters().collect();
            } else {
                // Reports that were merged in memory are one report there.
                left = waiting(dir.path()) as u64;
            }
            reporter = self.reporter("second", &platform.url(), &dir);
            accepted = self.report(&reporter, "second", &shared, &mut tasks, &mut rng);
        }

        platform.become_good();
        self.deliver(&reporter);
        let stats = reporter.stats();
        self.check(stats.accepted == accepted, &stats, "accepted");
        self.check(stats.spooled == 0, &stats, "spooled");
        self.check_at_rest(&stats);
        self.check(stats.adopted == left, &stats, "adopted");
        all.push(stats);
        dead.extend(reporter.dead_letters());

        let shared = shared.into_iter().map(|task| task.into_inner().unwrap());
        tasks.extend(shared.filter(|task| task.version > 0));
        let dead = dead.into_iter().map(|letter| letter.report).collect();
        self.check_arrived(&tasks, &platform.seen(), dead, &all);
        let outcome = reporter.shutdown_blocking(LONG);
        assert!(outcome.is_complete(), "{self:?}: {outcome:?}");
        self.check_files(&dir);
        all
    }

    /// Reports from several threads at the same time. Returns the number of reports.
    fn report(
        &self,
        reporter: &Reporter,
        phase: &str,
        shared: &[Mutex<Task>],
        tasks: &mut Vec<Task>,
        rng: &mut Rng,
    ) -> u64 {
        let accepted = AtomicU64::new(0);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (mut rng, accepted) = (rng.fork(), &accepted);
                    scope.spawn(move || {
                        let mut own: Vec<Task> = Vec::new();
                        for step in 0..rng.u32(10..40) {
                            let name = format!("{phase}-{thread}-{step}");
                            match rng.u8(..10) {
                                0..3 => {
                                    let task = &shared[rng.usize(..shared.len())];
                                    task.lock().unwrap().report(reporter, &mut rng);
                                }
                                3..5 if own.iter().any(|task| task.is_named) => {
                                    let mut named: Vec<_> =
                                        own.iter_mut().filter(|task| task.is_named).collect();
                                    let chosen = rng.usize(..named.len());
                                    named[chosen].report(reporter, &mut rng);
                                }
                                8 => drop(run_left_out(reporter)),
                                9 => {
                                    let patience = Duration::from_millis(rng.u64(..40));
                                    let _ = reporter.flush_blocking(patience);
                                    continue;
                                }
                                _ => {
                                    let mut task = Task::new(name, rng.bool(), &mut rng);
                                    task.report(reporter, &mut rng);
                                    own.push(task);
                                }
                            };
                            accepted.fetch_add(1, Ordering::Relaxed);
                        }
                        own
                    })
                })
                .collect();
            for thread in threads {
                tasks.extend(thread.join().expect("no panic"));
            }
        });
        accepted.into_inner()
    }

    /// Waits until no report is left. An attempt that fails just before the platform behaves may have a long delay; the
    /// next flush retries it immediately.
    fn deliver(&self, reporter: &Reporter) {
        let deadline = Instant::now() + LONG;
        loop {
            let outcome = smol::block_on(reporter.drain(Duration::from_secs(1)));
            if !outcome.timed_out {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{self:?}: {outcome:?} {:?}",
                reporter.stats()
            );
        }
    }

    fn check(&self, holds: bool, stats: &Stats, what: &str) {
        assert!(holds, "{what}: {self:?}: {stats:#?}");
    }

    fn check_at_rest(&self, stats: &Stats) {
        self.check(stats.pending == 0, stats, "pending");
        self.check(stats.pending_bytes == 0, stats, "pending_bytes");
        let ended = stats.delivered
            + stats.merged
            + stats.superseded
            + stats.sampled_out
            + stats.dead_lettered;
        let sum = ended + stats.dropped.total() + stats.pending + stats.spooled;
        self.check(stats.accepted + stats.adopted == sum, stats, "the sum");
    }

    fn check_arrived(
        &self,
        tasks: &[Task],
        seen: &HashMap<String, Vec<Seen>>,
        dead: Vec<TaskReport>,
        all: &[Stats],
    ) {
        let ids: HashMap<_, _> = seen
            .iter()
            .flat_map(|(id, seen)| Some((seen.first()?.report.input.clone()?, id)))
            .collect();
        // The content of a deleted dead letter is unknown.
        let is_letter_gone = all.iter().any(|stats| stats.dead_letters_dropped > 0);
        let (mut missing, mut taken) = (Vec::new(), 0);
        for task in tasks {
            let id = if task.is_named {
                Some(&task.name)
            } else {
                ids.get(&task.name).copied()
            };
            let seen = id
                .and_then(|id| seen.get(id))
                .map_or(&[][..], Vec::as_slice);
            let versions: Vec<_> = seen.iter().map(|seen| version(&seen.report)).collect();
            let dead: Vec<_> = dead
                .iter()
                .filter(|report| report.id.as_ref() == id)
                .collect();
            // The report itself, or the one that it was merged into after a failed attempt.
            let is_dead = |seen: &Seen| {
                let version_sent = version(&seen.report);
                dead.iter()
                    .map(|report| version(report))
                    .any(|dead| dead == version_sent || dead > version_sent && !seen.is_taken)
            };
            // The second reporter starts with reports that the first one may have delivered without receiving the
            // answer.
            for reporter in ["first", "second"] {
                // A permanently refused report did not arrive, so an older one may be the latest.
                let sent = seen.iter().filter(|seen| {
                    let is_odd = seen.report.input.as_deref() == Some(ODD_INPUT);
                    seen.key == reporter && !is_odd && !is_dead(seen)
                });
                assert!(
                    self.may_forget(all)
                        || sent.filter_map(|seen| version(&seen.report)).is_sorted(),
                    "{self:?}: {task:?} went back: {seen:#?} {all:#?}"
                );
            }
            let arrived: Vec<_> = seen.iter().filter(|seen| seen.is_taken).collect();
            taken += arrived.len() as u64;
            let last = arrived.iter().rev().find_map(|seen| version(&seen.report));
            let last = dead
                .iter()
                .filter_map(|report| version(report))
                .chain(last)
                .max();
            // Fields of an older report are lost if another reporter's newer one arrived before it was read.
            if last != Some(task.version) {
                missing.push((task, versions));
            } else if task.is_named
                && dead.is_empty()
                && !is_letter_gone
                && !self.is_handed_over
                && !self.may_drop()
            {
                let input = arrived
                    .iter()
                    .rev()
                    .find_map(|seen| seen.report.input.as_deref());
                assert_eq!(input, task.input, "{self:?}: {task:?}: {seen:?}");
            }
        }
        let sum = |count: fn(&Stats) -> u64| all.iter().map(count).sum::<u64>();
        let dropped = sum(|stats| stats.dropped.total());
        let letters = sum(|stats| stats.dead_letters_dropped);
        assert!(letters == 0 || self.is_spool_small, "{self:?}: {all:#?}");
        assert!(
            missing.len() as u64 <= dropped + letters && (dropped == 0 || self.may_drop()),
            "{self:?}: {dropped} were dropped: {missing:?} {all:#?}"
        );
        let tasks_seen = tasks
            .iter()
            .filter(|task| task.is_named)
            .map(|task| &task.name);
        let known = tasks_seen.filter(|name| seen.contains_key(*name)).count();
        let unnamed = seen.len() - known;
        let expected = ids.keys().filter(|input| {
            tasks
                .iter()
                .any(|task| !task.is_named && task.name == **input)
        });
        assert_eq!(unnamed, expected.count(), "{self:?}: a task was made twice");
        assert!(sum(|stats| stats.delivered) <= taken, "{self:?}: {all:#?}");
        assert_eq!(
            sum(|stats| stats.dead_lettered),
            dead.len() as u64 + letters,
            "{self:?}"
        );
    }

    /// Whether reports may be given up: the queue or the spool is too small, or there is none at the end.
    fn may_drop(&self) -> bool {
        let is_in_memory = self.durability.is_none() || self.is_spool_small;
        self.is_queue_small || self.is_handed_over && is_in_memory
    }

    /// Whether a newer failed report may have left memory before an older one is read from the spool.
    fn may_forget(&self, all: &[Stats]) -> bool {
        // Whatever the overflow: reports of a failing agent, too, make room for others.
        let has_made_room = self.is_queue_small;
        // The reports of deleted dead letters are unknown.
        let is_letter_gone = all.iter().any(|stats| stats.dead_letters_dropped > 0);
        self.is_handed_over && has_made_room || is_letter_gone
    }

    fn empty(&self, dir: &TempDir) {
        let files = fs::read_dir(own_folder(dir.path())).into_iter().flatten();
        let files = files.map(|file| file.unwrap().path());
        for file in files.filter(|file| file.extension().is_some()) {
            // Files of ended reports are removed anyway.
            let _ = fs::remove_file(file);
        }
    }

    fn check_files(&self, dir: &TempDir) {
        let files = fs::read_dir(own_folder(dir.path())).into_iter().flatten();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        // Delivered tasks are remembered for a while.
        let is_left = |name: &String| name != "dead" && !name.ends_with(".ack");
        let left: Vec<_> = names.filter(is_left).collect();
        assert!(left.is_empty(), "{self:?}: {left:?}");
    }
}

/// `None`: the report came late and has only the fields that the newer one did not set.
fn version(report: &TaskReport) -> Option<u64> {
    let result = report.result.as_deref()?;
    Some(result.parse().expect("a number"))
}

fn add(tally: &mut Stats, stats: &Stats) {
    tally.accepted += stats.accepted;
    tally.adopted += stats.adopted;
    tally.delivered += stats.delivered;
    tally.merged += stats.merged;
    tally.superseded += stats.superseded;
    tally.sampled_out += stats.sampled_out;
    tally.spooled += stats.spooled;
    tally.not_spooled += stats.not_spooled;
    tally.retried += stats.retried;
    tally.dead_lettered += stats.dead_lettered;
    tally.dead_letters_dropped += stats.dead_letters_dropped;
    tally.dropped.queue_full += stats.dropped.queue_full;
    tally.dropped.shut_down += stats.dropped.shut_down;
}
