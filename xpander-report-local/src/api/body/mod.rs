//! Parsers of request bodies: each turns a body into a change.

pub(super) mod create;
mod field;
pub(super) mod measure;
mod reader;
pub(super) mod report;
pub(super) mod update;
