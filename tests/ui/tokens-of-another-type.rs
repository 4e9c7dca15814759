//! A number alone does not say whether it went in or came out.

use xpander_report::external_task;

#[external_task(tokens = |answer| answer.tokens)]
fn answer() -> Answer {
    Answer { tokens: 7 }
}

struct Answer {
    tokens: u64,
}

fn main() {}
