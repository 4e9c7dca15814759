//! Reports delivered per second to a server that stores nothing, and the CPU time of each, compared with a plain
//! keep-alive client that posts the same bodies over as many connections. The server is another process.
//!
//! Reports come in bursts. The candidates with a spool also compare with a client that first appends each body to a file.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use xpander_report::{Config, Durability, Reporter, ReporterBuilder, TaskReport, Tokens};
use xpander_report_benches::plain_client::PlainClient;
use xpander_report_benches::{Candidate, measure, play, play_server, ratio, role};

const ROUNDS: u32 = 15;
const REPORTS: u32 = 4_000;
/// The number of reports that wait at once.
const BURST: u32 = 500;
/// As long as a file of the spool.
const FILE_BYTES: u64 = 8 << 20;
const CONNECTIONS: u32 = 4;

fn report() -> TaskReport {
    TaskReport::new()
        .input("x".repeat(1024))
        .result("y".repeat(1024))
        .tokens(Tokens::new(812, 96))
        .duration(Duration::from_millis(1_200))
}

/// The measured quantity.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Wall,
    /// The CPU time of all threads of this process.
    Processor,
}

impl Clock {
    fn time(self, work: impl FnOnce()) -> Duration {
        let start = Instant::now();
        let used = processor();
        work();
        match self {
            Self::Wall => start.elapsed(),
            Self::Processor => processor() - used,
        }
    }
}

fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn builder(url: &str) -> ReporterBuilder {
    let config = Config::builder().variables([("", "")]).base_url(url);
    Reporter::builder()
        .config(config.api_key("k").agent_id("a"))
        .connections(CONNECTIONS as usize)
}

fn deliver(reporter: &Reporter, count: u32) {
    for _ in 0..count / BURST {
        for _ in 0..BURST {
            reporter.report(report());
        }
        let outcome = reporter.flush_blocking(Duration::from_secs(60));
        assert!(outcome.is_complete(), "{outcome:?}");
    }
}

/// Appends the body to a file `count` times, and deletes a file when it is full.
fn write(dir: &Path, body: &[u8], count: u32) {
    let path = dir.join("written");
    let open = || {
        let options = OpenOptions::new().append(true).create(true).open(&path);
        options.expect("a file")
    };
    let mut file: File = open();
    let mut length = file.metadata().expect("a file").len();
    for _ in 0..count {
        file.write_all(body).expect("room on the disk");
        length += body.len() as u64;
        if length > FILE_BYTES {
            fs::remove_file(&path).expect("a file");
            (file, length) = (open(), 0);
        }
    }
}

fn main() {
    if role().is_some() {
        return play_server();
    }
    let (_server, url) = play("server", &[]);
    let dir = TempDir::new().expect("a directory");
    let in_memory = builder(&url).build().expect("a reporter");
    let spooling = |durability| {
        let dir = dir.path().join(format!("{durability:?}"));
        let builder = builder(&url).spool(dir).durability(durability);
        builder.build().expect("a reporter")
    };
    let (in_process, on_disk) = (spooling(Durability::Process), spooling(Durability::Disk));
    let plain = PlainClient::new();
    let address = format!("{url}/agent-execution/a/report_task");
    let body = serde_json::to_vec(&report().id("0".repeat(36))).expect("a body");

    let post = |count| {
        let body = body.clone();
        plain.post(&address, CONNECTIONS, count, move |_| body.clone());
    };

    let clock = Cell::new(Clock::Wall);
    let time = |work: &dyn Fn()| clock.get().time(work);
    let mut candidates = [
        Candidate::new("plain client", |count| time(&|| post(count))),
        Candidate::new("client and file", |count| {
            time(&|| {
                for _ in 0..count / BURST {
                    write(dir.path(), &body, BURST);
                    post(BURST);
                }
            })
        }),
        Candidate::new("reporter", |count| time(&|| deliver(&in_memory, count))),
        Candidate::new("with a spool", |count| {
            time(&|| deliver(&in_process, count))
        }),
        Candidate::new("and synced", |count| time(&|| deliver(&on_disk, count))),
    ];
    let wall = measure(&mut candidates, ROUNDS, REPORTS);
    clock.set(Clock::Processor);
    let used = measure(&mut candidates, ROUNDS, REPORTS);
    let names = candidates.each_ref().map(|candidate| candidate.name);

    println!(
        "reports of 2 KiB over {CONNECTIONS} connections, in bursts of {BURST}, relative to the plain client \
         (and to the client with a file)"
    );
    println!(
        "{:<16} {:>26} {:>32}",
        "", "per second", "CPU time, µs each"
    );
    for (name, (wall_each, used_each)) in names.iter().zip(wall.iter().zip(&used)) {
        println!(
            "{name:<16} {:>10.0} {:>6.0}% ({:>3.0}%) {:>17.1} {:>6.2}x ({:.2}x)",
            1.0 / wall_each.as_secs_f64(),
            100.0 * ratio(wall[0], *wall_each),
            100.0 * ratio(wall[1], *wall_each),
            used_each.as_secs_f64() * 1e6,
            ratio(*used_each, used[0]),
            ratio(*used_each, used[1])
        );
    }
}
