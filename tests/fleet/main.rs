//! Relays on NATS JetStream, with real servers: what is promised in `docs/fleet.md`.
#![cfg(unix)]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "what fails here fails the test"
)]

mod access;
mod changing;
mod example;
mod failures;
mod nats;
mod parked;
mod process;
mod rounds;
mod support;

/// Not a test of its own: the relay in a process that others kill.
#[test]
fn serve() {
    process::serve();
}
