//! A program with a spool, for tests of which reports survive its end: `spools <way> <first> <count>`. It reports
//! `count` tasks, numbered from `first`, and prints a line for each accepted report. `DURABILITY` is the durability,
//! `DELIVER_ON_SIGNALS` how many milliseconds a signal is delayed, and `INPUT` the minimum size of each input in bytes.
//! With `REPEATED`, each report is followed by an update of one of that many further tasks, in turn, with the number as
//! its result.

use std::io::{Read, Write};
use std::time::Duration;

use xpander_report::{Reporter, TaskReport};
use xpander_report_tests::{durability, padded};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, first, count] = &arguments[..] else {
        panic!("usage: spools <way> <first> <count>");
    };
    let (first, count): (u64, u64) = (
        first.parse().expect("a number"),
        count.parse().expect("a number"),
    );
    let bytes = variable("INPUT").unwrap_or(0);
    let repeated = variable("REPEATED").unwrap_or(0);
    let mut builder = Reporter::builder()
        .durability(durability().unwrap_or_default())
        .exit_timeout(Duration::from_millis(200));
    if let Some(millis) = variable("DELIVER_ON_SIGNALS") {
        let timeout = Duration::from_millis(millis);
        builder = builder.deliver_on_signals().exit_timeout(timeout);
    }
    let reporter = builder.build().expect("a reporter");
    let mut out = std::io::stdout().lock();
    for number in first..first.saturating_add(count) {
        reporter.report(
            TaskReport::new()
                .id(format!("task-{number}"))
                .input(padded(number, bytes)),
        );
        if let Some(task) = number.checked_rem(repeated) {
            reporter.report(
                TaskReport::new()
                    .id(format!("repeated-{task}"))
                    .result(number.to_string()),
            );
        }
        // A single write, so that a line which the test reads is an accepted report.
        out.write_all(format!("{number}\n").as_bytes())
            .expect("a reader");
    }
    match way.as_str() {
        "return" => {}
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        "panic" => panic!("the end"),
        // Waits for a line from the test.
        "drain" => {
            let _ = std::io::stdin().read(&mut [0]);
            let outcome = smol::block_on(reporter.drain(Duration::from_secs(60)));
            assert!(outcome.is_complete(), "{outcome:?}");
        }
        "wait" => loop {
            std::thread::park();
        },
        other => panic!("there is no way `{other}`"),
    }
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok();
    value.map(|number| number.parse().expect("a number"))
}
