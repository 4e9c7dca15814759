#![deny(unused_mut)]

use xpander_report::external_task;

#[external_task]
fn sync(mut text: String) -> usize {
    text.len()
}

#[external_task]
async fn later(mut needed: String, mut text: String) -> String {
    needed.push_str(&text);
    needed
}

fn main() {
    sync("x".to_owned());
    let _ = later("x".to_owned(), "y".to_owned());
}
