//! The data model: the stored types, and how a request changes them.

pub(crate) mod agent;
pub(crate) mod change;
pub(crate) mod charge;
pub(crate) mod cost;
pub(crate) mod event;
pub(crate) mod histogram;
pub(crate) mod revision;
pub(crate) mod share;
pub(crate) mod sums;
pub(crate) mod task;
pub(crate) mod text;
