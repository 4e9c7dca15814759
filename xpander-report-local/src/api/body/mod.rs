//! Reads the bodies of requests into changes.

pub(super) mod create;
mod field;
pub(super) mod measure;
mod reader;
pub(super) mod report;
pub(super) mod update;
