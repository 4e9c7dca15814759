use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use xpander_report::{Config, Task};

/// RFC 3986's unreserved characters travel as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where a person finds the task.
pub(crate) fn place(config: &Config, task: &Task) -> String {
    match page(config, &task.id) {
        Some(page) => format!("see {page}"),
        None => format!(
            "in the history of the agent {} at {}",
            task.agent_id,
            config.base_url()
        ),
    }
}

/// The task's page on the local platform. An agent controller that is tunnelled to this machine has a
/// path.
fn page(config: &Config, id: &str) -> Option<String> {
    let base = config.base_url();
    let has_path = base.parse::<Uri>().is_ok_and(|base| base.path() != "/");
    (config.is_loopback() && !has_path)
        .then(|| format!("{base}/tasks/{}", utf8_percent_encode(id, ENCODED)))
}
