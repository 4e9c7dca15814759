use std::fmt;

use super::{Reporter, global};
use crate::reporter::ReporterGuard;
use crate::support::diagnostics::warn;

/// Starts reporting as the environment configures it. When the guard is dropped, it delivers the remaining reports. It never
/// fails: if nothing will be sent, one line on standard error says why, and the program continues.
///
/// Call it first in `main`, and keep the guard until the end. A program that must not run without reporting should build
/// its own reporter and call [`Reporter::install`], which returns an error.
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
