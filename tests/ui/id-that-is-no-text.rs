//! A number is not an id.

use xpander_report::external_task;

#[external_task(id = order)]
fn answer(order: u32) -> u32 {
    order
}

fn main() {}
