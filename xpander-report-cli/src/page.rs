use http::Uri;
use xpander_report::{Config, Task};

/// Whether only a relay has the task, and the platform does not have it yet.
pub(crate) fn is_relayed(task: &Task) -> bool {
    task.other.contains_key("relay")
}

/// Tells a person where the task is.
pub(crate) fn location(config: &Config, task: &Task) -> String {
    if is_relayed(task) {
        return format!(
            "the relay at {} stored it and will deliver it",
            config.base_url()
        );
    }
    match page(config, &task.id) {
        Some(page) => format!("see {page}"),
        None => format!(
            "in the history of the agent {} at {}",
            task.agent_id,
            config.base_url()
        ),
    }
}

/// The URL of a task's page on the local platform, on this or another machine.
pub(crate) fn of_task(config: &Config, id: &str, organization: Option<&str>) -> Option<String> {
    let base: Uri = config.base_url().parse().ok()?;
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let query = xpander_report_local::task_query(organization?);
    let path = xpander_report_local::task_path(id);
    Some(format!("{scheme}://{authority}{path}{query}"))
}

/// The task's page on the local platform. A base URL with a path is an agent controller that is tunnelled to this
/// machine.
fn page(config: &Config, id: &str) -> Option<String> {
    let base = config.base_url();
    let has_path = base.parse::<Uri>().is_ok_and(|base| base.path() != "/");
    (config.is_loopback() && !has_path)
        .then(|| format!("{base}{}", xpander_report_local::task_path(id)))
}
