//! The local platform: how many reports it accepts, and how fast it answers with a million tasks.
//!
//! ```sh
//! cargo bench -p xpander-report-benches --bench local
//! LOCAL_TASKS=100000 cargo bench -p xpander-report-benches --bench local    # with fewer tasks
//! ```

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use xpander_report_benches::process::memory;
use xpander_report_benches::reports::{Report, body, reports};
use xpander_report_benches::{Candidate, measure};
use xpander_report_local::{Filter, LocalPlatform};

/// Makes this process the platform, with this data file.
const SERVE: &str = "LOCAL_BENCH_SERVE";

/// The days over which the many tasks are spread.
const DAYS: i64 = 30;

fn main() {
    if let Some(path) = std::env::var_os(SERVE) {
        return serve(Path::new(&path));
    }
    // `cargo test --benches` only checks that it builds and starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    acceptance();
    many_tasks();
}

/// Reports accepted per second, relative to the same server without storage.
fn acceptance() {
    const REPORTS: u32 = 8_000;
    const ROUNDS: u32 = 7;
    let folder = tempfile::tempdir().expect("a folder");
    let file = LocalPlatform::builder()
        .port(0)
        .data(folder.path().join("tasks.db"))
        .start()
        .expect("a platform");
    let memory = LocalPlatform::builder()
        .port(0)
        .start()
        .expect("a platform");
    let nothing = LocalPlatform::builder()
        .port(0)
        .keep_nothing()
        .start()
        .expect("a platform");
    println!("reports accepted per second, 1.1 KB each, all on one machine");
    for connections in [1_u32, 64] {
        let run = |address: SocketAddr| {
            move |count| {
                reports(address, connections, count, |number| {
                    let id = format!("{:?}-{number}", Instant::now());
                    ("bench".to_owned(), body(&id))
                })
            }
        };
        let times = measure(
            &mut [
                Candidate::new("keeps nothing", run(nothing.address())),
                Candidate::new("keeps them in a file", run(file.address())),
                Candidate::new("keeps them in memory", run(memory.address())),
            ],
            ROUNDS,
            if connections == 1 {
                REPORTS / 8
            } else {
                REPORTS
            },
        );
        let [nothing, file, memory] = times.as_slice() else {
            unreachable!("three candidates");
        };
        for (name, time) in [("nothing", nothing), ("file", file), ("memory", memory)] {
            println!(
                "  {connections:>2} connections, {name:<8} {:>8.0}/s   {:.2} of nothing",
                1.0 / time.as_secs_f64(),
                nothing.as_secs_f64() / time.as_secs_f64(),
            );
        }
    }
}

