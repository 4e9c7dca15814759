//! The run would end before a future inside an unknown type begins.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use xpander_report::external_task;

#[external_task]
fn maybe() -> Option<Ready<u8>> {
    Some(ready(1))
}

#[external_task]
fn fallible() -> Result<Pin<Box<dyn Future<Output = u8>>>, String> {
    Ok(Box::pin(ready(1)))
}

fn main() {
    let _ = (maybe(), fallible());
}
