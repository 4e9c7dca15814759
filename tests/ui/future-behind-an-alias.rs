use std::future::{Ready, ready};

use xpander_report::external_task;

type Answer = Ready<String>;

#[external_task]
fn ask() -> Answer {
    ready(String::new())
}

fn main() {
    let _ = ask();
}
