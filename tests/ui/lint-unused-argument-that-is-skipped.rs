#![deny(unused_variables)]

use xpander_report::external_task;

#[external_task(skip(key))]
fn sync(text: &str, key: &str) -> usize {
    text.len()
}

#[external_task(skip_all)]
async fn later(text: &str, unused: u8) -> String {
    format!("{text:?}")
}

#[external_task(skip(id), id = input)]
fn named_like_a_key(input: &str, id: u8) {}

#[external_task]
fn captured(text: &str, by: u8) {}

fn main() {
    sync("x", "y");
    let _ = later("x", 1);
    named_like_a_key("x", 1);
    captured("x", 1);
}
