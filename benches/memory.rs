//! The memory of an idle program that has delivered reports, compared with one that has not reported.

use std::time::Duration;

use xpander_report::{Config, Reporter, TaskReport};
use xpander_report_benches::{play, play_server, role};

const ROUNDS: usize = 9;
const REPORTS: usize = 1_000;

/// The resident memory in KiB, including shared pages. Linux only.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes
        .and_then(|kibibytes| kibibytes.parse().ok())
        .unwrap_or_default()
}

fn deliver(url: &str, dir: Option<&str>) -> Reporter {
    let config = Config::builder().variables([("", "")]).base_url(url);
    let mut builder = Reporter::builder().config(config.api_key("k").agent_id("a"));
    if let Some(dir) = dir {
        builder = builder.spool(dir);
    }
    let reporter = builder.build().expect("a reporter");
    for _ in 0..REPORTS {
        reporter.report(TaskReport::new().input("x".repeat(2_048)));
    }
    let outcome = reporter.flush_blocking(Duration::from_secs(60));
    assert!(outcome.is_complete(), "{outcome:?}");
    reporter
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match (role().as_deref(), &arguments[..]) {
        (Some("server"), _) => return play_server(),
        (Some("bare"), _) => return println!("{}", resident()),
        (Some(_), [url, rest @ ..]) => {
            let _reporter = deliver(url, rest.first().map(String::as_str));
            return println!("{}", resident());
        }
        _ => {}
    }
    if resident() == 0 {
        return println!("how much memory a process holds is known on Linux only");
    }
    let (_server, url) = play("server", &[]);
    let dir = tempfile::TempDir::new().expect("a directory");
    let dir = dir.path().to_str().expect("a name");
    let parts: [(&str, &[&str]); 3] = [
        ("bare", &[]),
        ("reporter", &[&url]),
        ("spooling", &[&url, dir]),
    ];
    let mut bare = 0;
    for (part, arguments) in parts {
        let mut measured: Vec<u64> = (0..ROUNDS)
            .map(|_| play(part, arguments).1.parse().expect("a number"))
            .collect();
        measured.sort_unstable();
        let resident = measured[ROUNDS / 2];
        if part == "bare" {
            bare = resident;
        }
        let more = (resident - bare) as f64 / 1024.0;
        println!(
            "{part:<10} {:>6.1} MiB, {more:>5.1} MiB more, after {REPORTS} reports of 2 KiB",
            resident as f64 / 1024.0
        );
    }
}
