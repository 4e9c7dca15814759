use std::path::Path;

use xpander_report::{ConfigBuilder, Setting, Source, SpoolDirectory};

use super::finding::{Finding, Outcome};
use super::proxy;
use crate::connection;

/// Every setting with its value and its source.
pub(super) fn check(builder: &ConfigBuilder) -> Vec<Finding> {
    let mut findings: Vec<_> = builder.settings().iter().map(setting).collect();
    findings.extend(proxy::setting(builder));
    findings
}

fn setting(setting: &Setting) -> Finding {
    let (outcome, advice) = match (&setting.problem, setting.name, setting.value.as_deref()) {
        (Some(problem), ..) => (Outcome::Wrong, Some(connection::explain(problem))),
        (None, "agent_id", None) => (
            Outcome::Wrong,
            Some(format!(
                "Only runs that name their agent themselves are reported. Set {} to the id of your agent.",
                setting.variable
            )),
        ),
        (None, "disabled", Some("true")) => (
            Outcome::Wrong,
            Some(format!("Nothing is reported. Unset {}.", setting.variable)),
        ),
        (None, "capture_content", Some("false")) => (
            Outcome::Note,
            Some("Inputs, results and responses stay here; the rest is sent.".to_owned()),
        ),
        (None, "scrub", Some("false")) => (
            Outcome::Note,
            Some("Secrets in inputs, results and errors are sent as they are.".to_owned()),
        ),
        (None, "targets", Some(_)) => (
            Outcome::Note,
            Some("The runs of other functions are not reported.".to_owned()),
        ),
        (None, "rollup", Some(_)) => (
            Outcome::Note,
            Some("Inside another run, the runs of these functions are no tasks.".to_owned()),
        ),
        (None, "spool", Some(directory)) => match cannot_spool(Path::new(directory)) {
            Some(advice) => (Outcome::Wrong, Some(advice)),
            None => (Outcome::Ok, None),
        },
        _ => (Outcome::Ok, None),
    };
    Finding {
        name: setting.name,
        outcome,
        says: setting.value.clone(),
        source: source(setting),
        advice,
    }
}

fn source(setting: &Setting) -> Option<String> {
    match setting.source {
        Source::Code => connection::flag(setting.variable).map(str::to_owned),
        Source::Variable(variable) if setting.value.is_none() && setting.problem.is_none() => {
            Some(format!("{variable} is empty"))
        }
        Source::Variable(variable) => Some(variable.to_owned()),
        _ if setting.value.is_some() => Some("default".to_owned()),
        _ => None,
    }
}

/// The reason why this directory cannot hold a spool, if any.
fn cannot_spool(directory: &Path) -> Option<String> {
    let error = match SpoolDirectory::is_usable(directory) {
        Ok(true) => return None,
        Ok(false) => tempfile::tempfile_in(existing(directory)).err()?,
        Err(error) => error,
    };
    Some(format!(
        "It cannot be written ({error}). Create it for the user that runs the program, or set \
         XPANDER_REPORT_SPOOL_DIR to another directory."
    ))
}

/// The directory itself, or its closest existing ancestor.
fn existing(directory: &Path) -> &Path {
    let mut ancestors = directory.ancestors();
    match ancestors.find(|ancestor| ancestor.as_os_str().is_empty() || ancestor.exists()) {
        Some(ancestor) if !ancestor.as_os_str().is_empty() => ancestor,
        _ => Path::new("."),
    }
}
