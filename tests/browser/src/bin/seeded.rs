//! Starts a local platform with ten realistic tasks, and before them as many small ones as the first argument says. The
//! second argument is the data file. It runs until its standard input ends.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is for looking at pages"
)]

use std::env;
use std::io::Read;

use xpander_report_local::LocalPlatform;
use xpander_report_tests_browser::{many, varied};

fn main() {
    let mut arguments = env::args().skip(1);
    let number: usize = arguments.next().map_or(0, |number| number.parse().unwrap());
    let mut builder = LocalPlatform::builder().port(0);
    if let Some(path) = arguments.next() {
        builder = builder.data(path);
    }
    let platform = builder.start().unwrap();
    let agents = platform.agents().unwrap();
    let there: u64 = agents.iter().map(|agent| agent.totals.requests()).sum();
    let first = usize::try_from(there).unwrap();
    many(&platform, first..first + number);
    varied(&platform);
    println!("{}", platform.url());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
