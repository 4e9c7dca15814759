//! The one step between what a run collected and the finished report.

use super::recognition::recognise;
use super::redaction::Redaction;
use crate::envelope::Envelope;
use crate::report::TaskReport;
use crate::support::diagnostics::warn;
use crate::support::panics::catch_panic;

/// Reads the provider's responses, fills what is not explicit, takes away what may not leave, applies the limits and
/// calls `before_send`. None: the run was not drawn, and did not fail.
///
/// This happens once for each report. Nothing unredacted may reach a disk, so with a durable spool the accepting thread
/// does it; otherwise the worker does.
pub(crate) fn prepare(mut envelope: Envelope, redaction: &Redaction) -> Option<TaskReport> {
    read_responses(&mut envelope);
    let is_sampled_out = envelope.is_left_out();
    (!is_sampled_out).then(|| redaction.finish(envelope))
}

/// Reads the provider's responses, if that was not done.
pub(crate) fn read_responses(envelope: &mut Envelope) {
    let is_read = std::mem::replace(&mut envelope.is_recognised, true);
    if !is_read && catch_panic(|| recognise(envelope)).is_none() {
        warn(format_args!("a response was not read because of a panic"));
    }
}
