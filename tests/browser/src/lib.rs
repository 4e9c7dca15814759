//! Support for the tests of the pages: a real Chromium, and realistic tasks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails here fails the test"
)]

mod browser;
mod seed;

pub use browser::Browser;
pub use seed::{many, report, varied};
