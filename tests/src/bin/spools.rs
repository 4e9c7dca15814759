//! A program with a spool, for tests of what survives its end: `spools <way> <first> <count>`. It reports
//! `count` tasks named from `first` on, and says so of each once it was accepted. `DURABILITY` names the
//! durability, `DELIVER_ON_SIGNALS` for how many milliseconds a signal is put off.

use std::io::Write;
use std::time::Duration;

use xpander_report::{Durability, Reporter, TaskReport};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, first, count] = &arguments[..] else {
        panic!("usage: spools <way> <first> <count>");
    };
    let (first, count): (u64, u64) = (
        first.parse().expect("a number"),
        count.parse().expect("a number"),
    );
    let durability = match std::env::var("DURABILITY").as_deref() {
        Ok("memory") => Durability::Memory,
        Ok("disk") => Durability::Disk,
        _ => Durability::Process,
    };
    let mut builder = Reporter::builder()
        .durability(durability)
        .exit_timeout(Duration::from_millis(200));
    if let Ok(millis) = std::env::var("DELIVER_ON_SIGNALS") {
        let timeout = Duration::from_millis(millis.parse().expect("a number"));
        builder = builder.deliver_on_signals().exit_timeout(timeout);
    }
    let reporter = builder.build().expect("a reporter");
    let mut out = std::io::stdout().lock();
    for number in first..first.saturating_add(count) {
        reporter.report(
            TaskReport::new()
                .id(format!("task-{number}"))
                .input(number.to_string()),
        );
        // One write: what a reader sees was accepted.
        out.write_all(format!("{number}\n").as_bytes())
            .expect("a reader");
    }
    match way.as_str() {
        "return" => {}
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        "panic" => panic!("the end"),
        "drain" => {
            let outcome = reporter.flush_blocking(Duration::from_secs(60));
            assert!(outcome.is_complete(), "{outcome:?}");
        }
        "wait" => loop {
            std::thread::park();
        },
        other => panic!("there is no way `{other}`"),
    }
}