/// Opens a file with many tasks, and measures the pages.
fn many_tasks() {
    const ASKED: u32 = 60;
    let tasks: u32 = std::env::var("LOCAL_TASKS")
        .ok()
        .and_then(|tasks| tasks.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    let start = Instant::now();
    report_tasks(&path, tasks);
    let size = std::fs::metadata(&path).expect("a file").len();
    println!(
        "\n{tasks} tasks over {DAYS} days, reported in {:.0} s, the file has {} MiB",
        start.elapsed().as_secs_f64(),
        size / 1024 / 1024
    );

    let mut starts: Vec<Duration> = (0..5).map(|_| Served::start(&path).took).collect();
    starts.sort_unstable();
    println!(
        "  start                       {:>7.1} ms",
        milliseconds(starts[2])
    );

    let served = Served::start(&path);
    let asked: [(&str, &[&str]); 18] = [
        ("the list", &["/"]),
        ("a page deep in it", &["/?older=$MIDDLE"]),
        ("failed", &["/?status=failed"]),
        (
            "an agent's failed ones",
            &[
                "/?agent=agent-3&status=failed",
                "/?agent=agent-5&status=failed",
            ],
        ),
        ("a tool's", &["/?tool=tool-2", "/?tool=tool-7"]),
        ("the last week's", &["/?last=7d"]),
        ("a model's", &["/?model=gpt-4o-mini", "/?model=gpt-4.1"]),
        (
            "a day's largest",
            &[
                "/?last=24h&sort=cost",
                "/?last=24h&sort=tokens",
                "/?last=24h&sort=duration",
                "/?last=24h&sort=cost&agent=agent-3",
                "/?last=24h&sort=cost&status=failed",
                "/?last=24h&sort=cost&skip=500",
            ],
        ),
        (
            "a search",
            &[
                "/?q=revenue",
                "/?q=word417",
                "/?q=revenue+word93",
                "/?q=%22fell+in%22",
            ],
        ),
        (
            "a search in failed ones",
            &["/?q=costs&status=failed", "/?q=word9&agent=agent-1"],
        ),
        ("a search for one letter", &["/?q=r*", "/?q=w*", "/?q=t*"]),
        (
            "for the start of a word",
            &[
                "/?q=re*",
                "/?q=cos*",
                "/?q=wo*",
                "/?q=nor*+wor*",
                "/?q=sum*&status=failed",
            ],
        ),
        (
            "for the start of a long word",
            &[
                "/?q=reve*",
                "/?q=reven*",
                "/?q=word417*",
                "/?q=quart*+word93",
                "/?q=word4*",
            ],
        ),
        (
            "a search in Japanese",
            &[
                "/?q=%E8%A6%81%E7%B4%84",                            // 要約
                "/?q=%E5%A0%B1%E5%91%8A%E6%9B%B8",                   // 報告書
                "/?q=%E8%AD%B0",                                     // 議
                "/?q=%E8%B3%87%E6%96%99%E3%81%AE%E8%A6%81%E7%B4%84", // 資料の要約
            ],
        ),
        ("metrics", &["/metrics?last=all"]),
        ("metrics of a week", &["/metrics?last=7d"]),
        (
            "metrics of an agent",
            &[
                "/metrics?last=all&agent=agent-3",
                "/metrics?last=30d&agent=agent-5",
            ],
        ),
        ("agents", &["/agents"]),
    ];
    let middle = (Timestamp::now() - SignedDuration::from_hours(15 * 24)).as_microsecond();
    for (name, paths) in asked {
        let mut times: Vec<Duration> = (0..ASKED)
            .map(|turn| {
                let path = paths[turn as usize % paths.len()];
                served.get(&path.replace("$MIDDLE", &middle.to_string()))
            })
            .collect();
        print_times(name, &mut times);
    }
    println!(
        "  memory of the process       {:>7.1} MiB (at most {:.1})",
        memory(served.process.id(), "VmRSS"),
        memory(served.process.id(), "VmHWM")
    );
}

fn print_times(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| milliseconds(times[(times.len() * share / 100).min(times.len() - 1)]);
    println!(
        "  {name:<25} p50 {:>7.1} ms   p95 {:>7.1} ms",
        at(50),
        at(95)
    );
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The time of the next report in microseconds, and the time between two.
static NEXT: AtomicI64 = AtomicI64::new(0);
static STEP: AtomicI64 = AtomicI64::new(0);

/// Reports this many tasks to a platform whose clock spreads them over all days.
fn report_tasks(path: &Path, tasks: u32) {
    let step = DAYS * 24 * 3_600_000_000 / i64::from(tasks);
    STEP.store(step, Ordering::Relaxed);
    let first = Timestamp::now().as_microsecond() - i64::from(tasks) * step;
    NEXT.store(first, Ordering::Relaxed);
    let platform = LocalPlatform::builder()
        .port(0)
        .data(path)
        .clock(|| {
            let time = NEXT.fetch_add(STEP.load(Ordering::Relaxed), Ordering::Relaxed);
            Timestamp::from_microsecond(time).expect("a time")
        })
        .start()
        .expect("a platform");
    reports(platform.address(), 64, tasks, task);
    // A search waits until the index is up to date.
    let filter = Filter::new().search("costs");
    platform.summary(&filter).expect("a summary");
    platform.stop();
}

/// One of this many tasks is in Japanese.
const JAPANESE: u32 = 10;

const JAPANESE_WORDS: [&str; 16] = [
    "資料",
    "要約",
    "翻訳",
    "会議",
    "議事録",
    "報告書",
    "売上",
    "四半期",
    "原因",
    "対策",
    "顧客",
    "製品",
    "東京",
    "大阪",
    "来週",
    "予算",
];

/// The last model has no price.
const MODELS: [&str; 4] = ["gpt-4o-mini", "gpt-4.1", "claude-haiku-4-5", "my-own-7b"];

/// A task with pseudo-random agent, tools, model and words.
fn task(number: u32) -> Report {
    let chance = |of: u32, salt: u32| {
        (u64::from(number) * 2_654_435_761 + u64::from(salt) * 40_503) % 1_000_003 % u64::from(of)
    };
    let words = |salt: u32| {
        (0..24)
            .map(|at| format!("word{}", chance(997, salt * 100 + at)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let id = format!("0193f2a0-{number:012x}-{}", chance(100_000, 8));
    let japanese = |salt: u32| {
        (0..24)
            .map(|at| JAPANESE_WORDS[chance(16, salt * 100 + at) as usize])
            .collect::<Vec<_>>()
            .join("の")
    };
    let (input, result) = if number.is_multiple_of(JAPANESE) {
        (
            format!("次の文を短くまとめてください。{}", japanese(6)),
            format!("{}について述べています。", japanese(7)),
        )
    } else {
        (
            format!(
                "Summarise what changed in the revenue of the quarter: {}",
                words(6)
            ),
            format!("Costs fell in the north: {}", words(7)),
        )
    };
    let is_success = chance(30, 2) != 0;
    let duration = 0.2 + chance(10_000, 3) as f64 / 1000.0;
    let tools = format!(r#"["tool-{}","tool-{}"]"#, chance(12, 4), chance(12, 5));
    let model = MODELS[chance(MODELS.len() as u32, 9) as usize];
    let prompt = 200 + chance(9_000, 10);
    let body = format!(
        r#"{{"id":"{id}","input":"{input}","llm_response":{{"object":"chat.completion","model":"{model}","choices":[{{"message":{{"role":"assistant","content":"{result}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{prompt},"completion_tokens":380}}}},"tokens":{{"completion_tokens":380,"prompt_tokens":{prompt}}},"is_success":{is_success},"result":"{result}","duration":{duration},"used_tools":{tools}}}"#
    );
    (format!("agent-{}", chance(8, 1)), body)
}

fn serve(path: &Path) {
    let platform = LocalPlatform::builder()
        .port(0)
        .data(path)
        .start()
        .expect("a platform");
    println!("{}", platform.address());
    std::io::stdin()
        .read_to_end(&mut Vec::new())
        .expect("an end");
    platform.stop();
}

/// A platform in a separate process.
struct Served {
    process: Child,
    address: SocketAddr,
    took: Duration,
}

impl Served {
    fn start(path: &Path) -> Self {
        let start = Instant::now();
        let mut process = Command::new(std::env::current_exe().expect("a path"))
            .env(SERVE, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("an output"))
            .read_line(&mut line)
            .expect("a line");
        Self {
            address: line.trim().parse().expect("an address"),
            process,
            took: start.elapsed(),
        }
    }

    /// The time until the answer has arrived.
    fn get(&self, path: &str) -> Duration {
        let start = Instant::now();
        let mut connection = TcpStream::connect(self.address).expect("a connection");
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let shown = match path.split('?').next() {
            Some("/") => ["class=\"row\"", "No tasks match"],
            _ => ["class=\"chart", "href=\"/?agent=agent-3\""],
        };
        assert!(shown.iter().any(|shown| answer.contains(shown)), "{path}");
        start.elapsed()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("an end");
    }
}
