//! Parsers of request bodies: each turns a body into a change.

pub(super) mod create;
mod field;
pub(super) mod measure;
pub(super) mod report;
pub(super) mod update;

use xpander_report_http::reader;
