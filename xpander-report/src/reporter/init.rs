use std::fmt;

use super::{Reporter, global};
use crate::reporter::ReporterGuard;
use crate::support::diagnostics::warn;

/// Reports all runs from here on, as the environment says, and delivers what is left when the guard is
/// dropped. It never fails: if nothing will be sent, it says why in one line on standard error, and the
/// program goes on.
///
/// Call it first in `main` and keep the guard until its end. A program that must not run unreported builds
/// its own reporter and calls [`Reporter::install`], which fails.
///
/// ```
/// let _reporting = xpander_report::init(); // XPANDER_API_KEY, XPANDER_AGENT_ID
/// ```
pub fn init() -> ReporterGuard {
    let reporter = match from_env() {
        Ok(reporter) => reporter,
        Err(why) => {
            warn(format_args!("runs are not reported: {why}"));
            global::switch_off();
            return Reporter::disabled().guard();
        }
    };
    match reporter.install() {
        Ok(guard) => guard,
        Err(already) => {
            warn(format_args!("`init` changes nothing: {already}"));
            global::current().unwrap_or_else(Reporter::disabled).guard()
        }
    }
}

#[cfg(feature = "http")]
fn from_env() -> Result<Reporter, impl fmt::Display> {
    match Reporter::from_env() {
        Ok(reporter) if reporter.is_enabled() => Ok(reporter),
        Ok(_) => Err("XPANDER_REPORT_DISABLED is set".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(not(feature = "http"))]
fn from_env() -> Result<Reporter, impl fmt::Display> {
    Err("xpander-report was built without the feature `http`")
}
