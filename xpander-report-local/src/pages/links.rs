//! The links to a task's pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::path::LOCAL;

/// Everything but the unreserved characters of RFC 3986.
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path of a task's page on the local platform.
///
/// ```
/// use xpander_report_local::task_path;
///
/// assert_eq!(task_path("orders/7"), "/tasks/orders%2F7");
/// // A browser takes `..` for a way up, so such an id gets a mark.
/// assert_eq!(task_path(".."), "/tasks/~..");
/// ```
#[must_use]
pub fn task_path(id: &str) -> String {
    let mark = if marked(id) { "~" } else { "" };
    format!("/tasks/{mark}{}", encode(id))
}

/// Browsers resolve the segments `.` and `..`, so such an id gets a mark in front. So does an id that starts
/// with the mark.
fn marked(id: &str) -> bool {
    id == "." || id == ".." || id.starts_with('~')
}

/// The id in the decoded path of a task's page.
pub(super) fn unmarked(id: String) -> String {
    match id.strip_prefix('~') {
        Some(rest) if marked(rest) => rest.to_owned(),
        _ => id,
    }
}

/// The query of a task's page, which names the task's organization. Empty for `local`.
///
/// ```
/// use xpander_report_local::task_query;
///
/// assert_eq!(task_query("local"), "");
/// assert_eq!(task_query("org-1"), "?organization=org-1");
/// ```
#[must_use]
pub fn task_query(organization: &str) -> String {
    if organization == LOCAL {
        String::new()
    } else {
        format!("?organization={}", encode(organization))
    }
}

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, PATH_SEGMENT).to_string()
}
