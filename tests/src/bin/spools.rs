//! A program with a spool, for tests of what survives its end: `spools <way> <first> <count>`. It reports
//! `count` tasks named from `first` on, and says so of each once it was accepted. `DURABILITY` names the
//! durability, `DELIVER_ON_SIGNALS` for how many milliseconds a signal is put off. `INPUT` is how many bytes each
//! input has at least. With each of its tasks it reports another one once more, with the number as its result: the
//! last of as many in turn as `REPEATED` says.

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
        // One write: what a reader sees was accepted.
        out.write_all(format!("{number}\n").as_bytes())
            .expect("a reader");
    }
    match way.as_str() {
        "return" => {}
        "exit" => std::process::exit(0),
        "abort" => std::process::abort(),
        "panic" => panic!("the end"),
        // Lets whoever started it say when.
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
