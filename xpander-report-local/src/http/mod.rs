//! The HTTP side of a request before and around its handler.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod connections;
pub(crate) mod faults;
pub(crate) mod guard;
pub(crate) mod limits;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod query_string;
pub(crate) mod write_timeout;
