//! The checks of a relay that answers in place of the platform.

use xpander_report::relay::{Ask, Remote};
use xpander_report::{Agent, Config};
use xpander_report_relay::Status;

use super::finding::{Finding, Outcome, excerpt};
use crate::cmd::relay::{CALLS, age};
use crate::failure::with_causes;
use crate::text::count;

const NAME: &str = "relay";

/// Whether a relay returned this agent.
pub(super) fn is_of(agent: &Agent) -> bool {
    agent.other.contains_key("relay")
}

/// Asks it for its status.
pub(super) fn check(config: &Config) -> Finding {
    let status: Status = match Remote::new(config.clone()).ask(Ask::Get, &[CALLS]) {
        Ok(status) => status,
        Err(error) => {
            return Finding::new(NAME, Outcome::Note, excerpt(&with_causes(&error)))
                .advise("A relay answers but does not return its status.");
        }
    };
    let oldest = status.oldest_seconds.map_or_else(String::new, |seconds| {
        format!(", the oldest for {}", age(seconds))
    });
    let says = format!(
        "forwards to {}; {} there{oldest}",
        status.forwards_to,
        count(
            usize::try_from(status.waiting).unwrap_or(usize::MAX),
            "report waits",
            "reports wait"
        )
    );
    let error = status.last_error.as_deref().unwrap_or_default();
    if status.is_key_refused {
        let advice = format!(
            "The platform refuses the relay's key, and the relay accepts no report until this is \
             fixed: {}",
            excerpt(error)
        );
        return Finding::wrong(NAME, says, advice);
    }
    if status.is_platform_away {
        let advice = format!(
            "The platform fails; reports wait at the relay: {}",
            excerpt(error)
        );
        return Finding::new(NAME, Outcome::Note, says).advise(advice);
    }
    Finding::ok(NAME, says)
}
