//! Processes that fork: each delivers its own reports, and no report is delivered twice.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::server::{Answer, Request, Server};
use xpander_report_tests::{LONG, config, until};

/// A platform that refuses the reports made before the fork until the test allows them.
struct Platform {
    server: Server,
    is_open: Arc<AtomicBool>,
    taken: Arc<Mutex<Vec<Request>>>,
}

impl Platform {
    fn start() -> Self {
        let is_open = Arc::new(AtomicBool::new(false));
        let taken = Arc::<Mutex<Vec<Request>>>::default();
        let server = Server::start({
            let (is_open, taken) = (Arc::clone(&is_open), Arc::clone(&taken));
            move |_, request| {
                let is_early = input(request).contains("before");
                if is_early && !is_open.load(Ordering::SeqCst) {
                    return Answer::json(503, "{}");
                }
                taken.lock().unwrap().push(request.clone());
                Answer::task()
            }
        });
        Self {
            server,
            is_open,
            taken,
        }
    }

    fn forks(&self, scenario: &str, durability: &str, dir: &TempDir) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forks"));
        command
            .arg(scenario)
            .env("XPANDER_BASE_URL", self.server.url())
            .env("XPANDER_API_KEY", "key")
            .env("XPANDER_AGENT_ID", "agent-123")
            .env("DURABILITY", durability)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if durability != "none" {
            command.env("XPANDER_REPORT_SPOOL_DIR", dir.path());
        }
        command.spawn().unwrap()
    }

    fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
    }

    /// The ids of the accepted reports by their input. All ids differ, and each report came once, from the process that
    /// made it.
    fn taken(&self) -> BTreeMap<String, String> {
        for request in self.server.requests() {
            let input = input(&request);
            let process = input.split(' ').next();
            assert_eq!(request.header("user-agent"), process, "who sent {input}");
        }
        let (mut taken, mut ids) = (BTreeMap::new(), BTreeSet::new());
        for request in &*self.taken.lock().unwrap() {
            let (input, id) = (input(request), report(request).id.expect("an id"));
            assert!(ids.insert(id.clone()), "{input}: the id {id} came twice");
            assert_eq!(taken.insert(input.clone(), id), None, "{input} came twice");
        }
        taken
    }
}

fn report(request: &Request) -> TaskReport {
    serde_json::from_str(&request.body).expect("a report")
}

fn input(request: &Request) -> String {
    report(request).input.expect("an input")
}

fn read_line(child: &mut Child) -> String {
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    out.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

const DURABILITIES: [&str; 4] = ["none", "memory", "process", "disk"];

#[test]
fn parent_child_and_grandchild_deliver_their_own_reports_once() {
    for durability in DURABILITIES {
        let (platform, dir) = (Platform::start(), TempDir::new().unwrap());
        let mut parent = platform.forks("family", durability, &dir);
        assert_eq!(read_line(&mut parent), "child over");
        // The reports that waited in the parent before the fork still wait: the child's exit has not sent them.
        platform.open();
        assert!(parent.wait().unwrap().success());
        let taken = platform.taken();
        for when in ["before", "after", "child", "grandchild", "child again"] {
            for number in 0..10 {
                let mut inputs = taken.keys().filter_map(|input| input.split_once(' '));
                let what = format!("{when} {number}");
                assert!(
                    inputs.any(|(_, said)| said == what),
                    "{durability}: {what} is lost: {taken:?}"
                );
            }
        }
        assert_eq!(taken.len(), 50);
    }
}

#[test]
fn a_child_does_not_hold_what_its_parent_left_in_the_spool() {
    for durability in ["process", "disk"] {
        let (platform, dir) = (Platform::start(), TempDir::new().unwrap());
        let mut parent = platform.forks("orphan", durability, &dir);
        assert_eq!(read_line(&mut parent), "child lives");
        parent.kill().unwrap();
        // `wait` would close the pipe that keeps the child alive.
        until(|| parent.try_wait().unwrap().is_some());
        platform.open();
        let reporter = Reporter::builder()
            .config(config(platform.server.url()))
            .spool(dir.path())
            .build()
            .unwrap();
        let started = Instant::now();
        assert!(smol::block_on(reporter.drain(LONG)).is_complete());
        // The child would also find it later by itself.
        assert!(started.elapsed() < Duration::from_secs(7));
        assert_eq!(reporter.stats().adopted, 10);
        let taken = platform.taken.lock().unwrap();
        let inputs: BTreeSet<_> = taken.iter().map(input).collect();
        assert_eq!((taken.len(), inputs.len()), (11, 11));
        drop(parent.stdin.take());
    }
}

#[test]
fn a_process_can_be_forked_while_its_threads_report() {
    // Not with `Disk`, which starts a thread for fsync now and then.
    for durability in ["none", "memory", "process"] {
        let (platform, dir) = (Platform::start(), TempDir::new().unwrap());
        let mut parent = platform.forks("crowd", durability, &dir);
        let accepted: u64 = read_line(&mut parent).parse().expect("how many");
        assert!(parent.wait().unwrap().success());
        let taken = platform.taken();
        let (children, others): (Vec<_>, Vec<_>) =
            taken.keys().partition(|input| input.contains(" child "));
        let (children, others) = (children.len(), others.len() as u64);
        assert_eq!((children, others), (120, accepted), "{durability}");
    }
}
