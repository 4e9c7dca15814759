//! `used_tools` takes strings, and `reporter` takes a reporter.

use xpander_report::{Reporter, external_task};

struct Call;

#[external_task(used_tools = |calls| calls)]
fn run() -> Vec<Call> {
    vec![Call]
}

#[external_task(reporter = None::<Reporter>)]
fn nowhere() {}

fn main() {
    run();
    nowhere();
}
