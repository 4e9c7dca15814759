//! What the library says about itself, seldom: one line on standard error, or an event for the program's
//! `tracing` subscriber.

use std::fmt;
use std::io::Write;

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    #[cfg(feature = "tracing")]
    if tracing::dispatcher::has_been_set() {
        crate::untraced::aloud(|| tracing::warn!(target: "xpander_report", "{message}"));
        return;
    }
    // A closed standard error must not end the program, as `eprintln!` would.
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}
