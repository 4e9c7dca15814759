//! What the library says about itself: one line on standard error, and seldom.

use std::fmt;
#[cfg(not(test))]
use std::io::Write;

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    // The harness of tests takes in what `eprintln!` writes.
    #[cfg(test)]
    eprintln!("xpander-report: {message}");
    // A closed standard error must not end the program, as `eprintln!` would.
    #[cfg(not(test))]
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}
