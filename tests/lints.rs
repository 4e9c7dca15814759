//! The expansion triggers no strict lints of the caller. `ui/lint-*` has the lints that must still fire.

#![deny(warnings)]
#![deny(clippy::pedantic)]
#![deny(
    clippy::dbg_macro,
    clippy::expect_used,
    clippy::panic,
    clippy::semicolon_outside_block,
    clippy::shadow_unrelated,
    clippy::unwrap_used,
    clippy::wildcard_imports,
    let_underscore_drop,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]

use std::future::{Future, Ready, ready};

use smol::block_on;
use xpander_report::external_task;
use xpander_report_tests::record;

#[external_task]
fn unit(_underscored: &str, captured_and_unused: u8) {}

#[external_task]
async fn unit_later(_underscored: &str, captured_and_unused: u8) {
    ready(()).await;
}

#[external_task]
fn unit_result() -> Result<(), String> {
    Ok(())
}

#[external_task]
async fn gives_a_future() -> Ready<u8> {
    smol::future::yield_now().await;
    ready(1)
}

#[external_task]
async fn gives_a_future_of_a_call(text: &str) -> impl Future<Output = usize> {
    smol::future::yield_now().await;
    ready(text.len())
}

#[external_task]
fn overwrites(mut text: String, mut count: u32) -> String {
    count += 1;
    text = format!("{text}{count}");
    text
}

#[external_task]
async fn overwrites_later(mut text: String, mut count: u32) -> String {
    count += 1;
    smol::future::yield_now().await;
    text = format!("{text}{count}");
    text
}

#[external_task(
    id = text.to_owned(),
    sample = 1.0,
    keep_failures,
    max_bytes = 99,
    result = |n| *n,
    is_success = |n| *n > 0,
    used_tools = |_| ["search"],
    error = String::len,
)]
fn keys(text: &str, ok: bool) -> Result<usize, String> {
    if ok {
        Ok(text.len())
    } else {
        Err(text.to_owned())
    }
}

#[test]
fn the_functions_above_do_what_they_say() {
    assert_eq!(record(|| unit("x", 1)).result, None);
    assert_eq!(record(|| block_on(unit_later("x", 1))).result, None);
    assert_eq!(record(|| unit_result().is_ok()).is_success, Some(true));
    assert_eq!(block_on(async { gives_a_future().await.await }), 1);
    let later = || block_on(async { gives_a_future_of_a_call("x").await.await });
    assert_eq!(later(), 1);
    let sync = || overwrites("x".to_owned(), 1);
    assert_eq!(record(sync).result.as_deref(), Some("x2"));
    let overwritten = || block_on(overwrites_later("x".to_owned(), 1));
    assert_eq!(record(overwritten).result.as_deref(), Some("x2"));
    assert_eq!(
        record(|| keys("x", true).is_ok()).result.as_deref(),
        Some("1")
    );
    assert_eq!(
        record(|| keys("x", false).is_ok()).result.as_deref(),
        Some("1")
    );
}

/// Callers without `return`, and callers with every `return`.
mod returns {
    use super::external_task;

    #[deny(clippy::needless_return)]
    #[external_task]
    fn without(n: u8) -> u8 {
        n
    }

    #[deny(clippy::implicit_return)]
    #[allow(clippy::needless_return)]
    mod all {
        use super::external_task;

        #[external_task]
        pub(super) fn sync(n: u8) -> Result<u8, String> {
            return Ok(n);
        }

        #[external_task]
        pub(super) async fn later(n: u8) -> u8 {
            return n;
        }
    }

    #[test]
    fn are_a_matter_of_taste() {
        assert_eq!(without(1), 1);
        assert_eq!(all::sync(1), Ok(1));
        assert_eq!(smol::block_on(all::later(1)), 1);
    }
}
