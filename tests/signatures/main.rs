//! Every kind of signature stays unchanged, and callers see no lint.

#![deny(warnings)]
#![deny(clippy::pedantic)]
#![deny(
    rust_2018_idioms,
    let_underscore_drop,
    unused_qualifications,
    unused_results
)]
// These tests need signatures that would otherwise be unusual.
#![allow(
    clippy::elidable_lifetime_names,
    clippy::items_after_statements,
    clippy::manual_async_fn,
    clippy::needless_pass_by_value,
    clippy::unnecessary_box_returns,
    clippy::unnecessary_wraps,
    clippy::unused_async
)]

mod attributes;
mod bounds_that_the_function_lacks;
mod functions_that_are_returned;
mod futures;
mod generics;
mod hidden_types;
mod made_by_macros;
mod names_that_bind_nothing;
mod patterns;
mod patterns_that_async_trait_moves;
mod receivers;
mod returns;
mod traits;

use std::fmt::{self, Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use smol::block_on;
use xpander_report::external_task;
use xpander_report_tests::record;

fn input<T>(run: impl FnOnce() -> T) -> Option<String> {
    record(run).input
}

fn result<T>(run: impl FnOnce() -> T) -> Option<String> {
    record(run).result
}

fn assert_send<T: Send>(it: T) -> T {
    it
}
