//! A program with one instrumented function and nothing else, for tests of the environment.

use std::time::Duration;

use xpander_report::{Reporter, external_task};

#[external_task]
fn greet(name: &str) -> String {
    format!("hello {name}")
}

fn main() {
    for name in std::env::args().skip(1) {
        println!("{}", greet(&name));
    }
    match Reporter::current() {
        Some(reporter) => {
            let outcome = reporter.flush_blocking(Duration::from_secs(30));
            let delivered = reporter.stats().delivered;
            println!("delivered {delivered}, dropped {}", outcome.dropped);
        }
        None => println!("reporting is off"),
    }
}
