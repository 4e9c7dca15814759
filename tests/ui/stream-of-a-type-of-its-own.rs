//! The run of a function that returns a stream of a custom type would end before the stream begins.

use futures_util::stream::{Empty, empty};
use xpander_report::external_task;

#[external_task]
fn sync() -> Empty<String> {
    empty()
}

#[external_task]
async fn later() -> Result<Empty<String>, String> {
    Ok(empty())
}

type WordStream = Empty<&'static str>;

#[external_task]
async fn behind_an_alias() -> WordStream {
    empty()
}

fn main() {
    let _ = (sync(), later(), behind_an_alias());
}
