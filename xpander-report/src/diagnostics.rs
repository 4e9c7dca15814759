//! What the library says about itself: one line on standard error, and seldom.

use std::fmt;
use std::io::Write;

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    // A closed standard error must not end the program, as `eprintln!` would.
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}
