//! One command a file.

mod doctor;
mod extract;
mod local;
mod send;
mod spool;

pub(crate) use doctor::Doctor;
pub(crate) use extract::Extract;
pub(crate) use local::Local;
pub(crate) use send::Send;
pub(crate) use spool::Spool;

/// What a command ends with; the error is for the person at the terminal.
pub(crate) type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;
