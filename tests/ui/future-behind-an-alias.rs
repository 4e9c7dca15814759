use std::future::Future;
use std::pin::Pin;

use xpander_report::external_task;

type Answer = Pin<Box<dyn Future<Output = String>>>;

#[external_task]
fn ask() -> Answer {
    Box::pin(async { String::new() })
}

fn main() {
    drop(ask());
}
