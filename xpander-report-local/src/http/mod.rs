//! What every request passes before its route: who may ask, where the request goes and what its body is.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod faults;
pub(crate) mod guard;
pub(crate) mod path;
pub(crate) mod problem;
pub(crate) mod query_string;
