#![deny(unused)]

use xpander_report::external_task;

#[external_task]
pub fn sync(text: &str) -> usize {
    let unused = 1;
    let mut last = 2;
    last = 3;
    text.len();
    return (last);
    text.len()
}

#[external_task]
#[must_use]
pub fn needed() -> u8 {
    1
}

fn main() {
    sync("x");
    needed();
}
