//! The HTTP side of a request before and around its handler. The code shared with other servers is in
//! `xpander-report-http`.

pub(crate) mod faults;
pub(crate) mod query_string;

pub(crate) use xpander_report_http::{access, body, limits, path, problem};
