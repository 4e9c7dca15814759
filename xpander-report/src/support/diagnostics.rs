//! Warnings of the library: one line on standard error, or an event for the program's `tracing` subscriber.

use std::fmt;
#[cfg(not(test))]
use std::io::Write;

use crate::support::text::OneLine;

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    let message = &OneLine(message);
    #[cfg(all(feature = "tracing", feature = "http"))]
    if crate::support::suppress::traced(|| is_traced(message)) {
        return;
    }
    // Without `http`, nothing suppresses the library's events.
    #[cfg(all(feature = "tracing", not(feature = "http")))]
    if is_traced(message) {
        return;
    }
    // The test harness captures the output of `eprintln!`.
    #[cfg(test)]
    eprintln!("xpander-report: {message}");
    // If standard error is closed, `eprintln!` would panic.
    #[cfg(not(test))]
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}

/// Sends the message to the program's subscriber. Returns whether there is one.
#[cfg(feature = "tracing")]
fn is_traced(message: &OneLine<'_>) -> bool {
    use tracing::subscriber::NoSubscriber;

    let has_subscriber = tracing::dispatcher::get_default(|it| !it.is::<NoSubscriber>());
    if has_subscriber {
        tracing::warn!(target: "xpander_report", "{message}");
    }
    has_subscriber
}
