#![deny(dead_code)]

use xpander_report::external_task;

#[external_task]
fn sync(text: &str) -> usize {
    text.len()
}

#[external_task]
async fn later(text: &str) -> usize {
    text.len()
}

fn main() {}
