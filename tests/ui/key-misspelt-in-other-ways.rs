//! Names and notations of keys that other crates use.

use xpander_report::{external_task, tool};

#[external_task(resutl = |a| a)]
fn typo() -> u8 {
    1
}

#[external_task(output = |a| a)]
fn alias() -> u8 {
    1
}

#[external_task(id("x"), skip("a"), crate = "xpander_report")]
fn other_ways(a: u8) -> u8 {
    a
}

#[external_task(result = |a| a +)]
fn not_complete() -> u8 {
    1
}

#[tool("search")]
fn search() {}

fn main() {
    typo();
    alias();
    other_ways(1);
    not_complete();
    search();
}
