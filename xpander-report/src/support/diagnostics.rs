//! What the library says about itself, seldom: one line on standard error, or an event for the program's
//! `tracing` subscriber.

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
    // Nothing of the library is hidden from the program's subscriber.
    #[cfg(all(feature = "tracing", not(feature = "http")))]
    if is_traced(message) {
        return;
    }
    // The harness of tests takes in what `eprintln!` writes.
    #[cfg(test)]
    eprintln!("xpander-report: {message}");
    // A closed standard error must not end the program, as `eprintln!` would.
    #[cfg(not(test))]
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}

/// Tells the program's subscriber, if there is one.
#[cfg(feature = "tracing")]
fn is_traced(message: &OneLine<'_>) -> bool {
    use tracing::subscriber::NoSubscriber;

    let has_subscriber = tracing::dispatcher::get_default(|it| !it.is::<NoSubscriber>());
    if has_subscriber {
        tracing::warn!(target: "xpander_report", "{message}");
    }
    has_subscriber
}
