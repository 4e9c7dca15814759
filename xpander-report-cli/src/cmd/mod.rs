//! The commands, a file or a folder each.

pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod extract;
pub(crate) mod local;
pub(crate) mod man;
pub(crate) mod relay;
pub(crate) mod send;
pub(crate) mod spool;
pub(crate) mod tasks;
