//! One command a file.

mod extract;

pub(crate) use extract::Extract;

/// What a command ends with; the error is for the person at the terminal.
pub(crate) type Done = Result<(), Box<dyn std::error::Error>>;
