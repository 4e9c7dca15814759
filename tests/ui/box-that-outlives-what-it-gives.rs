use std::future::Future;
use std::pin::Pin;

use futures_util::future::BoxFuture;
use xpander_report::external_task;

#[external_task]
fn answer<'a>(_question: &'a str) -> BoxFuture<'static, Result<&'a str, String>> {
    Box::pin(async { Err(String::new()) })
}

#[external_task]
async fn page<'a>(_of: &'a str) -> (u8, Pin<Box<dyn Future<Output = Option<std::str::Chars<'a>>>>>) {
    (1, Box::pin(async { None }))
}

fn main() {
    let _ = answer("");
    let _ = page("");
}
