//! A program that reports without a guard, for tests of its exit: `leaves <way> <runtime>`. `DURABILITY` is the
//! durability in the spool, `EXIT_MILLIS` the exit's timeout, and `DELIVER_ON_SIGNALS` makes it deliver on signals.

use std::io::Write;
use std::time::Duration;

use xpander_report::{Reporter, external_task};
use xpander_report_tests::durability;

#[external_task]
fn work(number: u32) -> u32 {
    number + 1
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let way = arguments.next().unwrap_or_default();
    install();
    let end = move || {
        for number in 0..20 {
            work(number);
        }
        match way.as_str() {
            "return" => {}
            "exit" => std::process::exit(0),
            "exit-on-a-thread" => {
                let _ = std::thread::spawn(|| std::process::exit(0)).join();
            }
            "panic" => panic!("the end"),
            "abort" => std::process::abort(),
            "wait" => {
                // The test ends it from outside.
                std::io::stdout().write_all(b".").expect("a reader");
                std::io::stdout().flush().expect("a reader");
                loop {
                    std::thread::park();
                }
            }
            other => panic!("there is no way `{other}`"),
        }
    };
    match arguments.next().as_deref() {
        Some("tokio") => runtime(tokio::runtime::Builder::new_multi_thread(), end),
        Some("tokio-current-thread") => runtime(tokio::runtime::Builder::new_current_thread(), end),
        Some("smol") => smol::block_on(async { end() }),
        _ => end(),
    }
}

/// Without `EXIT_MILLIS` the first run makes a reporter from the environment.
fn install() {
    let Ok(millis) = std::env::var("EXIT_MILLIS") else {
        return;
    };
    let mut builder = Reporter::builder()
        .durability(durability().unwrap_or_default())
        .exit_timeout(Duration::from_millis(millis.parse().expect("a number")));
    if std::env::var_os("DELIVER_ON_SIGNALS").is_some() {
        builder = builder.deliver_on_signals();
    }
    let reporter = builder.build().expect("a reporter");
    std::mem::forget(reporter.install().expect("the only one"));
}

fn runtime(mut builder: tokio::runtime::Builder, end: impl FnOnce()) {
    let runtime = builder.enable_all().build();
    runtime.expect("a runtime").block_on(async { end() });
}
