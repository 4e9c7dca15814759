//! What the tests of the pages need: a real Chromium, and tasks of real variety.
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
